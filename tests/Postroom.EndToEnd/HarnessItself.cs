using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>
/// Clients, Postfix and sink against each other without us: what they change, we are not to be blamed for.
/// </summary>
public sealed class HarnessItself
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task JavaMail_writes_down_what_it_sends(bool isKept)
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay { Port = sink.Port };
        var sent = await Clients.JavaAsync(relay, count: 2, isKept);
        var arrived = await sink.WaitAsync(2);
        Assert.Equal(sent, arrived.Select(a => a.Bytes));
        Assert.Equal(isKept ? 1 : 2, sink.Commands.Count(c => c.StartsWith("EHLO", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("python")]
    [InlineData("curl")]
    [InlineData("swaks")]
    [InlineData("ours")]
    public async Task A_client_sends_the_very_bytes(string client)
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay { Port = sink.Port };
        var mail = Mails.Notification("PROJ-1");
        await SendAsync(relay, client, mail);
        Assert.Equal(mail, (await sink.WaitAsync(1))[0].Bytes);
    }

    [Fact]
    public async Task Postfix_passes_the_very_bytes_on()
    {
        await using var sink = Sink.Start();
        await using var postfix = await PostfixHop.StartAsync(sink.Port);
        await using var relay = new RealRelay { Port = postfix.Port };
        var mail = Mails.Notification("PROJ-1");
        await SendAsync(relay, "ours", mail);
        Mails.ArrivedUnchanged(mail, (await sink.WaitAsync(1))[0].Bytes);
    }

    /// <summary>What <see cref="FiveGoThroughAsync"/> sends.</summary>
    internal static IReadOnlyList<string> Five { get; } = ["PROJ-1", "PROJ-2", "PROJ-3", "PROJ-4", "PROJ-5"];

    /// <summary>Five mails go in, and arrive behind the next hop octet for octet.</summary>
    internal static async Task FiveGoThroughAsync(RealRelay relay, Sink sink)
    {
        foreach (var key in Five)
            await SendAsync(relay, "ours", Mails.Notification(key));
        var arrived = await sink.WaitAsync(Five.Count, relay);
        foreach (var key in Five)
            Mails.ArrivedUnchanged(Mails.Notification(key), arrived.Single(a => Mails.IsAbout(key, a.Bytes)).Bytes);
    }

    internal static async Task SendAsync(RealRelay relay, string client, byte[] mail)
    {
        switch (client)
        {
            case "python": await Clients.PythonAsync(relay, mail, "plain"); break;
            case "python with STARTTLS": await Clients.PythonAsync(relay, mail, "starttls"); break;
            case "python with AUTH": await Clients.PythonAsync(relay, mail, "auth"); break;
            case "curl": await Clients.CurlAsync(relay, mail); break;
            case "swaks": await Clients.SwaksAsync(relay, mail); break;
            default:
                await using (var ours = await SmtpClient.ConnectAsync(relay.Port))
                    Assert.StartsWith("250", await ours.SendAsync(mail), StringComparison.Ordinal);
                break;
        }
    }
}
