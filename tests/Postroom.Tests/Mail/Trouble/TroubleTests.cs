using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Trouble;
using Xunit;

namespace Postroom.Tests.Mail.Trouble;

public sealed class TroubleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly LastingFacts Mail = new(new ReversePath("jira@example.com"),
        new Origin("apps", "10.0.0.1", "app", null, "ESMTP"),
        new HeaderFacts { App = new AppFacts("jira") { Instance = "prod" } }, 4_000);

    [Theory]
    [InlineData("bob+451@example.com", Stage.Rcpt, "451 4.0.0 Trouble made on purpose")]
    [InlineData("+400@example.com", Stage.Rcpt, "400 4.0.0 Trouble made on purpose")]
    [InlineData("bob+599@example.com", Stage.Rcpt, "599 5.0.0 Trouble made on purpose")]
    [InlineData("bob+5.1.1@example.com", Stage.Rcpt, "550 5.1.1 Trouble made on purpose")]
    [InlineData("bob+4.2.2@example.com", Stage.Rcpt, "452 4.2.2 Trouble made on purpose")]
    [InlineData("bob+5.7.8@example.com", Stage.Rcpt, "535 5.7.8 Trouble made on purpose")]
    [InlineData("bob+rcpt-421@example.com", Stage.Rcpt, "421 4.0.0 Trouble made on purpose")]
    [InlineData("bob+x+data-451@example.com", Stage.Data, "451 4.0.0 Trouble made on purpose")]
    [InlineData("bob+DELIVERY-4.4.1@example.com", Stage.Delivery, "451 4.4.1 Trouble made on purpose")]
    [InlineData("bob+bounce@example.com", Stage.Delivery, "550 5.1.1 Trouble made on purpose")]
    [InlineData("bob+timeout@example.com", Stage.Rcpt, "connection cut, after 900 s")]
    [InlineData("bob+data-disconnect@example.com", Stage.Data, "connection cut")]
    [InlineData("bob+delay1@example.com", Stage.Rcpt, "nothing else, after 1 s")]
    [InlineData("bob+delay900@example.com", Stage.Rcpt, "nothing else, after 900 s")]
    public void An_address_says_what_is_to_go_wrong(string address, Stage stage, string effect)
    {
        Assert.True(TroubleAddress.TryRead(new ForwardPath(address), out var at, out var what));
        Assert.Equal((stage, effect), (at, what.ToString()));
    }

    [Theory]
    [InlineData("bob@example.com")]
    [InlineData("bob+@example.com")]
    [InlineData("bob+250@example.com")]       // no failure
    [InlineData("bob+399@example.com")]
    [InlineData("bob+600@example.com")]
    [InlineData("bob+0451@example.com")]
    [InlineData("bob+2.0.0@example.com")]
    [InlineData("bob+5.1@example.com")]
    [InlineData("bob+5.1.1000@example.com")]
    [InlineData("bob+delay0@example.com")]
    [InlineData("bob+delay901@example.com")]
    [InlineData("bob+delay@example.com")]
    [InlineData("bob+delivery-timeout@example.com")] // a next hop's silence is no reply
    [InlineData("bob+451x@example.com")]
    [InlineData("bob+run42@example.com")]     // a box of its own, and no more
    [InlineData("bob@451+451.example.com")]
    [InlineData("postmaster")]
    public void Any_other_address_is_one_like_any_other(string address) =>
        Assert.False(TroubleAddress.TryRead(new ForwardPath(address), out _, out _));

    [Fact]
    public void Every_status_has_a_code_of_its_class()
    {
        for (var subject = 0; subject < 10; subject++)
            for (var detail = 0; detail < 30; detail++)
                foreach (var @class in (int[])[4, 5])
                    Assert.Equal(@class, Effect.CodeOf(new EnhancedStatus(@class, subject, detail)) / 100);
    }

    [Theory]
    [InlineData("4.0.0", 451)]
    [InlineData("4.1.1", 450)]
    [InlineData("4.1.2", 450)]
    [InlineData("4.2.0", 450)]
    [InlineData("4.2.1", 450)]
    [InlineData("4.2.2", 452)]
    [InlineData("4.3.0", 451)]
    [InlineData("4.3.1", 452)]
    [InlineData("4.3.2", 451)]
    [InlineData("4.4.1", 451)]
    [InlineData("4.5.2", 451)]
    [InlineData("4.5.3", 452)]
    [InlineData("4.7.8", 451)]
    [InlineData("5.0.0", 554)]
    [InlineData("5.1.1", 550)]
    [InlineData("5.2.1", 550)]
    [InlineData("5.2.2", 552)]
    [InlineData("5.3.1", 550)]
    [InlineData("5.3.4", 552)]
    [InlineData("5.4.4", 550)]
    [InlineData("5.5.0", 554)]
    [InlineData("5.5.3", 550)]
    [InlineData("5.6.0", 554)]
    [InlineData("5.7.1", 554)]
    [InlineData("5.7.8", 535)]
    public void A_status_has_the_plainest_code(string status, int code)
    {
        Assert.True(EnhancedStatus.TryParse(status, out var read));
        Assert.Equal(code, Effect.CodeOf(read));
    }

    [Fact]
    public void What_is_made_says_by_whom_and_the_end_of_a_connection_is_a_421_where_nobody_can_be_cut_off()
    {
        var said = new Made(Effect.Saying(451, null, null), "rule \"x\"");
        Assert.Equal("451 4.0.0 Trouble made on purpose (made by rule \"x\")", said.Reply!.ToString());
        Assert.Equal(said.Reply.ToString(), said.Refusal.ToString());
        var cut = new Made(Effect.Silence, "bob+timeout@example.com");
        Assert.Null(cut.Reply);
        Assert.Equal("421 4.0.0 Cut off (made by bob+timeout@example.com)", cut.Refusal.ToString());
    }

    [Fact]
    public void What_is_only_late_goes_on()
    {
        Assert.True(new Effect { Delay = TimeSpan.FromSeconds(1) }.GoesOn);
        Assert.False(new Effect { Disconnects = true }.GoesOn);
        Assert.False(Effect.Saying(451, null, null).GoesOn);
        Assert.Equal("451 4.0.0 Trouble made on purpose, after 1.5 s",
            (Effect.Saying(451, null, null) with { Delay = TimeSpan.FromSeconds(1.5) }).ToString());
    }

    [Theory]
    [InlineData(true, false, false)]  // what could leave meets none
    [InlineData(true, true, true)]    // unless a rule says so
    [InlineData(false, false, true)]
    public void Mail_that_could_leave_meets_only_what_is_meant_for_it(bool couldLeave, bool inLive, bool isMade)
    {
        var rule = Greylisting with { InLive = inLive };
        Assert.Equal(isMade, Find([rule], Stage.Rcpt, couldLeave) is not null);
        Assert.Equal(!couldLeave, Find([], Stage.Rcpt, couldLeave, "bob+451@example.com") is not null);
    }

    [Fact]
    public void A_rule_is_for_its_stage_its_mail_its_recipients_and_its_time()
    {
        var rule = Greylisting with
        {
            Of = Read("source:10.0.0.1"), To = new AllowList(["@example.com"]), Listeners = ["apps"],
            Until = Noon.AddMinutes(1),
        };
        Assert.NotNull(Find([rule], Stage.Rcpt));
        Assert.Null(Find([rule], Stage.Mail));
        Assert.Null(Find([rule with { Of = Read("source:10.0.0.2") }], Stage.Rcpt));
        Assert.Null(Find([rule], Stage.Rcpt, to: "bob@elsewhere.example"));
        Assert.Null(Find([rule with { Listeners = ["others"] }], Stage.Rcpt));
        Assert.Null(Find([rule with { Until = Noon }], Stage.Rcpt));
        Assert.NotNull(Find([rule with { Listeners = ["others", "APPS"] }], Stage.Rcpt));
        Assert.NotNull(Find([rule with { Until = null, To = null, Of = Filter.All }], Stage.Rcpt));
        Assert.NotNull(TroubleTable.Find([rule], At(Stage.Rcpt, "bob@elsewhere.example", "bob@example.com"),
            couldLeave: false, addresses: false, () => 0)); // one of them is enough
    }

    [Theory]
    [InlineData(1, 0.9, true)] // what is certain asks no dice
    [InlineData(0.5, 0.4, true)]
    [InlineData(0.5, 0.5, false)]
    public void It_happens_as_often_as_it_is_to(double probability, double roll, bool isMade)
    {
        var rolls = 0;
        Assert.Equal(isMade, TroubleTable.Find([Greylisting with { Probability = probability }],
            At(Stage.Rcpt, "bob@example.com"), couldLeave: false, addresses: true, Roll) is not null);
        Assert.Equal(probability < 1 ? 1 : 0, rolls);

        double Roll() => ++rolls > 0 ? roll : 0;
    }

    [Fact]
    public void Of_several_addresses_the_first_that_asks_at_this_stage_has_it()
    {
        var at = At(Stage.Data,
            "ann@example.com", "bob+451@example.com", "eve+data-452@example.com", "x+data-550@x.example");
        var made = TroubleTable.Find([], at, couldLeave: false, addresses: true, () => 0);
        Assert.Equal(("the address eve+data-452@example.com", null), (made?.Made.By, made?.Rule));
    }

    [Fact]
    public void The_first_whose_dice_fall_so_makes_it_and_says_so()
    {
        var rolls = new Queue<double>([0.5, 0.2]);
        var made = TroubleTable.Find(
        [
            Greylisting with { Name = "first", Probability = 0.3 },
            Greylisting with { Name = "second", Probability = 0.3 },
        ], At(Stage.Rcpt, "bob@example.com"), couldLeave: false, addresses: true, rolls.Dequeue);
        Assert.Equal("second", made!.Value.Rule!.Name);
        Assert.Equal("451 4.7.1 Greylisted (made by trouble rule \"second\")", made.Value.Made.Reply!.ToString());
        Assert.Empty(rolls);
    }

    [Fact]
    public void Addresses_can_be_switched_off() => Assert.Null(TroubleTable.Find(
        [], At(Stage.Rcpt, "bob+451@example.com"), couldLeave: false, addresses: false, () => 0));

    [Theory]
    [InlineData(Field.Source, Stage.Connect, true)]
    [InlineData(Field.Source, Stage.Hello, true)]
    [InlineData(Field.Source, Stage.Login, true)]
    [InlineData(Field.Source, Stage.Rcpt, true)]
    [InlineData(Field.From, Stage.Connect, false)]
    [InlineData(Field.From, Stage.Hello, false)]
    [InlineData(Field.From, Stage.Login, false)]
    [InlineData(Field.From, Stage.Rcpt, true)]
    [InlineData(Field.Larger, Stage.Mail, false)]
    [InlineData(Field.From, Stage.Mail, true)]
    [InlineData(Field.App, Stage.Rcpt, false)]
    [InlineData(Field.App, Stage.Data, true)]
    [InlineData(Field.Larger, Stage.Delivery, true)]
    public void What_is_known_of_a_mail_grows_with_the_stages(Field field, Stage stage, bool isKnown) =>
        Assert.Equal(isKnown, TroubleRule.IsKnown(field, stage));

    private static TroubleRule Greylisting { get; } = new("greylisting", Stage.Rcpt,
        Effect.Saying(451, new EnhancedStatus(4, 7, 1), "Greylisted"));

    private static Made? Find(
        IReadOnlyList<TroubleRule> rules, Stage stage, bool couldLeave = false, string to = "bob@example.com") =>
        TroubleTable.Find(rules, At(stage, to), couldLeave, addresses: true, () => 0)?.Made;

    private static Occasion At(Stage stage, params string[] to) =>
        new(stage, Mail, [.. to.Select(one => new ForwardPath(one))], Noon);

    private static Filter Read(string text) =>
        FilterParser.TryParse(text, Noon, out var filter, out var error) ? filter : throw new ArgumentException(error);
}
