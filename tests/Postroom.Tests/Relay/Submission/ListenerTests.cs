using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Relay.Submission;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Submission;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public class ListenerTests
{
    [Theory]
    [InlineData("0.0.0.0:25", ListenerTls.Offered, false, "", "would relay for anyone")]
    [InlineData("[::]:25", ListenerTls.Implicit, false, "", "would relay for anyone")]
    [InlineData("0.0.0.0:25", ListenerTls.Offered, true, "", "without TLS")]
    [InlineData("0.0.0.0:25", ListenerTls.Off, true, "10.0.0.0/8", "without TLS")]
    [InlineData("0.0.0.0:25", ListenerTls.Offered, false, "0.0.0.0/0", "whole world")]
    [InlineData("0.0.0.0:25", ListenerTls.Offered, false, "10.0.0.0/33", "no network")]
    [InlineData("relay.test", ListenerTls.Offered, false, "", "neither")]
    [InlineData("0.0.0.0:25", ListenerTls.Required, true, "", null)]
    [InlineData("0.0.0.0:465", ListenerTls.Implicit, true, "", null)]
    [InlineData("0.0.0.0:25", ListenerTls.Offered, false, "10.0.0.0/8", null)]
    [InlineData("192.0.2.1:25", ListenerTls.Off, false, "192.0.2.7", null)]
    [InlineData("127.0.0.1:2525", ListenerTls.Off, false, "", null)]
    [InlineData("[::1]:2525", ListenerTls.Off, true, "", null)]
    [InlineData("unix:/run/postroom.sock", ListenerTls.Off, false, "", null)]
    public void No_listener_is_an_open_relay(string address, ListenerTls tls, bool auth, string allow, string? why)
    {
        var listener = new ListenerSettings("x", address)
        {
            Tls = tls,
            RequireAuth = auth,
            Allow = allow.Length > 0 ? [allow] : [],
        };
        if (why == null)
            Assert.Null(SubmissionRules.Check(listener));
        else
            Assert.Contains(why, SubmissionRules.Check(listener), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_may_not_start_says_why_and_none_is_left_open()
    {
        var free = House.Plain;
        var wide = new ListenerSettings("wide", "0.0.0.0:0");
        var server = new SubmissionServer(
            new SubmissionSettings("relay.test", "users", [free with { Tls = ListenerTls.Off }, wide]),
            new MemorySpool(TimeProvider.System), TimeProvider.System, NullLoggerFactory.Instance);
        var refused = await Assert.ThrowsAsync<ListenerRefusedException>(() =>
            server.StartAsync(CancellationToken.None));
        Assert.Contains("Listener wide", refused.Message, StringComparison.Ordinal);
        Assert.Empty(server.Bound);
    }

    [Fact]
    public async Task Who_is_not_allowed_is_turned_away()
    {
        await using var house = await House.OpenAsync(
            House.Plain with { Allow = ["192.0.2.0/24"], Tls = ListenerTls.Off });
        using var client = await Client.ConnectAsync(house.Address);
        Assert.StartsWith("554 relay.test No mail from your address", await client.ReplyAsync(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_file_has_its_mode_and_a_stale_one_makes_way()
    {
        var folder = Directory.CreateTempSubdirectory("postroom-socket-").FullName;
        var path = Path.Combine(folder, "s");
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            stale.Bind(new UnixDomainSocketEndPoint(path)); // bound, but nobody listens
            var listener = new ListenerSettings("file", "unix:" + path) { SocketMode = 0b110_000_000 };
            await using var house = await House.OpenAsync(listener);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            using var client = await Client.ConnectAsync(house.Address);
            Assert.StartsWith("220 ", await client.ReplyAsync(), StringComparison.Ordinal);

            var second = await Assert.ThrowsAsync<ListenerRefusedException>(() => House.OpenAsync(listener));
            Assert.Contains("another process answers", second.Message, StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Reload_leaves_unchanged_listeners_alone()
    {
        var other = House.Plain with { Name = "other" };
        await using var house = await House.OpenAsync(House.Plain, other);
        using var kept = await Client.HelloAsync(house.Server.Bound["plain"]);
        using var closed = await Client.HelloAsync(house.Server.Bound["other"]);
        var before = house.Server.Bound["plain"];

        var settings = house.Settings with { Listeners = [House.Plain, House.Plain with { Name = "third" }] };
        await house.Server.ReloadAsync(settings, CancellationToken.None);
        Assert.Equal("421 4.3.2 Shutting down, come back later", await closed.ReplyAsync());
        Assert.Equal("250 2.0.0 Ok", await kept.AskAsync("NOOP\r\n"));
        Assert.Equal(before, house.Server.Bound["plain"]);
        Assert.Equal(["plain", "third"], house.Server.Bound.Keys.Order());

        var wrong = settings with { Listeners = [new ListenerSettings("wide", "0.0.0.0:25")] };
        await Assert.ThrowsAsync<ListenerRefusedException>(() =>
            house.Server.ReloadAsync(wrong, CancellationToken.None));
        Assert.Equal("250 2.0.0 Ok", await kept.AskAsync("NOOP\r\n"));
    }

    [Fact]
    public async Task A_stop_lets_the_mail_in_hand_end()
    {
        await using var house = await House.OpenAsync();
        using var idle = await Client.HelloAsync(house.Address);
        using var busy = await Client.HelloAsync(house.Address);
        await busy.AskAsync("MAIL FROM:<>\r\n");
        await busy.AskAsync("RCPT TO:<a@example.com>\r\n");
        await busy.AskAsync("DATA\r\n");
        var stop = house.Server.StopAsync(CancellationToken.None);
        Assert.StartsWith("421 4.3.2 ", await idle.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0 Accepted", await busy.AskAsync("x\r\n.\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2 ", await busy.ReplyAsync(), StringComparison.Ordinal);
        await stop;
    }

    [Fact]
    public async Task Silence_and_crawling_end_a_session()
    {
        var clock = new FakeTimeProvider();
        await using var house = await House.OpenAsync(clock, House.Plain);
        using var silent = await Client.HelloAsync(house.Address);
        Assert.Equal("421 4.4.2 Nothing came for too long, closing",
            await AfterAsync(clock, TimeSpan.FromMinutes(20), silent));

        using var crawling = await Client.HelloAsync(house.Address);
        await crawling.AskAsync("MAIL FROM:<>\r\n");
        await crawling.AskAsync("RCPT TO:<a@example.com>\r\n");
        await crawling.AskAsync("DATA\r\n");
        await crawling.SendAsync("x");
        Assert.Equal("421 4.4.2 Data comes too slowly, closing",
            await AfterAsync(clock, TimeSpan.FromMinutes(1), crawling));
        for (var more = 0; more < 10; more++) // what is on its way is read: a reset would overtake the answer
            await crawling.SendAsync(new string('x', 100_000));
    }

    [Fact]
    public async Task A_mail_may_take_many_minutes()
    {
        var clock = new FakeTimeProvider();
        var patient = House.Plain with { Limits = new ListenerLimits { SlowestData = 0 } };
        await using var house = await House.OpenAsync(clock, patient);
        using var client = await Client.HelloAsync(house.Address);
        await client.AskAsync("MAIL FROM:<>\r\n");
        await client.AskAsync("RCPT TO:<a@example.com>\r\n");
        await client.AskAsync("DATA\r\n");
        for (var minute = 0; minute < 30; minute++)
        {
            await client.SendAsync("as slow as that\r\n");
            clock.Advance(TimeSpan.FromMinutes(1.5));
        }

        Assert.StartsWith("250 2.0.0 Accepted", await client.AskAsync(".\r\n"), StringComparison.Ordinal);
    }

    // The session may not have set its deadline yet when we ask: then more time passes. Not while it may be answering,
    // though: an answer that nobody takes for too long ends a session, too.
    private static async Task<string> AfterAsync(FakeTimeProvider clock, TimeSpan wait, Client client)
    {
        var reply = client.ReplyAsync();
        while (true)
        {
            clock.Advance(wait);
            try
            {
                return await reply.WaitAsync(TimeSpan.FromSeconds(2));
            }
            catch (TimeoutException) when (!reply.IsCompleted)
            {
                continue;
            }
        }
    }

    [Fact]
    public void A_guesser_runs_out_of_tries_and_gets_them_back()
    {
        var clock = new ShiftedTime();
        var gate = new LoginGate(clock);
        for (var i = 0; i < 10; i++)
        {
            Assert.False(gate.IsBlocked("192.0.2.1"));
            gate.Failed("192.0.2.1");
        }

        Assert.True(gate.IsBlocked("192.0.2.1"));
        Assert.False(gate.IsBlocked("192.0.2.2"));
        clock.JumpWallClock(TimeSpan.FromDays(-2));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(gate.IsBlocked("192.0.2.1"));
    }

    [Fact]
    public void Users_are_kept_hashed_and_read_again_when_changed()
    {
        var file = Path.GetTempFileName();
        var users = new Users(file, NullLogger.Instance);
        Assert.False(users.Any);
        Users.Set(file, "jira", "first", new byte[16]);
        Users.Set(file, "wiki", "other", new byte[16]);
        Assert.True(users.Find("jira")!.Verify("first"u8));
        Users.Set(file, "jira", "second one", new byte[16]);
        Assert.True(users.Find("jira")!.Verify("second one"u8));
        Assert.True(users.Find("wiki")!.Verify("other"u8));
        Assert.Null(users.Find("root"));
        Assert.DoesNotContain("second", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.True(Users.Remove(file, "wiki"));
        Assert.Null(users.Find("wiki"));
        Assert.Throws<ArgumentException>(() => Users.Set(file, "a:b", "x", new byte[16]));
        File.Delete(file);
    }
}
