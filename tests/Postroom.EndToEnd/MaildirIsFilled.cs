using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Captured mail goes into a Maildir, for whoever reads mail there.</summary>
public sealed class MaildirIsFilled
{
    private const int Count = 60;

    [Fact]
    public async Task Each_mail_is_there_once_through_kills_and_after_the_disk_let_it()
    {
        await using var sink = Sink.Away();
        await using var relay = new RealRelay();
        var folder = Path.Combine(relay.Folder, "mail");
        await File.WriteAllTextAsync(folder, "in the way", TestContext.Current.CancellationToken);
        await relay.StartAsync(relay.Live(sink.Port, rest: $"""
            [[maildir]]
            name = "readers"
            folder = "{folder}"
            per_box = true
            """).Replace("mode = \"live\"\nhostname", "mode = \"capture\"\nhostname", StringComparison.Ordinal));
        await SendAsync(relay, 0, Count / 3);
        await relay.WaitForAsync("cannot be written");
        await relay.KillAsync();
        File.Delete(folder);
        await relay.StartAsync();
        await SendAsync(relay, Count / 3, Count * 2 / 3);
        await relay.KillAsync(); // somewhere among them
        await relay.StartAsync();
        await SendAsync(relay, Count * 2 / 3, Count);
        var new_ = Path.Combine(folder, ".run_1", "new");
        await FilledAsync(new_);

        // A reader takes it: it is not written again.
        var first = Directory.GetFiles(new_)[0];
        File.Move(first, Path.Combine(folder, ".run_1", "cur", Path.GetFileName(first) + ":2,S"));
        File.Delete(Path.Combine(relay.Data, "maildirs")); // how far it was is lost
        await relay.KillAsync();
        await relay.StartAsync();
        await SendAsync(relay, Count, Count + 1);
        await FilledAsync(new_);
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, ".run_1", "tmp")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Directory.GetFiles(new_)[0]));

        var read = await Shell.RunAsync("python3", ["-c", """
            import mailbox, re, sys
            box = mailbox.Maildir(sys.argv[1], create=False).get_folder("run_1")
            keys = [re.search(r"JIRA\.(PROJ-\d+)@", m["Message-ID"]).group(1) for m in box]
            print(len(keys), len(set(keys)), sum("S" in m.get_flags() for m in box))
            """, folder]);
        Assert.Equal($"{Count + 1} {Count + 1} 1", read.Text.Trim());
        var bytes = await File.ReadAllBytesAsync(Directory.GetFiles(new_)[0], TestContext.Current.CancellationToken);
        Mails.ArrivedUnchanged(Mails.Notification(Mails.KeyOf(bytes)), bytes);
    }

    [Fact]
    public async Task Dovecot_shows_what_is_in_it_and_what_was_exported()
    {
        await using var imap = await OtherHop.ImapAsync();
        await using var sink = Sink.Away();
        await using var relay = new RealRelay();
        var home = Path.Combine(imap.Folder, "home");
        await Shell.RunAsRootAsync("chmod", "-R", "777", home);
        await relay.StartAsync(relay.Live(sink.Port, rest: $"""
            [[maildir]]
            name = "boxes"
            folder = "{home}"
            per_box = true
            [[maildir]]
            name = "all"
            folder = "{home}/.all"
            """).Replace("mode = \"live\"\nhostname", "mode = \"capture\"\nhostname", StringComparison.Ordinal));
        await SendAsync(relay, 0, 3);
        await FilledAsync(Path.Combine(home, ".run_1", "new"), 3);
        await FilledAsync(Path.Combine(home, ".all", "new"), 3);
        var rows = await relay.FindAsync("state:captured", 3);
        Assert.Equal(0, (await relay.DoAsync("inbox", "read", rows[0].GetProperty("id").GetString()!)).ExitCode);
        var said = await relay.DoAsync("export", "box:run.1", "--as", "maildir", "--out", home);
        Assert.True(said.ExitCode == 0, said.ToString());
        await Shell.RunAsRootAsync("chown", "-R", "nobody", home); // as a group would do it, where the relay is in one
        var subjects = rows.Select(row => string.Join(' ', row.GetProperty("subject").GetString()!
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).Order(StringComparer.Ordinal);
        var all = string.Join(", ", subjects);
        Assert.Equal($"3 mails, 0 seen: {all}", await imap.LookAsync("run_1"));
        Assert.Equal($"3 mails, 0 seen: {all}", await imap.LookAsync("all"));
        Assert.Equal($"3 mails, 1 seen: {all}", await imap.LookAsync("INBOX"));
    }

    private static async Task FilledAsync(string folder, int count = Count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (!Directory.Exists(folder) || Directory.GetFiles(folder).Length < count)
            await Task.Delay(20, limit.Token);
    }

    private static async Task SendAsync(RealRelay relay, int from, int to)
    {
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        for (var i = from; i < to; i++)
            Assert.StartsWith("250", await client.SendAsync(Mails.Notification($"PROJ-{i}"),
                to: $"user{i}+run.1@example.com"), StringComparison.Ordinal);
    }
}
