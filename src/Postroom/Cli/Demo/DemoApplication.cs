using System.Net.Sockets;
using System.Text;

namespace Postroom.Cli.Demo;

/// <summary>The application of the demo: hands its mails over as Jira does, one connection a mail.</summary>
internal sealed class DemoApplication(int port)
{
    /// <summary>Mails for which it has the relay's 250.</summary>
    public int HandedOver { get; private set; }

    public async Task SendAsync(IReadOnlyList<DemoMail> mails, TimeSpan within, CancellationToken cancel)
    {
        foreach (var mail in mails)
        {
            await SendAsync(mail, cancel);
            HandedOver++;
            await Task.Delay(within / mails.Count, cancel);
        }
    }

    private async Task SendAsync(DemoMail mail, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, cancel);
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        await ExpectAsync(reader, "220", cancel);
        foreach (var (said, code) in new[]
        {
            ("EHLO jira.example.com", "250"), ($"MAIL FROM:<{mail.From}> BODY=8BITMIME", "250"),
            ($"RCPT TO:<{mail.To}>", "250"), ("DATA", "354"), (mail.Text + ".", "250"), ("QUIT", "221"),
        })
        {
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(said + "\r\n"), cancel);
            await ExpectAsync(reader, code, cancel);
        }
    }

    private static async Task ExpectAsync(StreamReader reader, string code, CancellationToken cancel)
    {
        string? line;
        do
            line = await reader.ReadLineAsync(cancel);
        while (line is { Length: > 3 } && line[3] == '-');
        if (line is null || !line.StartsWith(code, StringComparison.Ordinal))
            throw new CliException(ExitCode.Bug, $"the relay answered the demo with: {line ?? "nothing"}");
    }
}
