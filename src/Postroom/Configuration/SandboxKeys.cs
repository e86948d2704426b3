using System.Text;
using Postroom.Configuration.Watch;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;

namespace Postroom.Configuration;

/// <summary>What becomes of part of the mail, in the place of <c>mode</c>.</summary>
internal static class SandboxKeys
{
    private const string T = "sandbox";

    // Mail that comes in by none of the listeners of the configuration.
    private static readonly string[] OwnListeners = ["api", "postroom"];

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "Its name in the trail: who looks at a mail sees which rule decided.") { Required = true };
    public static readonly Setting<Mode> Mode = new(T, "mode", SettingTypes.Choice<Mode>(),
        Postroom.Mail.Sandbox.Mode.Capture, "What becomes of what it fits, as `mode` says it of all mail.")
    {
        Required = true,
    };
    public static readonly Setting<string?> Of = new(T, "of", SettingTypes.Text, null,
        "Which mail: `instance:jira-staging`, `app:gitlab`, `source:jira -from:@example.com`; the language of "
            + $"`postroom search`, and of it what never changes: {Lasting.Names}. Without it: all mail.");
    public static readonly Setting<IReadOnlyList<string>> Listeners = new(T, "listeners", SettingTypes.List, [],
        "Mail that came in at these listeners, by name; `api` is the HTTP API, `postroom` the relay's own mail. "
            + "Without it: at any.");
    public static readonly Setting<IReadOnlyList<string>> To = new(T, "to", SettingTypes.List, [],
        "Which recipients: `alice@example.com`, `@example.com`, a pattern `qa-*@example.com`, or "
            + "`file:/etc/postroom/allowed`, a file with an entry a line that is read again with each reload. Without "
            + "it: all.");
    public static readonly Setting<string?> RedirectTo = new(T, "redirect_to", SettingTypes.Text, null,
        "The mailbox of this rule's `redirect`. Without it: the one at the top.");
    public static readonly Setting<string?> RedirectTag = new(T, "redirect_tag", SettingTypes.Text, null,
        "What is put in front of the subject of what goes there. Without it: what stands at the top.");

    public static readonly Setting<string?> AllTo = new("", RedirectTo.Key, SettingTypes.Text, null,
        "The mailbox that `redirect` sends everything to; the true recipients stand in `X-Original-To` fields.");
    public static readonly Setting<string?> AllTag = new("", RedirectTag.Key, SettingTypes.Text, null,
        "What is put in front of the subject of redirected mail: `[staging]`.");

    public static Setting[] All => [Name, Mode, Of, Listeners, To, RedirectTo, RedirectTag];

    public static SandboxSettings SettingsOf(TableValues root, IEnumerable<TableValues> tables)
    {
        var all = RedirectionOf(root.Get(AllTo), root.Get(AllTag));
        return new SandboxSettings(root.Get(RootSettings.Mode))
        {
            Redirection = all,
            Rules = [.. tables.Where(t => t.Name == T).Select(t => RuleOf(t, all))],
        };
    }

    public static IEnumerable<Mistake> Check(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        var rules = tables.Where(t => t.Name == T).ToList();
        var names = all.Submission.Listeners.Select(one => one.Name).Concat(OwnListeners).ToList();
        return
        [
            .. CrossChecks.Twice(rules.Select(t => (t.PlaceOf(Name), t.Get(Name) ?? "")), "name"),
            .. rules.SelectMany(t => RuleFilter.Check(t, Of, "recipients stand in to").Concat(CheckTo(t, To))
                .Concat(CheckListeners(t, Listeners, names))),
            .. rules.Append(tables[0]).SelectMany(CheckMailbox),
            .. CheckOrder(rules),
            .. CheckRedirect(all, tables[0], rules),
        ];
    }

    private static SandboxRule RuleOf(TableValues t, Redirection? all)
    {
        var listed = GroupFile.Entries(t.Get(To), []);
        return new SandboxRule(t.Get(Name) ?? "", t.Get(Mode))
        {
            Of = RuleFilter.Of(t, Of),
            Listeners = t.Get(Listeners),
            To = t.IsWritten(To) ? new AllowList(listed) : null,
            Redirection = RedirectionOf(t.Get(RedirectTo) ?? all?.To.Address, t.Get(RedirectTag) ?? all?.Tag),
        };
    }

    private static Redirection? RedirectionOf(string? to, string? tag) =>
        to is not null && ReceiverKeys.IsAddress(to) ? new Redirection(new ForwardPath(to), tag?.Trim()) : null;

    /// <summary>What is wrong with a list of recipients.</summary>
    public static IEnumerable<Mistake> CheckTo(TableValues t, Setting<IReadOnlyList<string>> to)
    {
        if (!t.IsWritten(to))
            yield break;
        var wrong = new List<string>();
        GroupFile.Entries(t.Get(to), wrong);
        if (t.Get(to).Count == 0)
            yield return new Mistake(t.PlaceOf(to), "to: an empty list matches nobody", "leave it out for all");
        foreach (var one in wrong)
            yield return new Mistake(t.PlaceOf(to), $"to: {one}");
    }

    /// <summary>What is wrong with a list of listeners.</summary>
    /// <param name="names">Those there are.</param>
    public static IEnumerable<Mistake> CheckListeners(
        TableValues t, Setting<IReadOnlyList<string>> listeners, IReadOnlyList<string> names)
    {
        if (t.IsWritten(listeners) && t.Get(listeners).Count == 0)
            yield return new Mistake(t.PlaceOf(listeners), "listeners: an empty list matches nothing",
                "leave it out for all");
        foreach (var name in t.Get(listeners).Where(one => !names.Contains(one, StringComparer.OrdinalIgnoreCase)))
            yield return new Mistake(t.PlaceOf(listeners), $"listeners: there is no listener \"{name}\"",
                Nearest.Advice(name, names, n => $"\"{n}\""));
    }

    // Of a rule, and of the top.
    private static IEnumerable<Mistake> CheckMailbox(TableValues t)
    {
        var (to, tag) = t.Name == T ? (RedirectTo, RedirectTag) : (AllTo, AllTag);
        if (t.Get(to) is { } mailbox && !ReceiverKeys.IsAddress(mailbox))
            yield return new Mistake(t.PlaceOf(to), $"{to.Key}: \"{mailbox}\" is no address", "write it like "
                + "\"qa@example.com\"");
        if (t.Get(tag) is { } text && Encoding.UTF8.GetByteCount(text) > Redirection.LongestTag)
            yield return new Mistake(t.PlaceOf(tag), $"{tag.Key}: it is longer than {Redirection.LongestTag} octets");
    }

    private static IEnumerable<Mistake> CheckOrder(List<TableValues> rules)
    {
        var greedy = rules.FindIndex(t => !t.IsWritten(Of) && !t.IsWritten(To) && !t.IsWritten(Listeners));
        if (greedy >= 0 && greedy < rules.Count - 1)
            yield return new Mistake(rules[greedy + 1].Place, $"[[sandbox]]: \"{rules[greedy].Get(Name)}\" before it "
                + "is for all mail, and the first that fits decides",
                "put the one without of, listeners and to last, or write its mode at the top");
    }

    private static IEnumerable<Mistake> CheckRedirect(
        RelayConfiguration all, TableValues root, List<TableValues> rules)
    {
        if (all.Sandbox is { Mode: Postroom.Mail.Sandbox.Mode.Redirect, Redirection: null }
            && !root.IsWritten(AllTo))
            yield return new Mistake(root.PlaceOf(RootSettings.Mode), "mode = \"redirect\" without a mailbox",
                "add redirect_to = \"qa@example.com\"");
        foreach (var t in rules.Where(t => t.Get(Mode) == Postroom.Mail.Sandbox.Mode.Redirect
            && !t.IsWritten(RedirectTo) && !root.IsWritten(AllTo)))
            yield return new Mistake(t.PlaceOf(Mode), $"rule \"{t.Get(Name)}\" redirects, and no mailbox is named",
                "add redirect_to = \"qa@example.com\", here or at the top");
    }
}
