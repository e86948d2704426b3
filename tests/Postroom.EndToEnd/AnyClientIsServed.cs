using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Promise 8, with the programs that applications send with.</summary>
public sealed class AnyClientIsServed
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task JavaMail_as_Jira_uses_it(bool isKept)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var sent = await Clients.JavaAsync(relay, count: 5, isKept);
        var arrived = await sink.WaitAsync(5, relay);
        foreach (var (i, mail) in sent.Index())
            Mails.ArrivedUnchanged(mail,
                arrived.Single(a => a.To[0].Contains($"<user{i}@", StringComparison.Ordinal)).Bytes);
    }

    [Theory]
    [InlineData("python")]
    [InlineData("python with STARTTLS")]
    [InlineData("curl")]
    [InlineData("swaks")]
    [InlineData("ours")]
    public async Task A_mail_arrives_as_it_was_sent(string client)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var mail = Mails.Notification("PROJ-1");
        await HarnessItself.SendAsync(relay, client, mail);
        var arrived = (await sink.WaitAsync(1, relay))[0];
        Mails.ArrivedUnchanged(mail, arrived.Bytes);
        Assert.StartsWith("MAIL FROM:<jira@example.com>", arrived.From, StringComparison.Ordinal);
        Assert.StartsWith("RCPT TO:<alice@example.com>", Assert.Single(arrived.To), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_without_date_and_id_gets_both_in_front()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var mail = "Subject: from a scanner\r\n\r\nscan\r\n"u8.ToArray();
        await HarnessItself.SendAsync(relay, "ours", mail);
        var arrived = (await sink.WaitAsync(1, relay))[0];
        Assert.EndsWith("Subject: from a scanner\r\n\r\nscan\r\n", arrived.Text, StringComparison.Ordinal);
        Assert.Matches("(?m)^Date: ", arrived.Text);
        Assert.Matches("(?mi)^Message-ID: <[^>]+@[^>]+>\r$", arrived.Text);
    }

    [Fact]
    public async Task A_large_mail_arrives_too()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var line = new string('x', 70) + "\r\n";
        var mail = Mails.Notification("PROJ-1").Concat(System.Text.Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat(line, 150_000)))).ToArray();
        await HarnessItself.SendAsync(relay, "ours", mail);
        Mails.ArrivedUnchanged(mail, (await sink.WaitAsync(1, relay))[0].Bytes);
    }
}
