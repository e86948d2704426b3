using Postroom.Mail;
using Postroom.Mail.Senders;
using Postroom.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Submission;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public class SubmissionTests
{
    private const string Envelope = "MAIL FROM:<jira@example.com>\r\nRCPT TO:<alice@example.com>\r\n";

    [Fact]
    public async Task A_mail_is_stored_as_it_came_and_its_id_given()
    {
        await using var house = await House.OpenAsync();
        using var client = await Client.HelloAsync(house.Address);
        await client.SendAsync(Envelope + "DATA\r\n");
        Assert.Equal("250 2.1.0 Sender ok", await client.ReplyAsync());
        Assert.Equal("250 2.1.5 Recipient ok", await client.ReplyAsync());
        Assert.StartsWith("354 ", await client.ReplyAsync(), StringComparison.Ordinal);
        var answer = await client.AskAsync("Subject: Hallo\r\nX: \u00e4\r\n\r\n..\r\n.\r\n");

        var mail = Assert.Single(house.Spool.Mails);
        Assert.Equal($"250 2.0.0 Accepted as {mail.Id}", answer);
        Assert.Equal("Subject: Hallo\r\nX: \u00e4\r\n\r\n.\r\n", mail.Body);
        Assert.StartsWith("Received: from app", mail.Trace, StringComparison.Ordinal);
        Assert.Contains("Message-ID: <", mail.Trace, StringComparison.Ordinal);
        Assert.Equal(new Origin("plain", "127.0.0.1", "app", null, "ESMTP"), mail.Draft.Origin);
        Assert.Equal("Hallo", mail.Draft.Header.Subject);
        Assert.True(mail.Draft.Header.EightBit);
        Assert.Equal("221 2.0.0 Bye", await client.AskAsync("QUIT\r\n"));
        Assert.Equal("", await client.ReplyAsync());
    }

    [Fact]
    public async Task Whose_mail_it_is_is_noted_and_a_new_rule_holds_on_a_connection_that_is_open()
    {
        await using var house = await House.OpenAsync();
        using var client = await Client.HelloAsync(house.Address);
        const string Mail = "Message-ID: <JIRA.1.1460652284000.1.1764231121154@node7>\r\n"
            + "Subject: [JIRA] (PROJ-1) x\r\nContent-Type: text/html\r\n\r\n<base href=\"https://jira.test/\">\r\n";
        var jira = new AppFacts("jira")
        {
            Site = "https://jira.test", Node = "node7", Project = "PROJ", Item = "PROJ-1",
        };
        await client.SendAsync(Envelope + $"BDAT {Mail.Length} LAST\r\n{Mail}");
        for (var i = 0; i < 3; i++)
            Assert.StartsWith("250 ", await client.ReplyAsync(), StringComparison.Ordinal);

        var rule = new ApplicationRule("jira of hr") { Instance = "hr" };
        await house.Server.ReloadAsync(house.Settings with { Applications = [rule] }, CancellationToken.None);
        await client.SendAsync(Envelope + $"BDAT {Mail.Length} LAST\r\n{Mail}");
        for (var i = 0; i < 3; i++)
            Assert.StartsWith("250 ", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.Equal([jira, jira with { App = "jira of hr", Instance = "hr" }],
            house.Spool.Mails.Select(mail => mail.Draft.Header.App));
    }

    [Fact]
    public async Task Two_mails_in_one_write_are_both_answered()
    {
        await using var house = await House.OpenAsync();
        using var client = await Client.HelloAsync(house.Address);
        await client.SendAsync($"{Envelope}BDAT 3 LAST\r\na\r\n{Envelope}BDAT 1\r\nbBDAT 0 LAST\r\nQUIT\r\n");
        client.CloseSending();
        var replies = new List<string>();
        while (await client.ReplyAsync() is { Length: > 0 } reply)
            replies.Add(reply[..3]);
        Assert.Equal(["250", "250", "250", "250", "250", "250", "250", "221"], replies);
        Assert.Equal(["a\r\n", "b\r\n"], house.Spool.Mails.Select(m => m.Body));
        Assert.Equal([null, "final CRLF added"], house.Spool.Mails.Select(m => m.Draft.Header.Repaired));
    }

    [Theory]
    [InlineData(Refusal.DiskFull, "452 4.3.1 ")]
    [InlineData(Refusal.QueueFull, "452 4.3.1 ")]
    [InlineData(Refusal.TooSlow, "451 4.3.0 ")]
    [InlineData(Refusal.Failed, "451 4.3.0 ")]
    public async Task Without_a_receipt_there_is_no_250(Refusal refusal, string answer)
    {
        await using var house = await House.OpenAsync();
        house.Spool.Refusal = refusal;
        using var client = await Client.HelloAsync(house.Address);
        await client.SendAsync(Envelope);
        await client.ReplyAsync();
        await client.ReplyAsync();
        await client.AskAsync("DATA\r\n");
        Assert.StartsWith(answer, await client.AskAsync(".\r\n"), StringComparison.Ordinal);
        Assert.Equal("250 2.0.0 Ok", await client.AskAsync("NOOP\r\n"));
        Assert.True(Assert.Single(house.Spool.Bodies).IsDisposed);
    }

    [Fact]
    public async Task A_broken_store_is_a_451_and_a_full_disk_is_said_at_MAIL()
    {
        await using var house = await House.OpenAsync();
        house.Spool.HasRoom = false;
        using var client = await Client.HelloAsync(house.Address);
        Assert.StartsWith("452 4.3.1 ", await client.AskAsync("MAIL FROM:<>\r\n"), StringComparison.Ordinal);
        house.Spool.HasRoom = true;
        house.Spool.IsBroken = true;
        await client.SendAsync(Envelope);
        await client.ReplyAsync();
        await client.ReplyAsync();
        Assert.StartsWith("451 4.3.0 ", await client.AskAsync("DATA\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_that_goes_round_in_circles_is_refused()
    {
        await using var house = await House.OpenAsync();
        using var client = await Client.HelloAsync(house.Address);
        foreach (var (count, answer) in ((int, string)[])[(50, "250 2.0.0"), (51, "554 5.4.6")])
        {
            await client.SendAsync(Envelope);
            await client.ReplyAsync();
            await client.ReplyAsync();
            await client.AskAsync("DATA\r\n");
            var header = string.Concat(Enumerable.Repeat("Received: from a by b; now\r\n", count));
            Assert.StartsWith(answer, await client.AskAsync(header + "\r\nx\r\n.\r\n"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_refusal_reaches_a_client_that_is_still_sending()
    {
        await using var house = await House.OpenAsync();
        using var client = await Client.HelloAsync(house.Address);
        await client.SendAsync(Envelope);
        await client.ReplyAsync();
        await client.ReplyAsync();
        await client.AskAsync("DATA\r\n");
        await client.SendAsync("x\ny\r\n");
        for (var i = 0; i < 30; i++)
            await client.SendAsync(new string('x', 100_000));
        Assert.StartsWith("550 5.5.2 ", await client.ReplyAsync(), StringComparison.Ordinal);
        client.CloseSending();
        Assert.Equal("", await client.ReplyAsync());
        Assert.Empty(house.Spool.Mails);
    }

    [Fact]
    public async Task A_connection_too_many_is_told_to_come_back()
    {
        var limits = House.Plain.Limits with { ConnectionsPerSource = 2 };
        await using var house = await House.OpenAsync(House.Plain with { Limits = limits });
        using var one = await Client.HelloAsync(house.Address);
        var two = await Client.HelloAsync(house.Address);
        using var three = await Client.ConnectAsync(house.Address);
        Assert.StartsWith("421 4.7.0 ", await three.ReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await three.ReplyAsync());

        await two.AskAsync("QUIT\r\n");
        await two.ReplyAsync();
        two.Dispose();
        string greeting;
        do
        {
            using var four = await Client.ConnectAsync(house.Address); // the place is free once the server has noticed
            greeting = await four.ReplyAsync();
        }
        while (!greeting.StartsWith("220 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task STARTTLS_protects_the_mail_that_follows()
    {
        await using var house = await House.OpenAsync();
        using var client = await Client.HelloAsync(house.Address);
        Assert.StartsWith("220 ", await client.AskAsync("STARTTLS\r\n"), StringComparison.Ordinal);
        await client.TlsAsync();
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO app\r\n"), StringComparison.Ordinal);
        await client.SendAsync(Envelope + "BDAT 3 LAST\r\na\r\n");
        await client.ReplyAsync();
        await client.ReplyAsync();
        Assert.StartsWith("250 ", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("ESMTPS", Assert.Single(house.Spool.Mails).Draft.Origin.Protocol);
        Assert.Contains("TLS_", house.Spool.Mails.First().Trace, StringComparison.Ordinal);
        Assert.Equal("221 2.0.0 Bye", await client.AskAsync("QUIT\r\n"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(house.Folder, "listener.pem")));
    }

    [Fact]
    public async Task Implicit_TLS_is_there_from_the_first_byte()
    {
        await using var house = await House.OpenAsync(
            House.Plain with { Tls = Postroom.Relay.Submission.ListenerTls.Implicit });
        using var client = await Client.ConnectAsync(house.Address);
        await client.TlsAsync();
        Assert.Equal("220 relay.test ESMTP Postroom", await client.ReplyAsync());
    }

    [Fact]
    public async Task A_user_logs_in_and_stands_in_the_origin()
    {
        await using var house = await House.OpenAsync();
        Postroom.Relay.Submission.Users.Set(house.Settings.UsersFile, "jira", "secret", new byte[16]);
        using var client = await Client.HelloAsync(house.Address);
        Assert.StartsWith("235 ", await client.AskAsync("AUTH PLAIN AGppcmEAc2VjcmV0\r\n"), StringComparison.Ordinal);
        await client.SendAsync(Envelope + "BDAT 3 LAST\r\na\r\n");
        await client.ReplyAsync();
        await client.ReplyAsync();
        await client.ReplyAsync();
        var origin = Assert.Single(house.Spool.Mails).Draft.Origin;
        Assert.Equal(("jira", "ESMTPA"), (origin.User, origin.Protocol));
    }

    [Fact]
    public async Task A_connection_that_breaks_leaves_no_body_open()
    {
        await using var house = await House.OpenAsync();
        var client = await Client.HelloAsync(house.Address);
        await client.SendAsync(Envelope);
        await client.ReplyAsync();
        await client.ReplyAsync();
        await client.AskAsync("DATA\r\n");
        client.Dispose();
        await house.Server.StopAsync(CancellationToken.None);
        Assert.True(Assert.Single(house.Spool.Bodies).IsDisposed);
        Assert.Empty(house.Spool.Mails);
    }
}
