using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Relay.Postmaster;
using Xunit;

namespace Postroom.Tests.Relay.Postmaster;

public sealed class AlarmWatchTests : WatchedHook
{
    [Fact]
    public async Task WhatIsRaisedIsPostedSignedAndStandsInTheTrailAndSoDoesItsEnd()
    {
        var watch = Start(Hook);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 1);
        var raised = _hook.Posted[0];
        Assert.Equal(("/alarms", "alarm.raised", "waits", "upstream", "critical", "relay.example"), (raised.Path,
            raised.Text("type"), raised.Text("data", "alarm"), raised.Text("data", "subject"),
            raised.Text("data", "severity"), raised.Text("data", "host")));
        Assert.Equal("100 wait for upstream: of “≥” <b>", raised.Text("data", "text"));
        Assert.True(raised.IsSignedWith(Key));
        Assert.Equal(raised.Id, raised.Text("id"));

        _value = 1;
        await PassUntilAsync(() => _hook.Posted.Count == 2);
        Assert.Equal("alarm.resolved", _hook.Posted[1].Text("type"));
        Assert.NotEqual(raised.Id, _hook.Posted[1].Id);
        await PassAsync(TimeSpan.FromHours(2));
        Assert.Equal(2, _hook.Posted.Count);
        Assert.Equal([EventKind.AlarmRaised, EventKind.AlarmOver], _noted.Select(one => one.Kind));
        Assert.All(watch.Notices, notice => Assert.NotNull(notice.ToldAt));
        Assert.Empty(watch.Raised);
    }

    [Fact]
    public async Task AReceiverThatIsDownForAnHourIsToldLaterOnceAndInOrder()
    {
        _hook.Answer = (503, "we are\r\nclosed");
        var watch = Start(Hook);
        _value = 100;
        await PassAsync(TimeSpan.FromMinutes(30));
        _value = 1;
        await PassAsync(TimeSpan.FromMinutes(30));
        Assert.NotEmpty(_hook.Posted);
        Assert.All(_hook.Posted, one => Assert.Equal(_hook.Posted[0].Id, one.Id)); // the second waits behind the first
        var waiting = watch.Notices[0];
        Assert.Equal("503 we are  closed", waiting.Last);
        Assert.InRange(waiting.NextTry!.Value - _time.GetUtcNow(), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(5));
        Assert.NotEmpty(watch.Late);

        _hook.Answer = (200, "");
        var before = _hook.Posted.Count;
        await PassUntilAsync(() => _hook.Posted.Count == before + 2);
        await PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(["alarm.raised", "alarm.resolved"], _hook.Posted.Skip(before).Select(one => one.Text("type")));
        Assert.Empty(watch.Late);
    }

    [Fact]
    public async Task ARestartTellsNothingAgainAndForgetsNothing()
    {
        _hook.Answer = (500, "");
        Start(Hook);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count > 0);
        await StopAsync();
        _hook.Answer = (200, "");
        var tried = _hook.Posted.Count;
        var watch = Start(Hook);
        await PassUntilAsync(() => _hook.Posted.Count == tried + 1);
        Assert.Equal(_hook.Posted[0].Id, _hook.Posted[tried].Id);
        Assert.Single(watch.Raised);
        await PassAsync(TimeSpan.FromHours(1));
        await StopAsync();
        Start(Hook);
        await PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(tried + 1, _hook.Posted.Count);
    }

    [Fact]
    public async Task AFileThatCannotBeReadIsBegunAnew()
    {
        File.WriteAllText(Path.Combine(_folder, "alarms.json"), "{ \"raised\": 3");
        Start(Hook);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 1);
    }

    [Fact]
    public async Task WhatAReceiverRefusesForGoodHoldsUpNoOther()
    {
        _hook.Answer = (422, "no such field");
        var watch = Start(Hook);
        _value = 100;
        await PassUntilAsync(() => watch.Notices is [{ GivenUpAt: not null }]);
        Assert.Equal((3, "422 no such field"), (watch.Notices[0].Tries, watch.Notices[0].Last));
        _hook.Answer = (200, "");
        _value = 1;
        await PassUntilAsync(() => _hook.Posted[^1].Answered == 200);
        Assert.Equal("alarm.resolved", _hook.Posted[^1].Text("type"));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(410)]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(307)]
    public async Task WhatAPersonOrTimeMayHealIsTriedOn(int status)
    {
        _hook.Answer = (status, "");
        _hook.Location = status == 307 ? $"http://127.0.0.1:{_hook.Port}/elsewhere" : null;
        var watch = Start(Hook);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 6);
        Assert.True(watch.Notices[0].IsOpen);
        Assert.All(_hook.Posted, one => Assert.Equal("/alarms", one.Path)); // no redirect is followed
    }

    [Fact]
    public async Task AfterThreeDaysItIsGivenUp()
    {
        _hook.Answer = (500, "");
        var watch = Start(Hook);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count > 0);
        _time.Advance(TimeSpan.FromDays(3));
        await PassUntilAsync(() => watch.Notices[0].GivenUpAt is not null);
    }

    [Fact]
    public async Task AReceiverThatRefusesForGoodIsKnownNotToBeTold()
    {
        _hook.Answer = (400, "no");
        var watch = Start(Hook);
        _value = 100;
        await PassUntilAsync(() => watch.Notices is [{ GivenUpAt: not null }]);
        Assert.Equal(watch.Notices, watch.Late);
        _hook.Answer = (200, "");
        _value = 1;
        await PassUntilAsync(() => watch.Notices is [_, { ToldAt: not null }]);
        Assert.Empty(watch.Late);
    }

    [Theory]
    [InlineData("{\"raised\":[null],\"notices\":[null]}")]
    [InlineData("{\"raised\":[{\"alarm\":\"waits\"}],\"notices\":[{\"id\":\"a\",\"receiver\":\"ops\"}]}")]
    [InlineData("{\"raised\":[],\"notices\":[{\"id\":\"a\",\"receiver\":\"ops\",\"news\":{\"alarm\":\"x\"}}]}")]
    public async Task WhatIsNotWholeInTheFileIsLeftOut(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "alarms.json"), text);
        var watch = Start(Hook);
        Assert.Empty(watch.Notices);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 1);
    }

    [Fact]
    public async Task ATestIsToldAtOnceAndKeptNowhere()
    {
        var watch = Start(Hook);
        var (isTold, words) = (await watch.TestAsync("ops", "alice", CancellationToken.None))!.Value;
        Assert.Equal((true, "200 ok"), (isTold, words));
        var posted = (await _hook.WaitAsync(1, TimeSpan.FromSeconds(30)))[0]; // kept after its answer went out
        Assert.Equal(("test", "This is a test, asked for by alice. Nothing is wrong."),
            (posted.Text("data", "alarm"), posted.Text("data", "text")));
        await _hook.DisposeAsync();
        (isTold, words) = (await watch.TestAsync("ops", "alice", CancellationToken.None))!.Value;
        Assert.False(isTold);
        Assert.Contains("refused", words, StringComparison.OrdinalIgnoreCase);
        Assert.Null(await watch.TestAsync("nobody", "alice", CancellationToken.None));
        Assert.Empty(watch.Notices);
    }

    [Fact]
    public async Task WhoIsNoLongerThereIsNotTold()
    {
        _hook.Answer = (500, "");
        var watch = Start(Hook);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count > 0);
        watch.Use(watch.Settings with { Receivers = [] });
        Assert.NotNull(watch.Notices[0].GivenUpAt);
        Assert.Null(watch.Notices[0].ToldAt);
    }

    [Fact]
    public void TheBoxHoldsNoMoreThanItIsMeantTo()
    {
        var box = new Outbox(Path.Combine(_folder, "box.json"), _time, NullLogger.Instance);
        var one = new RaisedAlarm("a", "", Severity.Warning, _time.GetUtcNow(), "text", "");
        for (var i = 0; i < 8; i++)
            box.Put([.. Enumerable.Repeat(new AlarmChange(one, IsRaised: true), 100)], [], [Hook]);
        Assert.Equal(Outbox.MostWaiting, box.All.Count(notice => notice.IsOpen));
        Assert.Equal(Outbox.MostDone, box.All.Count(notice => notice.GivenUpAt is not null));
    }
}
