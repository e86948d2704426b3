using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Postmaster.Receivers;
using Postroom.Relay.Submission;
using Postroom.Relay.Vault;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Relay.Postmaster;

public sealed class AlarmWatchTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] Key = Encoding.UTF8.GetBytes("a key of sixteen octets and more");

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-alarms-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 10, 0, 0, TimeSpan.Zero));
    private readonly List<TrailEvent> _noted = [];
    private readonly List<(Receiver To, string Subject, string Text)> _mails = [];
    private readonly SecretVault _vault;
    private readonly LoopbackHook _hook = new(FreePort());
    private CancellationTokenSource _end = new();
    private Task _running = Task.CompletedTask;
    private volatile float _value;

    public AlarmWatchTests()
    {
        _vault = new SecretVault(Path.Combine(_folder, "vault"),
            new KeyFile(Path.Combine(_folder, "vault.key")), _time);
        _vault.Put("hook-key", new Secret($"whsec_{Convert.ToBase64String(Key)}"));
        _vault.Put("hook-url", new Secret($"http://127.0.0.1:{_hook.Port}/chat"));
    }

    private Receiver Hook => new("ops", ReceiverKind.Webhook)
    {
        Url = new Uri($"http://127.0.0.1:{_hook.Port}/alarms"), Key = "hook-key",
    };

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _hook.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

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
    public async Task EachReceiverHearsWhatItWantsInItsOwnWords()
    {
        Start(
            Hook with { Name = "a", Alarms = ["other"] },
            Hook with { Name = "b", TellsEnd = false },
            new Receiver("c", ReceiverKind.Slack) { UrlSecret = "hook-url" },
            new Receiver("d", ReceiverKind.Teams) { UrlSecret = "hook-url" },
            new Receiver("e", ReceiverKind.Mail) { Route = "backup", To = ["ops@example.com"] });
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 3 && _mails.Count == 1);
        var slack = Assert.Single(_hook.Posted, one => one.Json.TryGetProperty("blocks", out _));
        Assert.Equal("[relay.example] CRITICAL: 100 wait for upstream: of “≥” &lt;b&gt;", slack.Text("text"));
        Assert.Null(slack.Signature);
        var teams = Assert.Single(_hook.Posted, one => one.Json.TryGetProperty("attachments", out _));
        Assert.Contains("\"text\":\"[relay.example] CRITICAL: 100 wait for upstream: of “≥” <b>\"", teams.Body,
            StringComparison.Ordinal);
        var (to, subject, text) = _mails[0];
        Assert.Equal(("e", "[relay.example] CRITICAL: 100 wait for upstream: of “≥” <b>"), (to.Name, subject));
        Assert.Contains("\r\nlook at it\r\n", text, StringComparison.Ordinal);

        _value = 1;
        await PassUntilAsync(() => _hook.Posted.Count == 5 && _mails.Count == 2);
        Assert.StartsWith("[relay.example] over: ", _mails[1].Subject, StringComparison.Ordinal);
        await PassAsync(TimeSpan.FromMinutes(30));
        Assert.Equal((5, 2), (_hook.Posted.Count, _mails.Count));
    }

    [Fact]
    public async Task AnAddressOrAKeyThatIsMissingIsSaidAndHealsWithoutARestart()
    {
        var watch = Start(Hook with { Url = null, UrlSecret = "later" });
        _value = 100;
        await PassUntilAsync(() => watch.Notices is [{ Tries: > 0 }]);
        Assert.Equal("there is no secret later: set it with `postroom secret set later`", watch.Notices[0].Last);
        _vault.Put("later", new Secret("ftp://127.0.0.1/"));
        await PassUntilAsync(() => watch.Notices[0].Last == "The secret later is no http or https address.");
        _vault.Put("later", new Secret($"http://127.0.0.1:{_hook.Port}/now"));
        await PassUntilAsync(() => _hook.Posted.Count == 1);
    }

    [Fact]
    public async Task ATestIsToldAtOnceAndKeptNowhere()
    {
        var watch = Start(Hook);
        var (isTold, words) = (await watch.TestAsync("ops", "alice", CancellationToken.None))!.Value;
        Assert.Equal((true, "200 ok"), (isTold, words));
        Assert.Equal(("test", "This is a test, asked for by alice. Nothing is wrong."),
            (_hook.Posted[0].Text("data", "alarm"), _hook.Posted[0].Text("data", "text")));
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

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("203.0.113.5", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("::1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    [InlineData("fd00:ec2::254", false)]
    public void WhereCredentialsOfAMachineAreIsNoReceiver(string address, bool mayBe) =>
        Assert.Equal(mayBe, GuardedHttp.MayBe(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://2852039166/")]
    [InlineData("http://0xA9FEA9FE/")]
    [InlineData("http://0251.0376.0251.0376/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://0/")]
    public async Task NorUnderAnyOtherName(string url)
    {
        var watch = Start(Hook with { Url = new Uri(url) });
        var (isTold, words) = (await watch.TestAsync("ops", "alice", CancellationToken.None))!.Value;
        Assert.False(isTold);
        Assert.Contains("is no place to post to", words, StringComparison.Ordinal);
    }

    private AlarmWatch Start(params Receiver[] receivers)
    {
        _end = new CancellationTokenSource();
        var alarm = new Alarm("waits", Measures.Waiting, 10)
        {
            For = TimeSpan.FromMinutes(1), Severity = Severity.Critical, Text = "{value} wait for {subject}: {detail}",
            Cure = "look at it",
        };
        var watch = new AlarmWatch(new PostmasterSettings([alarm], receivers), new PostmasterParts(
            Path.Combine(_folder, "alarms.json"), Note,
            () => _ => [new Measured("upstream", _value) { Detail = "of “≥” <b>" }],
            new ReceiverNeeds(_vault, "relay.example", _time, MailAsync), NullLogger.Instance));
        _running = watch.RunAsync(_end.Token);
        return watch;
    }

    private void Note(TrailEvent happened)
    {
        lock (_noted)
            _noted.Add(happened);
    }

    private Task<Taken> MailAsync(Receiver to, Notice notice, string subject, string text)
    {
        _mails.Add((to, subject, text));
        return Task.FromResult(new Taken(new Reply(250, null, "ok"), MailId.After(default, _time.GetUtcNow())));
    }

    private async Task StopAsync()
    {
        _end.Cancel();
        await _running;
        _end.Dispose();
    }

    // A look and a try at a time, each to its end: who is told is told over real sockets.
    private async Task PassUntilAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(1, limit.Token);
        }
    }

    private async Task PassAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += AlarmWatch.Every)
        {
            _time.Advance(AlarmWatch.Every);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork,
            System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
