using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;

namespace Postroom.Simulation;

/// <summary>A mail, as far as rules can tell it from others.</summary>
internal readonly record struct Letter(string From, string Listener, string? App);

/// <summary>Some of the mail: as a filter of the relay's, and as the world knows it without.</summary>
internal sealed record Scope(string Text, Func<Letter, bool> Has)
{
    public static readonly Scope[] All =
    [
        new("from:wiki@app.test", mail => mail.From == "wiki@app.test"),
        new("app:jira", mail => mail.App == "jira"),
        new("-from:app@app.test", mail => mail.From != "app@app.test"),
    ];

    public Filter Filter => FilterParser.TryParse(Text, DateTimeOffset.UnixEpoch, out var filter, out var wrong)
        ? filter : throw new InvalidOperationException(wrong);
}

/// <summary>A rule of the configuration, written twice too.</summary>
internal sealed record Rule(SandboxRule Written, Func<Letter, string, bool> Fits)
{
    public static Rule[] All(Func<Mode> mode) =>
    [
        new(new SandboxRule("testers", mode()) { To = new AllowList(["ann@one.test", "@two.test"]) },
            (_, to) => to == "ann@one.test" || to.EndsWith("@two.test", StringComparison.Ordinal)),
        new(new SandboxRule("wiki", mode()) { Of = Scope.All[0].Filter }, (mail, _) => Scope.All[0].Has(mail)),
        new(new SandboxRule("jira", mode()) { Of = Scope.All[1].Filter }, (mail, _) => Scope.All[1].Has(mail)),
        new(new SandboxRule("side", mode()) { Listeners = ["side"] }, (mail, _) => mail.Listener == "side"),
        new(new SandboxRule("reports", mode()) { Listeners = ["postroom"] }, (mail, _) => mail.Listener == "postroom"),
    ];
}

/// <summary>The part of a configuration that says what becomes of mail.</summary>
internal sealed record Configured(Mode Mode, IReadOnlyList<Rule> Rules, Redirection? Redirection)
{
    public SandboxSettings Written => new(Mode)
    {
        Rules = [.. Rules.Select(rule => rule.Written)], Redirection = Redirection,
    };
}

/// <summary>What a person said at run time.</summary>
/// <param name="Scope">Which mail; null: all, or that of its rule.</param>
internal sealed record Word(ModeOverride Written, Scope? Scope);

/// <summary>When a word's time is over, as far as the world can tell: clocks are put back, and nobody may have
/// looked.</summary>
internal enum Holding { Yes, Perhaps, No }

/// <summary>What may decide of mail at one moment: a configuration, and before it what was said, the newest
/// first.</summary>
internal sealed record Rulebook(Configured Configured, IReadOnlyList<Word> Said)
{
    public Rulebook With(Word word) => this with
    {
        Said = [word, .. Said.Where(one => !one.Written.IsForTheSameAs(word.Written))],
    };

    public Rulebook Without(Func<ModeOverride, bool> which) => this with
    {
        Said = [.. Said.Where(one => !which(one.Written))],
    };

    /// <summary>What may become of a mail to a recipient: one mode, and more where a word may be over.</summary>
    public IEnumerable<Mode> Expect(Letter mail, string to, Func<Word, Holding> holds)
    {
        var rule = Configured.Rules.FirstOrDefault(one => one.Fits(mail, to));
        var own = rule?.Written.Mode ?? Configured.Mode;
        foreach (var word in Said)
        {
            var said = word.Written;
            if ((said.Rule is not null && said.Rule != rule?.Written.Name) || word.Scope?.Has(mail) == false
                || (!said.MayLoosen && Reach(said.Mode) > Reach(own)) || holds(word) == Holding.No)
                continue;
            yield return Told(said.Mode);
            if (holds(word) == Holding.Yes)
                yield break;
        }

        yield return Told(own);
    }

    private Mode Told(Mode mode) => mode == Mode.Redirect && Configured.Redirection is null ? Mode.Capture : mode;

    private static int Reach(Mode mode) => mode switch { Mode.Live => 2, Mode.Redirect => 1, _ => 0 };
}
