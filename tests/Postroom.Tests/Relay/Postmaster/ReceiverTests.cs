using System.Net;
using Postroom.Mail;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Postmaster.Receivers;
using Xunit;

namespace Postroom.Tests.Relay.Postmaster;

public sealed class ReceiverTests : WatchedHook
{
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
    public async Task WhoSendsAHeaderAndThenNothingHoldsUpNobody()
    {
        using var stalling = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        stalling.Start();
        var port = ((IPEndPoint)stalling.LocalEndpoint).Port;
        _ = StallAsync(stalling);
        var watch = Start(Hook with { Name = "slow", Url = new Uri($"http://127.0.0.1:{port}/") }, Hook);
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 1);
        Assert.True(watch.Notices.Single(one => one.Receiver == "slow").IsOpen);
        _value = 1;
        await PassUntilAsync(() => _hook.Posted.Count == 2);
    }

    [Fact]
    public async Task AnAddressThatIsASecretIsNotToldInTheAnswersWords()
    {
        _vault.Put("hook-url", new Secret($"http://127.0.0.1:{_hook.Port}/hooks/T0SECRET/b1?token=hunter2"));
        _hook.Answer = (404, "Cannot POST /hooks/T0SECRET/b1?token=hunter2");
        var watch = Start(new Receiver("chat", ReceiverKind.Slack) { UrlSecret = "hook-url" });
        var (_, words) = (await watch.TestAsync("chat", "alice", CancellationToken.None))!.Value;
        Assert.DoesNotContain("SECRET", words, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", words, StringComparison.Ordinal);
        Assert.StartsWith("404 Cannot POST /", words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@channel [your mail](https://evil.example) <!here> *x*",
        "@\u200Bchannel [your mail]\u200B(https://evil.example) &lt;!here&gt; ∗x∗")]
    [InlineData("alice@example.com", "alice@example.com")]
    public async Task OthersWordsNameNobodyInAChat(string words, string told)
    {
        _detail = words;
        Start(new Receiver("chat", ReceiverKind.Slack) { UrlSecret = "hook-url" });
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 1);
        Assert.EndsWith(told, _hook.Posted[0].Text("text"), StringComparison.Ordinal);
        Assert.True(_hook.Posted[0].Json.GetProperty("blocks")[0].GetProperty("text").GetProperty("verbatim")
            .GetBoolean());
    }

    [Fact]
    public async Task NoSectionIsLongerThanSlackTakesIt()
    {
        _detail = new string('&', 1_900);
        Start(new Receiver("chat", ReceiverKind.Slack) { UrlSecret = "hook-url" });
        _value = 100;
        await PassUntilAsync(() => _hook.Posted.Count == 1);
        foreach (var block in _hook.Posted[0].Json.GetProperty("blocks").EnumerateArray())
            Assert.InRange(block.GetProperty("text").GetProperty("text").GetString()!.Length, 1, 3_000);
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
    [InlineData("fd20:ce::254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("2002:a9fe:a9fe::1", false)]
    [InlineData("2002:cb00:7105::1", true)]
    [InlineData("168.63.129.16", false)]
    [InlineData("100.100.100.200", false)]
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
}
