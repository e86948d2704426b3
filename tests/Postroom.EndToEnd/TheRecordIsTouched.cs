using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Somebody changes what is on record, and whoever kept a line of the log elsewhere can prove it.</summary>
public sealed class TheRecordIsTouched
{
    [Fact]
    public async Task It_is_verified_beside_the_mail_and_a_flipped_octet_or_a_new_journal_is_found()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-0"));
        await sink.WaitAsync(1, relay);
        var id = (await relay.FindAsync("state:delivered", 1))[0].GetProperty("id").GetString()!;
        var key = await KeptAsync(relay, "key.pem", (await relay.DoAsync("audit", "key")).Text);

        // Beside the mail.
        var sending = Task.WhenAll(Enumerable.Range(1, 20).Select(n =>
            HarnessItself.SendAsync(relay, "ours", Mails.Notification($"PROJ-{n}"))));
        for (var i = 0; i < 5; i++)
            Assert.True((await relay.AskAsync("audit", "verify")).GetProperty("sound").GetBoolean());
        await sending;
        await sink.WaitAsync(21, relay);

        // Who did what.
        Assert.Equal(0, (await relay.DoAsync("queue", "show", id, "--raw")).ExitCode);
        await relay.DoAsync("route", "test", "upstream");
        await relay.DoAsync("reload");
        await relay.FindAsync("state:delivered", 21);
        Assert.Contains("opened", (await relay.AskAsync("queue", "show", id)).Kinds());

        // A line of the log, as a collector keeps it; the next life fits it, too.
        await relay.StopAsync();
        await relay.WaitForAsync("postroom-checkpoint 1 ");
        var kept = await KeptAsync(relay, "kept.log", relay.Printed);
        await relay.StartAsync();
        var (before, alive) = await VerifyAsync(relay, kept, key);
        Assert.True(before == 0, alive);
        Assert.Contains("Checkpoints kept elsewhere: 1 right, 0 wrong", alive, StringComparison.Ordinal);
        await relay.StopAsync();
        Assert.Equal(0, (await VerifyAsync(relay, kept, key)).Code);

        Flip(relay.Data);
        var (code, says) = await VerifyAsync(relay, kept, key);
        Assert.Equal(1, code);
        Assert.Contains("FIRST BREAK: segment 1 at ", says, StringComparison.Ordinal);
        Flip(relay.Data);
        Assert.Equal(0, (await VerifyAsync(relay, kept, key)).Code);

        // All of it made anew, by whoever has the key: nothing in it is wrong but what was kept says otherwise.
        foreach (var folder in (string[])["journal", "records"])
            Directory.Delete(Path.Combine(relay.Data, folder), recursive: true);
        foreach (var file in (string[])["ledger.db", "ledger.db-wal", "ledger.db-shm", "marks"])
            File.Delete(Path.Combine(relay.Data, file));
        await relay.StartAsync();
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-99"));
        Assert.True((await relay.AskAsync("audit", "verify")).GetProperty("sound").GetBoolean());
        (code, says) = await VerifyAsync(relay, kept, key);
        Assert.Equal(1, code);
        Assert.Contains("FIRST BREAK: ", says, StringComparison.Ordinal);
        Assert.Contains("kept elsewhere, does not fit", says, StringComparison.Ordinal);
    }

    private static async Task<string> KeptAsync(RealRelay relay, string name, string content)
    {
        var file = Path.Combine(relay.Folder, name);
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        return file;
    }

    private static async Task<(int Code, string Says)> VerifyAsync(RealRelay relay, string kept, string key)
    {
        var said = await relay.DoAsync("audit", "verify", "--checkpoints", kept, "--key", key);
        return (said.ExitCode, said.ToString());
    }

    private static void Flip(string data)
    {
        var records = Path.Combine(data, "records", "0000000001.rec"); // once nobody needs the bodies that is all
        using var file = File.OpenHandle(
            File.Exists(records) ? records : Path.Combine(data, "journal", "0000000001.seg"),
            FileMode.Open, FileAccess.ReadWrite);
        var octet = new byte[1];
        RandomAccess.Read(file, octet, 4_200);
        octet[0] ^= 1;
        RandomAccess.Write(file, octet, 4_200);
    }
}
