using System.Net;
using Postroom.Mail.Sandbox;

namespace Postroom.Configuration;

/// <summary>On which machine mail is live, and from where sources are known to come.</summary>
internal static class SourceKeys
{
    private const string T = "source";
    private const int LongestIdentity = 80;

    public static readonly Setting<string?> Instance = new(T, "instance", SettingTypes.Text, null,
        "By which its mails are known, as `postroom search instance:…` finds them.") { Required = true };
    public static readonly Setting<IReadOnlyList<string>> From = new(T, "from", SettingTypes.List, [],
        "Its addresses and networks: `[\"10.1.2.3\", \"10.2.0.0/16\", \"local\"]`; `local` is this machine itself. "
            + "Without it: from anywhere.");
    public static readonly Setting<IReadOnlyList<string>> Sites = new(T, "sites", SettingTypes.List, [],
        "Its base URLs: `[\"https://jira.example.com\"]`. Without it: any.");

    public static Setting[] All => [Instance, From, Sites];

    public static IReadOnlyList<SourceRule> RulesOf(IEnumerable<TableValues> tables) =>
        [.. tables.Where(t => t.Name == T).Select(t => new SourceRule(t.Get(Instance) ?? "")
        {
            From = t.Get(From), Sites = [.. t.Get(Sites).Select(site => site.TrimEnd('/'))],
        })];

    public static IEnumerable<Mistake> Check(IReadOnlyList<TableValues> tables)
    {
        foreach (var setting in new[] { RootSettings.Identity, RootSettings.LiveOn })
            if (tables[0].Get(setting) is { } text
                && !IsMachine(text, isIdentity: setting == RootSettings.Identity))
                yield return new Mistake(tables[0].PlaceOf(setting), $"{setting.Key}: \"{text}\" is no machine",
                    setting == RootSettings.Identity
                        ? $"write letters, digits, dots, hyphens and underscores, at most {LongestIdentity}"
                        : "write it as `postroom live` prints it");
        foreach (var twice in CrossChecks.Twice(tables.Where(t => t.Name == T)
            .Select(t => (t.PlaceOf(Instance), t.Get(Instance) ?? "")), "instance"))
            yield return twice;
        foreach (var t in tables.Where(t => t.Name == T))
        {
            foreach (var from in t.Get(From))
                if (from != Arrival.Local && !IPNetwork.TryParse(from, out _) && !IPAddress.TryParse(from, out _))
                    yield return new Mistake(t.PlaceOf(From), $"from: \"{from}\" is no address or network",
                        "write it like \"10.1.2.3\", \"10.1.0.0/16\" (the bits after the prefix must be 0) or "
                            + "\"local\"");
            foreach (var site in t.Get(Sites))
                if (!Uri.TryCreate(site, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                    yield return new Mistake(t.PlaceOf(Sites), $"sites: \"{site}\" is no address of a web site",
                        "write it like \"https://jira.example.com\"");
            if (t.Get(From).Count == 0 && t.Get(Sites).Count == 0)
                yield return new Mistake(t.Place, "[[source]] says nothing: neither from nor sites",
                    "give at least one of them, or leave the table out to have it learned");
        }
    }

    // A slash is between host name and id.
    private static bool IsMachine(string text, bool isIdentity) =>
        text.Length > 0 && text.Length <= (isIdentity ? LongestIdentity : 2 * LongestIdentity)
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' || (c == '/' && !isIdentity));
}
