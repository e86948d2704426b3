using Postroom.Mail.Alarms;
using Postroom.Mail.Routing;
using Postroom.Mail.Smtp;
using Postroom.Relay.Postmaster;

namespace Postroom.Configuration.Watch;

/// <summary>Who is told of alarms.</summary>
internal static class ReceiverKeys
{
    private const string T = "receiver";
    private const string SecretPrefix = "secret:";
    private static readonly Receiver Plain = new("", ReceiverKind.Webhook);

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "In lists and the log: small letters, digits, hyphens.") { Required = true };
    public static readonly Setting<ReceiverKind> Kind = new(T, "kind", SettingTypes.Choice<ReceiverKind>(), Plain.Kind,
        "`webhook`: JSON is posted, signed as Standard Webhooks asks; `slack`: an incoming webhook of Slack, or of "
            + "what understands the same; `teams`: a workflow of Microsoft Teams; `mail`: by a route that is named.");
    public static readonly Setting<string?> Url = new(T, "url", SettingTypes.Text, null,
        "Where it is posted to. Slack and Teams let anybody post who knows it, so theirs is kept with `postroom secret "
            + "set NAME`, and is `secret:NAME` here.");
    public static readonly Setting<string?> Key = new(T, "key", SettingTypes.SecretName, null,
        "With what a webhook is signed, by its name in the vault: `secret:NAME`.");
    public static readonly Setting<string?> Trust = new(T, "trust", SettingTypes.Path, null,
        "A PEM file of certificates to trust instead of the system's.");
    public static readonly Setting<string?> Route = new(T, "route", SettingTypes.Text, null,
        "Of mail: the route it takes, whatever routes fit. One that shares nothing with the others tells when they "
            + "are down.");
    public static readonly Setting<string?> From = new(T, "from", SettingTypes.Text, null,
        "Of mail: the sender. Without it: the user of the route's account where that is an address, else "
            + "`postmaster` at `hostname`.");
    public static readonly Setting<IReadOnlyList<string>> To = new(T, "to", SettingTypes.List, Plain.To,
        "Of mail: the recipients.");
    public static readonly Setting<Severity> Least = new(T, "severity", SettingTypes.Choice<Severity>(), Plain.Least,
        "Told of this, and of what is worse.");
    public static readonly Setting<IReadOnlyList<string>> Alarms = new(T, "alarms", SettingTypes.List, Plain.Alarms,
        "Told of these alone. Empty: of all.");
    public static readonly Setting<bool> TellsEnd = new(T, "tell_end", SettingTypes.Switch, Plain.TellsEnd,
        "Told too when an alarm is over.");

    public static Setting[] All => [Name, Kind, Url, Key, Trust, Route, From, To, Least, Alarms, TellsEnd];

    /// <summary>What says nothing of a receiver of this kind.</summary>
    public static IEnumerable<Setting> OfOtherKind(ReceiverKind kind) => kind switch
    {
        ReceiverKind.Mail => [Url, Key, Trust],
        ReceiverKind.Webhook => [Route, From, To],
        _ => [Route, From, To, Key],
    };

    public static Receiver ReceiverOf(TableValues t, Func<string?, string> senderOf)
    {
        var url = t.Get(Url);
        var isSecret = url?.StartsWith(SecretPrefix, StringComparison.Ordinal) == true;
        return new Receiver(t.Get(Name) ?? "", t.Get(Kind))
        {
            Url = isSecret ? null : UrlOf(url),
            UrlSecret = isSecret ? url![SecretPrefix.Length..] : null,
            Key = t.Get(Key),
            TrustFile = t.Get(Trust),
            Route = t.Get(Route),
            From = t.Get(From) ?? senderOf(t.Get(Route)),
            To = t.Get(To),
            Least = t.Get(Least),
            Alarms = t.Get(Alarms),
            TellsEnd = t.Get(TellsEnd),
        };
    }

    public static IEnumerable<Mistake> Check(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        var receivers = tables.Where(t => t.Name == T).ToList();
        foreach (var twice in CrossChecks.Twice(receivers.Select(t => (t.PlaceOf(Name), t.Get(Name) ?? "")), "name"))
            yield return twice;
        foreach (var (t, receiver) in receivers.Zip(all.Postmaster.Receivers))
            if (receiver.Kind == ReceiverKind.Mail && t.Get(From) is null && !IsAddress(receiver.From))
                yield return new Mistake(t.Place, $"[[receiver]] {receiver.Name}: {receiver.From} is no mail "
                    + "address to send from", "add from");
        if (receivers.Count > 0 && all.Postmaster.Receivers.All(one => one.Kind == ReceiverKind.Mail))
            yield return new Mistake(receivers[0].Place, "alarms are told by mail alone: when the disk is full no "
                + "mail is taken, not even that", "add a webhook, Slack or Teams", IsWarning: true);
        foreach (var t in receivers)
        {
            if (t.Get(Name) is { } name && !AlarmKeys.IsName(name))
                yield return new Mistake(t.PlaceOf(Name), $"name: \"{name}\" is no name of a receiver",
                    "small letters, digits and hyphens");
            foreach (var mistake in t.Get(Kind) == ReceiverKind.Mail ? CheckMail(t, all.Routes) : CheckWeb(t))
                yield return mistake;
            foreach (var alarm in t.Get(Alarms))
                if (all.Postmaster.Alarms.All(one => one.Name != alarm))
                    yield return new Mistake(t.PlaceOf(Alarms), $"alarms: there is no alarm {alarm}",
                        Postroom.Mail.Nearest.To(alarm, all.Postmaster.Alarms.Select(one => one.Name)) is { } near
                            ? $"did you mean {near}?" : "docs/reference/alarms.md has them all");
        }
    }

    private static IEnumerable<Mistake> CheckWeb(TableValues t)
    {
        var (kind, url, place) = (t.Get(Kind), t.Get(Url), t.PlaceOf(Url));
        var isSecret = url?.StartsWith(SecretPrefix, StringComparison.Ordinal) == true;
        foreach (var setting in OfOtherKind(kind))
            if (t.IsWritten(setting))
                yield return new Mistake(t.PlaceOf(setting), setting == Key
                    ? "key: only webhooks are signed" : $"{setting.Key} is of kind = \"mail\" alone", "leave it out");
        if (url is null)
            yield return new Mistake(t.Place, $"[[receiver]] {t.Get(Name)} has no url", "say where to post to");
        else if (isSecret && !Postroom.Relay.Vault.SecretVault.IsName(url[SecretPrefix.Length..]))
            yield return new Mistake(place, $"url: \"{url}\" is no name of a secret",
                "small letters, digits, dots, hyphens, underscores");
        else if (!isSecret && kind is ReceiverKind.Slack or ReceiverKind.Teams)
            yield return new Mistake(place, "url: whoever reads it here can post there",
                "keep it with `postroom secret set NAME`, and write url = \"secret:NAME\"");
        else if (!isSecret && UrlOf(url) is null)
            yield return new Mistake(place, "url: it is no http or https address, or holds a password",
                "write it like \"https://alerts.example.com/postroom\"");
        else if (UrlOf(url) is { Scheme: "http" } clear && !LoopRules.IsLoopback(clear.Host))
            yield return new Mistake(place, $"url: alarms go to {clear.Host} in the clear", "use https",
                IsWarning: true);
        if (t.Get(Trust) is { } file && !File.Exists(file))
            yield return new Mistake(t.PlaceOf(Trust), $"trust: there is no file {file}");
    }

    private static IEnumerable<Mistake> CheckMail(TableValues t, IReadOnlyList<Route> routes)
    {
        foreach (var setting in OfOtherKind(ReceiverKind.Mail))
            if (t.IsWritten(setting))
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key} is not of kind = \"mail\"",
                    "leave it out");
        if (t.Get(Route) is not { } route)
            yield return new Mistake(t.Place, $"[[receiver]] {t.Get(Name)} names no route",
                "name one that the mail it warns of does not take");
        else if (routes.All(one => one.Name != route))
            yield return new Mistake(t.PlaceOf(Route), $"route: there is no route {route}",
                "name a [[route]] of this file");
        if (t.Get(To).Count == 0)
            yield return new Mistake(t.Place, $"[[receiver]] {t.Get(Name)} names no recipient", "add to = [\"…\"]");
        foreach (var (setting, address) in t.Get(To).Select(to => ((Setting)To, to))
            .Concat(t.Get(From) is { } from ? [((Setting)From, from)] : []))
            if (!IsAddress(address))
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key}: {address} is no mail address",
                    "write it like \"ops@example.com\"");
    }

    /// <summary>Whether SMTP can carry it as an address (RFC 5321 §4.1.2).</summary>
    public static bool IsAddress(string text) =>
        PathGrammar.TryRead(System.Text.Encoding.UTF8.GetBytes($"<{text}>"), lenient: false, out var path)
        && path.Address == text && text.Contains('@', StringComparison.Ordinal);

    private static Uri? UrlOf(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", UserInfo: "" }
            ? uri : null;
}
