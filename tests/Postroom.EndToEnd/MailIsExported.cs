using System.Diagnostics;
using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Somebody needs the mails of one person outside of the relay.</summary>
public sealed class MailIsExported
{
    [Fact]
    public async Task It_comes_out_as_it_left_and_what_is_gone_is_told()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        byte[] mail = [.. Mails.Notification("PROJ-1"), .. "From here on,\r\n>From there\r\n"u8];
        Assert.StartsWith("250", await client.SendAsync(mail), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-2"), from: ""),
            StringComparison.Ordinal);
        var ids = (await relay.FindAsync("state:delivered", 2)).Select(row => row.GetProperty("id").GetString()!)
            .ToList();
        var arrived = await sink.WaitAsync(2, relay);

        var mbox = Path.Combine(relay.Folder, "all.mbox");
        var said = await relay.DoAsync("export", "--as", "mbox", "--out", mbox);
        Assert.True(said.ExitCode == 0, said.Error);
        var read = await ReadByPythonAsync(mbox);
        Assert.Equal(["MAILER-DAEMON (PROJ-2)", "jira@example.com (PROJ-1)"], read.Order(StringComparer.Ordinal));
        Assert.Contains("\r\n>From here on,\r\n>>From there\r\n", await File.ReadAllTextAsync(mbox, Encoding.Latin1,
            TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var out_ = await relay.DoAsync("export", "issue:PROJ-1", "--as", "mbox");
        Assert.Contains(">From here on,", out_.Text, StringComparison.Ordinal);

        var folder = Path.Combine(relay.Folder, "eml");
        Assert.Equal(0, (await relay.DoAsync("export", "--as", "eml", "--out", folder)).ExitCode);
        foreach (var one in arrived)
            Assert.Contains(ids, id => File.ReadAllBytes(Path.Combine(folder, id + ".eml")).SequenceEqual(one.Bytes));
        var shown = await relay.DoAsync("queue", "show", ids[0]);
        Assert.Single(shown.Text.Split('\n'), line => line.Contains("  opened  ", StringComparison.Ordinal));

        await relay.StopAsync();
        var lines = await relay.DoAsync("export", "--as", "jsonl");
        Assert.Equal((0, 2), (lines.ExitCode, lines.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Equal(69, (await relay.DoAsync("export", "--as", "mbox")).ExitCode);
    }

    // Somebody else's reader, of a mail room's most common tools.
    private static async Task<string[]> ReadByPythonAsync(string mbox)
    {
        const string program = "import mailbox, re, sys\n"
            + "for m in mailbox.mbox(sys.argv[1], create=False):\n"
            + "    print(m.get_from().split(' ')[0], re.search(r'\\(PROJ-[0-9]+\\)', m['subject']).group(0))\n";
        using var python = Process.Start(new ProcessStartInfo("python3", ["-c", program, mbox])
        {
            RedirectStandardOutput = true,
        })!;
        var text = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
