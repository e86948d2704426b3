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
        _time.Advance(TimeSpan.FromMinutes(25)); // 29 since the last mail
        Assert.Equal(0, Of(hearing.Look()).Value);
        _time.Advance(TimeSpan.FromMinutes(60));
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
        _time.Advance(TimeSpan.FromMinutes(80));
        Assert.True(Of(after.Look()).Value > 1);

        after.Keep();
        _time.Advance(TimeSpan.FromDays(1)); // nobody listened: that is no silence
        var later = Listen();
        Assert.Equal(0, Of(later.Look()).Value);
        _time.Advance(TimeSpan.FromMinutes(25));
        Assert.Equal(0, Of(later.Look()).Value);
        _time.Advance(TimeSpan.FromMinutes(60));
        Assert.True(Of(later.Look()).Value > 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"at\":\"2026-11-02T00:00:00Z\",\"sources\":null}")]
    [InlineData("{\"at\":\"2026-11-02T00:00:00Z\",\"sources\":{\"jira\":null,\"x\":{\"last\":\"2026-11-02T00:00:00Z\"}}}")]
    [InlineData("{\"at\":\"2026-11-02T00:00:00Z\",\"sources\":{\"x\":{\"last\":\"2026-11-02T00:00:00Z\",\"weeks\":[{}]}}}")]
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

    private static Measured Of(IReadOnlyList<Measured> all) => Assert.Single(all);
}
