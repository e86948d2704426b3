using System.Globalization;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Trouble;

namespace Postroom.Configuration;

/// <summary>What is made to go wrong, on purpose.</summary>
internal static class TroubleKeys
{
    private const string T = "trouble";

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "Its name in the trail and in the reply: nobody is to look for the cause elsewhere.") { Required = true };
    public static readonly Setting<Stage> Stage = new(T, "stage", SettingTypes.Choice<Stage>(),
        Postroom.Mail.Trouble.Stage.Rcpt,
        "Where it meets mail: an application at `connect`, `hello`, `login`, `mail`, `rcpt` or `data` (the end of the "
            + "mail data); or `delivery`, as if the next hop had said it.")
    {
        Required = true,
    };
    public static readonly Setting<int> Code = new(T, "code", SettingTypes.Whole(400, 599), 451,
        "The code of the reply. Without it and without `status`: no reply but the true one.");
    public static readonly Setting<string?> Status = new(T, "status", SettingTypes.Text, null,
        "The enhanced status of the reply: `4.7.1`. Without it: the one that says least.");
    public static readonly Setting<string?> Text = new(T, "text", SettingTypes.Text, null,
        "The text of the reply. That it was made, and by which rule, is said after it.");
    public static readonly Setting<TimeSpan> Delay = new(T, "delay", SettingTypes.Duration, TimeSpan.Zero,
        "How late the answer is, 15 minutes at most. At `data` the mail is stored first.");
    public static readonly Setting<bool> Disconnect = new(T, "disconnect", SettingTypes.Switch, false,
        "The connection ends without an answer.");
    public static readonly Setting<int> Percent = new(T, "percent", SettingTypes.Whole(1, 100), 100,
        "How often of all that it fits.");
    public static readonly Setting<string?> Of = new(T, "of", SettingTypes.Text, null,
        "Which mail: the language of `postroom search`, and of it what never changes and is known at that stage: "
            + $"{Lasting.Names}. Without it: all.");
    public static readonly Setting<IReadOnlyList<string>> Listeners = new(T, "listeners", SettingTypes.List, [],
        "Mail that comes in at these listeners, by name. Without it: at any.");
    public static readonly Setting<IReadOnlyList<string>> To = new(T, "to", SettingTypes.List, [],
        "Which recipients, as `[[sandbox]]` has them. From `rcpt` on. Without it: all.");
    public static readonly Setting<string?> Until = new(T, "until", SettingTypes.Text, null,
        "When it ends by itself: `2027-01-31T18:00:00Z`. Without it: never.");
    public static readonly Setting<bool> InLive = new(T, "in_live", SettingTypes.Switch, false,
        "It may meet mail that would go out to whom it is addressed. Without it no such mail is ever in trouble.");

    public static readonly Setting<bool> Addresses = new("", "trouble_addresses", SettingTypes.Switch, true,
        "Addresses such as `bob+451@example.com` make trouble by themselves, where mail to them would not leave; see "
            + "[trouble.md](../trouble.md).");

    public static Setting[] All =>
        [Name, Stage, Code, Status, Text, Delay, Disconnect, Percent, Of, Listeners, To, Until, InLive];

    public static IReadOnlyList<TroubleRule> RulesOf(IEnumerable<TableValues> tables) =>
        [.. tables.Where(t => t.Name == T).Select(RuleOf)];

    public static IEnumerable<Mistake> Check(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        var rules = tables.Where(t => t.Name == T).ToList();
        var listeners = all.Submission.Listeners.Select(one => one.Name).Append("api").ToList();
        return
        [
            .. CrossChecks.Twice(rules.Select(t => (t.PlaceOf(Name), t.Get(Name) ?? "")), "name"),
            .. rules.SelectMany(t => RuleFilter.Check(t, Of, "recipients stand in to").Concat(CheckEffect(t))
                .Concat(CheckStage(t)).Concat(SandboxKeys.CheckTo(t, To))
                .Concat(SandboxKeys.CheckListeners(t, Listeners, listeners))),
        ];
    }

    private static TroubleRule RuleOf(TableValues t) => new(t.Get(Name) ?? "", t.Get(Stage), EffectOf(t))
    {
        Of = RuleFilter.Of(t, Of),
        Listeners = t.Get(Listeners),
        To = t.IsWritten(To) ? new AllowList(GroupFile.Entries(t.Get(To), [])) : null,
        Probability = t.Get(Percent) / 100d,
        Until = TryInstant(t.Get(Until), out var until) ? until : null,
        InLive = t.Get(InLive),
    };

    private static Effect EffectOf(TableValues t)
    {
        var status = EnhancedStatus.TryParse(t.Get(Status) ?? "", out var read) ? read : (EnhancedStatus?)null;
        var code = t.IsWritten(Code) ? t.Get(Code) : status is { } some ? Effect.CodeOf(some) : (int?)null;
        var reply = code is { } three ? Effect.Saying(three, status, t.Get(Text)).Reply : null;
        return new Effect { Reply = reply, Delay = t.Get(Delay), Disconnects = t.Get(Disconnect) };
    }

    private static IEnumerable<Mistake> CheckEffect(TableValues t)
    {
        var isReply = t.IsWritten(Code) || t.IsWritten(Status);
        if (t.Get(Status) is { } text && (!EnhancedStatus.TryParse(text, out var status) || status.Class == 2))
            yield return new Mistake(t.PlaceOf(Status), $"status: \"{text}\" is no enhanced status of a failure",
                "write it like \"4.7.1\" or \"5.1.1\" (RFC 3463)");
        else if (t.Get(Status) is { } said && t.IsWritten(Code) && said[0] - '0' != t.Get(Code) / 100)
            yield return new Mistake(t.PlaceOf(Status), $"status: {said} does not go with code {t.Get(Code)}",
                "both begin with 4 for later, or with 5 for never");
        if (isReply && t.Get(Disconnect))
            yield return new Mistake(t.PlaceOf(Disconnect), "disconnect: a reply is given too", "keep one of them");
        if (!isReply && t.IsWritten(Text))
            yield return new Mistake(t.PlaceOf(Text), "text: there is no reply that it belongs to", "add code");
        if (t.Get(Delay) > Effect.LongestDelay)
            yield return new Mistake(t.PlaceOf(Delay), "delay: it is longer than any client waits",
                "15m at most (RFC 5321 §4.5.3.2)");
        if (!isReply && !t.Get(Disconnect) && t.Get(Delay) == TimeSpan.Zero)
            yield return new Mistake(t.Place, "[[trouble]] makes none", "add code, delay or disconnect");
        if (t.Get(Until) is { } until && !TryInstant(until, out _))
            yield return new Mistake(t.PlaceOf(Until), $"until: \"{until}\" is no time",
                "write it like \"2027-01-31T18:00:00Z\"");
    }

    private static IEnumerable<Mistake> CheckStage(TableValues t)
    {
        var stage = t.Get(Stage);
        var word = stage.ToString().ToLowerInvariant();
        if (stage == Postroom.Mail.Trouble.Stage.Delivery && (t.Get(Disconnect) || t.Get(Delay) > TimeSpan.Zero
            || (!t.IsWritten(Code) && !t.IsWritten(Status))))
            yield return new Mistake(t.Place, "at delivery a next hop answers: neither delay nor disconnect",
                "add code or status, and leave those out");
        if (t.IsWritten(To) && stage < Postroom.Mail.Trouble.Stage.Rcpt)
            yield return new Mistake(t.PlaceOf(To), $"to: at {word} no recipient is known", "leave it out, or write "
                + "stage = \"rcpt\"");
        foreach (var early in RuleFilter.Of(t, Of).Terms.Select(term => term.Field).Distinct()
            .Where(field => !TroubleRule.IsKnown(field, stage)))
            yield return new Mistake(t.PlaceOf(Of), $"of: {early.ToString().ToLowerInvariant()} is not known at {word}",
                "it is at data and delivery");
    }

    private static bool TryInstant(string? text, out DateTimeOffset instant) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant);
}
