using CsCheck;
using Postroom.Mail.Alarms;
using Postroom.Tests.Program;
using Xunit;

namespace Postroom.Tests.Mail.Alarms;

public sealed class AlarmBookTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly Alarm Waits = new("mail-waits", Measures.Waiting, 10)
    {
        For = 3 * Minute, Calm = 5 * Minute, Text = "{value} wait for {subject}, {limit} are allowed",
        Cure = "look at it",
    };

    private DateTimeOffset _now = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void AnAlarmIsRaisedOnceItHasLastedAndIsOverOnceAllHasBeenWell()
    {
        var book = new AlarmBook([]);
        Assert.Empty(Look(book, 11));
        Assert.Empty(Look(book, 12));
        Assert.Empty(Look(book, 13));
        var raised = Assert.Single(Look(book, 14));
        Assert.Equal((true, "14 wait for upstream, 10 are allowed", "look at it", _now),
            (raised.IsRaised, raised.Of.Text, raised.Of.Cure, raised.Of.Since));
        for (var i = 0; i < 100; i++)
            Assert.Empty(Look(book, 20));
        Assert.Equal("20 wait for upstream, 10 are allowed", Assert.Single(book.Raised).Now);
        for (var i = 0; i < 4; i++)
            Assert.Empty(Look(book, 10));
        var over = Assert.Single(Look(book, 1));
        Assert.Equal((false, "14 wait for upstream, 10 are allowed", "It is well: waiting is 1."),
            (over.IsRaised, over.Of.Text, over.Of.Now));
        Assert.Empty(book.Raised);
        Assert.Empty(Look(book, 1));
    }

    [Fact]
    public void WhatComesAndGoesIsNotTold()
    {
        var book = new AlarmBook([]);
        for (var i = 0; i < 100; i++)
            Assert.Empty(Look(book, i % 3 == 0 ? 1 : 100));
    }

    [Fact]
    public void WhatGoesAndComesIsNotOver()
    {
        var book = new AlarmBook([]);
        var changes = 0;
        for (var i = 0; i < 1_000; i++)
            changes += Look(book, i % 5 == 4 ? 1 : 100).Count;
        Assert.Equal(1, changes);
    }

    [Fact]
    public void WhatCannotBeReadChangesNothing()
    {
        var book = new AlarmBook([]);
        for (var i = 0; i < 4; i++)
            Look(book, 100);
        for (var i = 0; i < 100; i++)
            Assert.Empty(book.Look([Waits], _ => null, _now, Minute));
        Assert.Single(book.Raised);
    }

    [Fact]
    public void ASubjectThatIsNoMoreIsWell()
    {
        var book = new AlarmBook([]);
        for (var i = 0; i < 4; i++)
            Look(book, 100);
        var changes = new List<AlarmChange>();
        for (var i = 0; i < 10; i++)
            changes.AddRange(book.Look([Waits], _ => [], _now, Minute));
        Assert.False(Assert.Single(changes).IsRaised);
    }

    [Fact]
    public void AnAlarmThatNobodyWantsAnyMoreIsOver()
    {
        var book = new AlarmBook([]);
        for (var i = 0; i < 4; i++)
            Look(book, 100);
        Assert.False(Assert.Single(book.Look([], _ => [], _now, Minute)).IsRaised);
        Assert.Empty(book.Look([], _ => [], _now, Minute));
    }

    [Fact]
    public void ARestartTellsNothingAgain()
    {
        var before = new AlarmBook([]);
        for (var i = 0; i < 4; i++)
            Look(before, 100);
        var after = new AlarmBook(before.Raised);
        for (var i = 0; i < 10; i++)
            Assert.Empty(Look(after, 100));
        for (var i = 0; i < 4; i++)
            Assert.Empty(Look(after, 1));
        Assert.False(Assert.Single(Look(after, 1)).IsRaised);
    }

    [Fact]
    public void AClockThatIsSetRaisesNothing()
    {
        var book = new AlarmBook([]);
        Look(book, 100);
        _now += TimeSpan.FromDays(365);
        Assert.Empty(Look(book, 100));
    }

    [Fact]
    public void OneAlarmTellsForAnotherOfTheSameSubject()
    {
        var paused = new Alarm("stopped", Measures.Paused, 0) { For = 10 * Minute, Calm = Minute };
        var waits = Waits with { Unless = ["stopped"] };
        var book = new AlarmBook([]);
        var changes = new List<AlarmChange>();
        var isPaused = true;
        void LookAtBoth() => changes.AddRange(book.Look([paused, waits], alarm => alarm == paused
            ? [new Measured("upstream", isPaused ? 1 : 0)]
            : [new Measured("upstream", 100), new Measured("other", 100)], _now += Minute, Minute));

        for (var i = 0; i < 20; i++)
            LookAtBoth();
        Assert.Equal([("mail-waits", "other"), ("stopped", "upstream")],
            changes.Select(change => (change.Of.Alarm, change.Of.Subject)));
        changes.Clear();
        isPaused = false;
        for (var i = 0; i < 10; i++)
            LookAtBoth();
        Assert.Equal([("stopped", false), ("mail-waits", true)],
            changes.Select(change => (change.Of.Alarm, change.IsRaised)));
    }

    [Fact]
    public void OneAlarmTellsForAnotherOfWhatThatIsAbout()
    {
        var stopped = new Alarm("stopped", Measures.Paused, 0) { For = 10 * Minute };
        var lost = new Alarm("lost", Measures.CanaryMissing, 0) { Unless = ["stopped"] };
        var book = new AlarmBook([]);
        for (var i = 0; i < 5; i++)
            Assert.Equal(i == 0 ? ["other"] : [], book.Look([stopped, lost], alarm => alarm == stopped
                    ? [new Measured("upstream", 1)]
                    : [new Measured("mine", 1) { About = "upstream" }, new Measured("other", 1)], _now, Minute)
                .Select(change => change.Of.Subject));
    }

    [Fact]
    public void WhatIsSoMuchAtLeastCanRaiseAndCannotResolve()
    {
        var book = new AlarmBook([]);
        List<AlarmChange> changes = [];
        void LookAt(double value, bool isAtLeast) => changes.AddRange(book.Look([Waits],
            _ => [new Measured("upstream", value) { IsAtLeast = isAtLeast }], _now, Minute));
        for (var i = 0; i < 5; i++)
            LookAt(100, isAtLeast: true);
        Assert.Single(changes);
        for (var i = 0; i < 100; i++)
            LookAt(0, isAtLeast: true);
        Assert.Single(changes);
        for (var i = 0; i < 5; i++)
            LookAt(0, isAtLeast: false);
        Assert.Equal(2, changes.Count);
    }

    [Fact]
    public void WhatThrowsLosesNothing()
    {
        var book = new AlarmBook([]);
        for (var i = 0; i < 5; i++)
            Assert.Throws<InvalidOperationException>(() => book.Look([Waits, Waits with { Name = "other" }],
                alarm => alarm == Waits ? [new Measured("upstream", 100)] : throw new InvalidOperationException(),
                _now, Minute));
        Assert.Empty(book.Raised);
    }

    [Fact]
    public void WhateverHappensEachIsRaisedAndOverInTurn() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[1, 600]).Array[1, 400].Sample(looks =>
        {
            Alarm[] alarms =
            [
                Waits,
                Waits with { Name = "at-once", For = TimeSpan.Zero },
                Waits with { Name = "unless", Unless = ["at-once"] },
                Waits with { Name = "below", IsBelow = true, Calm = TimeSpan.Zero },
            ];
            var book = new AlarmBook([]);
            var raised = new HashSet<(string, string)>();
            foreach (var (first, second, seconds) in looks)
            {
                if (seconds % 50 == 0)
                    book = new AlarmBook(book.Raised); // a restart
                foreach (var change in book.Look(alarms, alarm => first == 2 && alarm == alarms[0] ? null
                    : [new Measured("a", first * 20), new Measured("b", second * 20), new Measured("a", 5)],
                    _now, TimeSpan.FromSeconds(seconds)))
                    Assert.True(change.IsRaised ? raised.Add((change.Of.Alarm, change.Of.Subject))
                        : raised.Remove((change.Of.Alarm, change.Of.Subject)));
                Assert.Equal(raised, book.Raised.Select(one => (one.Alarm, one.Subject)).ToHashSet());
            }
        });

    [Theory]
    [InlineData("{subject}: {detail}", "a {value} route: 535 {limit} no")]
    [InlineData("{value} of {limit} {other} {", "27 % of 20 % {other} {")]
    [InlineData("{value", "{value")]
    public void OthersWordsAreNotReadAgain(string text, string told) => Assert.Equal(told, AlarmWords.TextOf(
        new Alarm("x", Measures.Failing, 0.2) { Text = text },
        new Measured("a {value} route", 0.27) { Detail = "535 {limit} no" }));

    [Fact]
    public void WithoutADetailTheSentenceEnds() => Assert.Equal("upstream stands still", AlarmWords.TextOf(
        new Alarm("x", Measures.Paused, 0) { Text = "{subject} stands still: {detail}" }, new Measured("upstream", 1)));

    [Theory]
    [InlineData(Unit.Duration, 1, "1 second")]
    [InlineData(Unit.Duration, 119.9, "119 seconds")]
    [InlineData(Unit.Duration, 120, "2 minutes")]
    [InlineData(Unit.Duration, 7_199, "119 minutes")]
    [InlineData(Unit.Duration, 7_200, "2 hours")]
    [InlineData(Unit.Duration, 172_800, "2 days")]
    [InlineData(Unit.Duration, -5, "0 seconds")]
    [InlineData(Unit.Share, 0.2, "20 %")]
    [InlineData(Unit.Times, 1.25, "1.3 times")]
    [InlineData(Unit.Count, 12_345, "12,345")]
    public void ValuesAreWrittenForPeople(Unit unit, double value, string written) =>
        Assert.Equal(written, AlarmWords.Value(unit, value));

    [Fact]
    public void TheShippedAlarmsHoldTogether()
    {
        var names = ShippedAlarms.All.Select(alarm => alarm.Name).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(Measures.All.Where(measure => measure != Measures.Mails).ToHashSet(),
            ShippedAlarms.All.Select(alarm => alarm.Measure).ToHashSet());
        foreach (var alarm in ShippedAlarms.All)
        {
            Assert.Matches("^[a-z]+(-[a-z]+)*$", alarm.Name);
            Assert.False(string.IsNullOrEmpty(alarm.Cure), alarm.Name);
            Assert.DoesNotMatch("[{}]", AlarmWords.TextOf(alarm, new Measured("subject", 1) { Detail = "detail" }));
            // What tells for it is looked at before it: else both are raised by the same look.
            Assert.All(alarm.Unless, other => Assert.InRange(names.IndexOf(other), 0, names.IndexOf(alarm.Name) - 1));
        }
    }

    [Fact]
    public void TheReferencePageIsMadeFromTheTables() =>
        Golden.Equal(Path.Combine(Golden.Root, "docs", "reference", "alarms.md"), AlarmManual.Write());

    private IReadOnlyList<AlarmChange> Look(AlarmBook book, double value) =>
        book.Look([Waits], _ => [new Measured("upstream", value)], _now += Minute, Minute);
}
