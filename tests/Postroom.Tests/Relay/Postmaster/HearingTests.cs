using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Relay.Postmaster;
using Xunit;

namespace Postroom.Tests.Relay.Postmaster;

public sealed class HearingTests : IDisposable
{
    private static readonly AppFacts Jira = new("jira") { Instance = "jira.example.com" };

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-hearing-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 2, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AnApplicationThatFallsSilentIsNoticedAndOneThatIsHeardAgainIsWell()
    {
        var hearing = Listen();
        Live(hearing, TimeSpan.FromDays(36), Jira);
        Assert.Equal(0, Of(hearing.Look()).Value);
        Pass(hearing, 25); // 29 since the last mail
        Assert.Equal(0, Of(hearing.Look()).Value);
        Pass(hearing, 60);
        var silent = Of(hearing.Look());
        Assert.Equal(("jira at jira.example.com", true), (silent.Subject, silent.Value > 1));
        Assert.Equal("no mail for 89 minutes, where at this time of the week 30 minutes are the most that chance "
            + "explains.", silent.Detail);
        hearing.Heard(Jira);
        Assert.Equal(0, Of(hearing.Look()).Value);
    }

    [Fact]
    public void WhatWasLearnedOutlivesARestartAndATimeOffTeachesNothing()
    {
        var before = Listen();
        Live(before, TimeSpan.FromDays(36), Jira);
        before.Keep();
        _time.Advance(TimeSpan.FromMinutes(5));
        var after = Listen();
        Assert.Equal(0, Of(after.Look()).Value);
        Pass(after, 80);
        Assert.True(Of(after.Look()).Value > 1);

        after.Keep();
        _time.Advance(TimeSpan.FromDays(1)); // nobody listened: that is no silence
        var later = Listen();
        Assert.Equal(0, Of(later.Look()).Value);
        Pass(later, 25);
        Assert.Equal(0, Of(later.Look()).Value);
        Pass(later, 60);
        Assert.True(Of(later.Look()).Value > 1);
    }

    [Fact]
    public void AMachineThatSleptHasHeardNobodyFallSilent()
    {
        var hearing = Listen();
        Live(hearing, TimeSpan.FromDays(36), Jira);
        _time.Advance(TimeSpan.FromHours(9));
        Assert.Equal(0, Of(hearing.Look()).Value);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, Of(hearing.Look()).Value);
    }

    [Fact]
    public void AnApplicationIsCalledByWhereItIsAndForgottenOnceItIsGone()
    {
        Assert.Equal("jira at jira.example.com", Hearing.NameOf(new AppFacts("jira")
        {
            Instance = "8f1c", Site = "https://jira.example.com/secure",
        }));
        var hearing = Listen();
        hearing.Heard(Jira);
        Assert.Single(hearing.Look());
        for (var day = 0; day < 7 * Rhythm.Weeks * 24 * 7; day++) // looks of less than ten minutes
        {
            _time.Advance(TimeSpan.FromMinutes(9));
            hearing.Look();
        }

        Assert.Empty(hearing.Look());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"at\":\"2026-11-02T00:00:00Z\",\"sources\":null}")]
    [InlineData("{\"at\":\"2026-11-02T00:00Z\",\"sources\":{\"jira\":null,\"x\":{\"last\":\"2026-11-02T00:00Z\"}}}")]
    [InlineData("{\"at\":\"2026-11-02T00:00Z\",\"sources\":{\"x\":{\"last\":\"2026-11-02T00:00Z\",\"weeks\":[{}]}}}")]
    public void AFileThatCannotBeReadIsBegunAnew(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "habits.json"), text);
        var hearing = Listen();
        hearing.Heard(Jira);
        Assert.Contains(hearing.Look(), one => one.Subject == "jira at jira.example.com");
    }

    [Fact]
    public void WhatIsNotRecognisedIsNobodysAndTheirNumberIsBounded()
    {
        var hearing = Listen();
        hearing.Heard(null);
        Assert.Empty(hearing.Look());
        for (var i = 0; i < 1_000; i++)
            hearing.Heard(new AppFacts("app") { Instance = $"{i}" });
        Assert.Equal(Hearing.MostSources, hearing.Look().Count);
        Assert.Equal("jenkins", Hearing.NameOf(new AppFacts("jenkins")));
    }

    private Hearing Listen() => new(Path.Combine(_folder, "habits.json"), _time, NullLogger.Instance);

    // A mail every four minutes.
    private void Live(Hearing hearing, TimeSpan span, AppFacts app)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += TimeSpan.FromMinutes(4))
        {
            hearing.Heard(app);
            hearing.Look();
            _time.Advance(TimeSpan.FromMinutes(4));
        }
    }

    private void Pass(Hearing hearing, int minutes)
    {
        for (var minute = 0; minute < minutes; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            hearing.Look();
        }
    }

    private static Measured Of(IReadOnlyList<Measured> all) => Assert.Single(all);
}
