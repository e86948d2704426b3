using System.Reflection;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Xunit;

namespace Postroom.Tests.Mail.Sandbox;

public class SandboxPolicyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly ForwardPath Alice = new("alice@example.com");
    private static readonly Redirection Mailbox = new(new ForwardPath("box@qa.example"), "[staging]");

    private static readonly LastingFacts Mail = new(
        new ReversePath("jira@example.com"), new Origin("apps", "10.0.0.7", null, "jira", "ESMTPA"),
        new HeaderFacts { App = new AppFacts("jira") { Instance = "staging", Project = "PROJ", Node = "n2" } }, 2_000);

    [Fact]
    public void Live_gives_leave_for_exactly_the_recipient_asked_about()
    {
        var verdict = new SandboxPolicy(Mode.Live).Judge(Mail, Alice, Noon, null);
        Assert.Equal((Alice, "mode = live"), (verdict.Clearance!.Path, verdict.Clearance.Rule));
        Assert.Equal((Mode.Live, "mode = live"), (verdict.Mode, verdict.Rule));
        Assert.Null(verdict.Clearance.Redirection);
    }

    [Theory]
    [InlineData(Mode.Capture, "mode = capture")]
    [InlineData(Mode.Hold, "mode = hold")]
    [InlineData(Mode.Discard, "mode = discard")]
    public void A_mode_in_which_nothing_leaves_gives_none_and_names_its_rule(Mode mode, string rule)
    {
        var verdict = new SandboxPolicy(mode).Judge(Mail, Alice, Noon, null);
        Assert.Null(verdict.Clearance);
        Assert.Equal((mode, rule), (verdict.Mode, verdict.Rule));
    }

    [Theory]
    [InlineData(Mode.Live)]
    [InlineData(Mode.Redirect)]
    [InlineData(Mode.Hold)]
    [InlineData(Mode.Capture)]
    [InlineData(Mode.Discard)]
    public void What_the_clone_guard_says_wins_over_every_mode_rule_and_person(Mode mode)
    {
        foreach (var stopped in (string?[])[null, "elsewhere"])
            foreach (var hold in (bool[])[false, true])
            {
                var policy = new SandboxPolicy(new SandboxSettings(mode)
                {
                    Redirection = Mailbox,
                    Rules = [new SandboxRule("all", Mode.Live)],
                    Overrides = [Said(Mode.Live) with { MayLoosen = true }],
                    Stopped = stopped,
                });
                Assert.Equal(new SandboxVerdict(hold ? Mode.Hold : Mode.Capture, null, "a copy"),
                    policy.Judge(Mail, Alice, Noon, new Keeping(hold, "a copy")));
                Assert.Equal(stopped is null, policy.Judge(Mail, Alice, Noon, null).Clearance is not null);
                Assert.Equal(stopped is null, policy.LetsAnyLeave(Noon));
            }
    }

    [Fact]
    public void Redirect_gives_leave_for_its_mailbox_and_never_for_the_recipient()
    {
        var settings = new SandboxSettings(Mode.Redirect) { Redirection = Mailbox };
        var verdict = new SandboxPolicy(settings).Judge(Mail, Alice, Noon, null);
        Assert.Equal((Mailbox.To, Mailbox), (verdict.Clearance!.Path, verdict.Clearance.Redirection));
        Assert.Equal("redirected to box@qa.example: mode = redirect", verdict.Rule);
    }

    [Fact]
    public void Redirect_to_nowhere_captures() =>
        Assert.Equal(new SandboxVerdict(Mode.Capture, null, "mode = redirect, but no mailbox is named: captured"),
            new SandboxPolicy(Mode.Redirect).Judge(Mail, Alice, Noon, null));

    [Fact]
    public void A_policy_that_nobody_chose_captures() => Assert.Equal(Mode.Capture, default);

    [Fact]
    public void Nobody_outside_the_floor_can_make_a_clearance() =>
        Assert.Empty(typeof(Clearance).GetConstructors(BindingFlags.Public | BindingFlags.Instance));

    // Rules are name, filter, recipients, mode.
    [Theory]
    [InlineData("alice@example.com", "one", Mode.Live)]
    [InlineData("ALICE@EXAMPLE.COM", "one", Mode.Live)]
    [InlineData("bob@qa.example.com", "domain", Mode.Live)]
    [InlineData("bob@sub.qa.example.com", null, Mode.Capture)]  // a domain is not those below it
    [InlineData("bob@notqa.example.com", null, Mode.Capture)]
    [InlineData("qa-7@example.com", "pattern", Mode.Hold)]
    [InlineData("xqa-7@example.com", null, Mode.Capture)]       // a pattern is whole
    [InlineData("alice@example.com.evil.example", null, Mode.Capture)]
    [InlineData("Postmaster", null, Mode.Capture)]              // RFC 5321 §4.5.1: without a domain
    public void The_first_rule_that_fits_decides_and_is_named(string to, string? rule, Mode mode)
    {
        var settings = new SandboxSettings(Mode.Capture)
        {
            Rules =
            [
                new SandboxRule("one", Mode.Live) { To = new AllowList(["alice@example.com"]) },
                new SandboxRule("two", Mode.Discard) { To = new AllowList(["alice@example.com"]) },
                new SandboxRule("other", Mode.Live) { Of = Read("instance:production") },
                new SandboxRule("elsewhere", Mode.Live) { Listeners = ["public"] },
                new SandboxRule("domain", Mode.Live) { To = new AllowList(["@qa.example.com"]) },
                new SandboxRule("pattern", Mode.Hold) { To = new AllowList(["qa-*@example.com"]) },
            ],
        };
        var verdict = new SandboxPolicy(settings).Judge(Mail, new ForwardPath(to), Noon, null);
        Assert.Equal(mode, verdict.Mode);
        Assert.Equal(rule is null ? "mode = capture" : $"sandbox rule \"{rule}\": {SandboxPolicy.NameOf(mode)}",
            verdict.Rule);
        Assert.Equal(mode == Mode.Live ? to : null, verdict.Clearance?.Path.Address);
    }

    [Theory]
    [InlineData("app:jira instance:stag", true)]
    [InlineData("app:jira -instance:staging", false)]
    [InlineData("source:jira project:proj node:n*", true)]
    [InlineData("source:10.0.0.7", false)]                      // who logs in is the source
    [InlineData("from:@example.com", true)]
    [InlineData("from:@ample.com", false)]
    [InlineData("from:jira@example.com larger:1k smaller:1M", true)]
    [InlineData("larger:2k", false)]
    public void A_rule_is_for_the_mail_that_its_filter_means(string filter, bool isLive)
    {
        var rule = new SandboxRule("r", Mode.Live) { Of = Read(filter) };
        var settings = new SandboxSettings(Mode.Capture) { Rules = [rule] };
        Assert.Equal(isLive, new SandboxPolicy(settings).Judge(Mail, Alice, Noon, null).Clearance is not null);
    }

    [Theory]
    [InlineData(Mode.Live, Mode.Capture, false, Mode.Capture)]   // anybody may make it stricter
    [InlineData(Mode.Capture, Mode.Live, false, Mode.Capture)]   // and it never gets looser by who may not
    [InlineData(Mode.Capture, Mode.Live, true, Mode.Live)]
    [InlineData(Mode.Redirect, Mode.Live, false, Mode.Redirect)]
    [InlineData(Mode.Live, Mode.Redirect, false, Mode.Redirect)]
    [InlineData(Mode.Hold, Mode.Redirect, false, Mode.Hold)]
    public void A_persons_word_goes_before_the_configuration_but_looser_only_by_who_may(
        Mode configured, Mode said, bool mayLoosen, Mode holds)
    {
        var settings = new SandboxSettings(configured)
        {
            Redirection = Mailbox, Overrides = [Said(said) with { MayLoosen = mayLoosen }],
        };
        var verdict = new SandboxPolicy(settings).Judge(Mail, Alice, Noon, null);
        Assert.Equal(holds, verdict.Mode);
        Assert.Equal(holds == said,
            verdict.Rule.Contains("set for all mail by carol: a test", StringComparison.Ordinal));
        Assert.Equal(Reach(said) > Reach(configured), SandboxPolicy.IsLooser(settings, Said(said)));
    }

    [Fact]
    public void A_word_ends_by_itself_to_the_instant()
    {
        var settings = new SandboxSettings(Mode.Live) { Overrides = [Said(Mode.Hold) with { Until = Noon }] };
        var policy = new SandboxPolicy(settings);
        var verdict = policy.Judge(Mail, Alice, Noon.AddTicks(-1), null);
        Assert.Equal((Mode.Hold, "hold, set for all mail by carol until 2026-11-23 12:00Z: a test"),
            (verdict.Mode, verdict.Rule));
        Assert.Equal(Mode.Live, policy.Judge(Mail, Alice, Noon, null).Mode);
        Assert.Equal((false, true), (policy.LetsAnyLeave(Noon.AddTicks(-1)), policy.LetsAnyLeave(Noon)));
    }

    [Fact]
    public void The_newest_word_that_fits_goes_first_and_one_for_a_rule_stands_in_its_place()
    {
        var settings = new SandboxSettings(Mode.Capture)
        {
            Rules = [new SandboxRule("qa", Mode.Live) { To = new AllowList(["@qa.example"]) }],
            Overrides =
            [
                Said(Mode.Discard) with { Filter = "app:gitlab", Of = Read("app:gitlab") },
                Said(Mode.Hold) with { Rule = "qa" },
                Said(Mode.Capture),
            ],
        };
        var policy = new SandboxPolicy(settings);
        Assert.Equal(Mode.Hold, policy.Judge(Mail, new ForwardPath("a@qa.example"), Noon, null).Mode);
        Assert.Equal(Mode.Capture, policy.Judge(Mail, Alice, Noon, null).Mode);
        Assert.Equal("capture, set for all mail by carol: a test", policy.Judge(Mail, Alice, Noon, null).Rule);
    }

    [Fact]
    public void Whatever_the_rules_no_clearance_comes_but_from_a_word_that_lets_mail_leave()
    {
        var dice = new Random(6);
        for (var round = 0; round < 20_000; round++)
        {
            var settings = Any(dice);
            var policy = new SandboxPolicy(settings);
            var now = Noon.AddMinutes(dice.Next(-90, 90));
            var to = new ForwardPath($"{"abc"[dice.Next(3)]}@{(dice.Next(2) == 0 ? "x" : "y")}.example");
            var verdict = policy.Judge(Mail, to, now, null);

            // The same decision in the plainest words.
            var rule = settings.Rules.FirstOrDefault(one => one.Fits(Mail, to));
            var own = rule?.Mode ?? settings.Mode;
            var said = settings.Overrides.FirstOrDefault(one => one.Holds(now)
                && (one.Rule is null || one.Rule == rule?.Name) && Lasting.Has(one.Of, Mail)
                && (one.MayLoosen || Reach(one.Mode) <= Reach(own)));
            var mode = settings.Stopped is not null ? Mode.Capture : said?.Mode ?? own;
            Assert.Equal(Reach(mode) > 0, verdict.Clearance is not null);
            Assert.Equal(mode, verdict.Mode);
            Assert.Equal(mode == Mode.Live ? to : mode == Mode.Redirect ? Mailbox.To : null, verdict.Clearance?.Path);
            if (verdict.Clearance is not null)
                Assert.True(policy.LetsAnyLeave(now));
            Assert.Equal(verdict.Clearance?.Rule ?? verdict.Rule, verdict.Rule);
            if (said is not null && settings.Stopped is null)
                Assert.Contains("carol", verdict.Rule, StringComparison.Ordinal);
            if (verdict.Clearance is { Redirection: null }) // said before anything of the mail is known
                Assert.True(policy.CouldMail(Mail.Origin.Listener, [to], now)
                    && policy.CouldMail(Mail.Origin.Listener, [], now));
        }
    }

    [Fact]
    public void Whom_no_word_lets_mail_through_to_could_not_be_mailed()
    {
        var policy = new SandboxPolicy(new SandboxSettings(Mode.Capture)
        {
            Rules =
            [
                new SandboxRule("a", Mode.Live) { To = new AllowList(["@qa.example"]), Listeners = ["apps"] },
                new SandboxRule("b", Mode.Redirect) { Redirection = Mailbox },
            ],
        });
        var tess = new ForwardPath("tess@qa.example");
        Assert.True(policy.CouldMail("apps", [tess], Noon));
        Assert.True(policy.CouldMail("APPS", [Alice, tess], Noon)); // one of them is enough
        Assert.True(policy.CouldMail("apps", [], Noon));
        Assert.False(policy.CouldMail("others", [tess], Noon));
        Assert.False(policy.CouldMail("apps", [Alice], Noon));
    }

    // Rules, and what was said for all mail or for some of it (Some), the newest first; whoever said it with a ! may
    // loosen.
    [Theory]
    [InlineData("capture", "", "", false, false)]
    [InlineData("redirect", "", "", true, false)]
    [InlineData("live", "", "", true, true)]
    [InlineData("capture", "hold redirect", "", true, false)]
    [InlineData("capture", "hold live", "", true, true)]
    [InlineData("live", "", "capture", false, false)]         // all mail stays
    [InlineData("live", "", "redirect", true, false)]
    [InlineData("live", "", "someCapture", true, true)]       // some of it does
    [InlineData("capture", "", "live", false, false)]         // by who may not, nothing gets looser
    [InlineData("capture", "", "live!", true, true)]
    [InlineData("capture", "", "redirect!", true, false)]
    [InlineData("capture", "", "someLive", false, false)]
    [InlineData("capture", "", "someLive!", true, true)]
    [InlineData("capture", "", "someRedirect!", true, false)]
    [InlineData("live", "", "someLive! capture", true, true)]
    [InlineData("live", "", "capture someLive!", false, false)] // the newest goes first
    [InlineData("live", "", "someHold! capture", false, false)]
    [InlineData("live", "", "redirect! live!", true, false)]
    [InlineData("redirect", "", "live", true, false)]
    [InlineData("live", "", "live", true, true)]
    [InlineData("live", "", "someLive capture", true, true)]  // as it was configured, said again of some
    [InlineData("live", "", "live capture", true, true)]
    [InlineData("capture", "", "someLive capture", false, false)]
    [InlineData("capture", "redirect", "someRedirect capture", true, false)]
    [InlineData("capture", "", "redirect someLive!", true, true)] // a word that does not hold for what is kept
    [InlineData("capture", "", "redirect! someLive!", true, false)]
    [InlineData("capture", "", "live someLive!", true, true)]
    public void What_could_leave_at_all_is_known_before_any_mail(
        string mode, string rules, string said, bool letsAnyLeave, bool couldMail)
    {
        var policy = new SandboxPolicy(new SandboxSettings(ModeOf(mode))
        {
            Redirection = Mailbox,
            Rules = [.. Words(rules).Select(word => new SandboxRule(word, ModeOf(word)))],
            Overrides = [.. Words(said).Select(word => Said(ModeOf(word)) with
            {
                MayLoosen = word.EndsWith('!'), Filter = word.StartsWith("some", StringComparison.Ordinal) ? "f" : null,
            })],
        });
        Assert.Equal((letsAnyLeave, couldMail), (policy.LetsAnyLeave(Noon), policy.CouldMail("apps", [Alice], Noon)));
        Assert.Equal(ModeOf(mode), policy.Mode);

        static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        static Mode ModeOf(string word) => Enum.Parse<Mode>(
            word.Replace("some", "", StringComparison.Ordinal).TrimEnd('!'), ignoreCase: true);
    }

    [Fact]
    public void What_has_ended_or_stands_for_another_decides_nothing()
    {
        var ended = Said(Mode.Capture) with { Until = Noon };
        var policy = new SandboxPolicy(new SandboxSettings(Mode.Live) { Overrides = [ended] });
        Assert.True(policy.CouldMail("apps", [], Noon));
        Assert.False(policy.CouldMail("apps", [], Noon.AddTicks(-1)));
        policy = new SandboxPolicy(new SandboxSettings(Mode.Capture)
        {
            Overrides = [Said(Mode.Live) with { MayLoosen = true, Until = Noon }],
        });
        Assert.False(policy.CouldMail("apps", [], Noon));
        Assert.False(policy.LetsAnyLeave(Noon));
        Assert.False(new SandboxPolicy(new SandboxSettings(Mode.Live) { Stopped = "a copy" })
            .CouldMail("apps", [], Noon));
        var one = Said(Mode.Hold) with { Rule = "qa" };
        Assert.True(one.IsForTheSameAs(one with { Mode = Mode.Live }));
        Assert.False(one.IsForTheSameAs(one with { Rule = "other" }));
        Assert.False(one.IsForTheSameAs(one with { Filter = "app:jira" }));
        Assert.Equal(("rule \"qa\"", "app:jira", "all mail"), (one.For, Said(Mode.Hold) with { Filter = "app:jira" } is
            { } some ? some.For : "", Said(Mode.Hold).For));
        Assert.Equal((false, false, true), (one.IsForAll, (one with { Rule = null, Filter = "f" }).IsForAll,
            Said(Mode.Hold).IsForAll));
    }

    // Looser than what the strictest of what it is for does.
    [Theory]
    [InlineData(Mode.Redirect, null, false)]
    [InlineData(Mode.Live, null, true)]
    [InlineData(Mode.Redirect, "free", false)]
    [InlineData(Mode.Live, "free", false)]
    [InlineData(Mode.Redirect, "kept", true)]
    [InlineData(Mode.Hold, "kept", false)]
    [InlineData(Mode.Redirect, "twice", true)]
    [InlineData(Mode.Redirect, "none such", true)]
    [InlineData(Mode.Discard, "none such", false)]
    public void A_word_is_looser_where_it_lets_more_leave_than_what_it_is_for(Mode said, string? rule, bool isLooser)
    {
        var settings = new SandboxSettings(Mode.Live)
        {
            Rules =
            [
                new SandboxRule("free", Mode.Live), new SandboxRule("part", Mode.Redirect),
                .. rule == "twice" ? [new SandboxRule("twice", Mode.Live), new SandboxRule("twice", Mode.Hold)]
                    : Array.Empty<SandboxRule>(),
                .. rule == "kept" ? [new SandboxRule("kept", Mode.Capture)] : Array.Empty<SandboxRule>(),
            ],
        };
        Assert.Equal(isLooser, SandboxPolicy.IsLooser(settings, Said(said) with { Rule = rule }));
    }

    [Fact]
    public void A_rules_own_mailbox_goes_before_the_one_for_all()
    {
        var own = new Redirection(new ForwardPath("own@qa.example"), null);
        var settings = new SandboxSettings(Mode.Capture)
        {
            Redirection = Mailbox,
            Rules = [new SandboxRule("r", Mode.Redirect) { Redirection = own, Listeners = ["APPS"] }],
        };
        Assert.Equal("redirected to own@qa.example: sandbox rule \"r\": redirect", Judged(settings).Rule);
        Assert.Equal(own, Judged(settings).Clearance!.Redirection);
        settings = settings with { Rules = [settings.Rules[0] with { Mode = Mode.Live }] };
        settings = settings with { Overrides = [Said(Mode.Redirect)] };
        Assert.Equal(own, Judged(settings).Clearance!.Redirection); // a person says so of the rule's mail
        settings = settings with { Rules = [], Mode = Mode.Live };
        Assert.Equal(Mailbox, Judged(settings).Clearance!.Redirection);
        Assert.Equal("a copy", Judged(settings with { Stopped = "a copy" }).Rule);

        static SandboxVerdict Judged(SandboxSettings settings) =>
            new SandboxPolicy(settings).Judge(Mail, Alice, Noon, null);
    }

    private static int Reach(Mode mode) => mode == Mode.Live ? 2 : mode == Mode.Redirect ? 1 : 0;

    private static SandboxSettings Any(Random dice)
    {
        string[] filters = ["app:jira", "app:gitlab", "-source:jira", "larger:1k"];
        return new SandboxSettings(AnyMode(dice))
        {
            Redirection = Mailbox,
            Stopped = dice.Next(10) == 0 ? "stopped" : null,
            Rules = [.. Enumerable.Range(0, dice.Next(4)).Select(n => new SandboxRule($"r{n}", AnyMode(dice))
            {
                Of = dice.Next(2) == 0 ? Filter.All : Read(filters[dice.Next(4)]),
                To = dice.Next(3) == 0 ? null : new AllowList([dice.Next(2) == 0 ? "@x.example" : "a*@*.example"]),
                Listeners = dice.Next(4) == 0 ? ["other"] : [],
            })],
            Overrides = [.. Enumerable.Range(0, dice.Next(4)).Select(_ => (dice.Next(3) switch
            {
                0 => Said(AnyMode(dice)) with { Of = Read(filters[dice.Next(4)]), Filter = "as read" },
                1 => Said(AnyMode(dice)) with { Rule = $"r{dice.Next(3)}" },
                _ => Said(AnyMode(dice)),
            }) with
            {
                MayLoosen = dice.Next(2) == 0,
                Until = dice.Next(2) == 0 ? Noon.AddMinutes(dice.Next(-60, 60)) : null,
            })],
        };
    }

    private static Mode AnyMode(Random dice) => (Mode)dice.Next(Enum.GetValues<Mode>().Length);

    private static ModeOverride Said(Mode mode) => new(mode, "carol", "a test", Noon.AddHours(-1));

    private static Filter Read(string text) =>
        FilterParser.TryParse(text, Noon, out var filter, out var error) ? filter : throw new ArgumentException(error);
}
