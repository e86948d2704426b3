using System.Net.Mail;
using Postroom.Api.Access;
using Postroom.Cli;
using Postroom.Relay.Spool.Ledger;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>Captured mail as files for a reader of mail: written beside by the relay, or taken out by hand.</summary>
public sealed class MaildirTests : IAsyncLifetime
{
    private readonly string _mail = Directory.CreateTempSubdirectory("postroom-maildirs-").FullName;
    private readonly int _port = ApiHouse.FreePort();
    private readonly ApiHouse _house;
    private HttpClient _client = null!;

    public MaildirTests() => _house = new ApiHouse($"""
        [[listener]]
        name = "apps"
        address = "127.0.0.1:{_port}"
        [[maildir]]
        name = "all"
        folder = '{_mail}/all/'
        for_group = true
        [[maildir]]
        name = "boxes"
        folder = '{_mail}/boxes'
        of = "from:shop@example.com"
        per_box = true
        [[maildir]]
        name = "apps"
        folder = '{_mail}/apps'
        listeners = ["APPS"]
        """);

    public async ValueTask InitializeAsync()
    {
        await _house.OpenAsync();
        _client = _house.Client(Scopes.Administer);
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        Directory.Delete(_mail, recursive: true);
    }

    [Fact]
    public async Task Each_takes_what_it_is_for_and_nothing_else()
    {
        var shop = await SendAsync("shop@example.com", "ann+Run.1/x@example.com", "bob+run2@example.com");
        var news = await SendAsync("news@example.com", "ann+run2@example.com");
        using (var smtp = new SmtpClient("127.0.0.1", _port))
            await smtp.SendMailAsync("wiki@example.com", "ann@example.com", "hello", "hello",
                TestContext.Current.CancellationToken);
        await UntilAsync(() => New("apps").Count == 1 && New("all").Count == 3); // a mail to two people is one
        Assert.Contains(shop, New("all"));
        Assert.Equal([".run2", ".run_1-x"], Directory.GetDirectories(Path.Combine(_mail, "boxes"))
            .Select(Path.GetFileName).Where(name => name![0] == '.').Order(StringComparer.Ordinal));
        Assert.Equal([shop], New("boxes/.run2"));
        Assert.Equal([shop], New("boxes/.run_1-x"));
        Assert.DoesNotContain(New("apps"), id => id == shop || id == news);
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        const UnixFileMode Ours = Own | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute;
        Assert.Equal(Ours, File.GetUnixFileMode(Path.Combine(_mail, "all", "cur")));
        Assert.Equal(Own | UnixFileMode.GroupRead, File.GetUnixFileMode(Directory.GetFiles($"{_mail}/all/new")[0]));
        Assert.Equal(Own, File.GetUnixFileMode(Directory.GetFiles($"{_mail}/boxes/.run2/new")[0]));
        Assert.Equal(Own | UnixFileMode.UserExecute, File.GetUnixFileMode($"{_mail}/boxes/.run2/cur"));
    }

    [Fact]
    public async Task What_a_reader_took_away_does_not_come_back_by_a_restart_or_a_new_index()
    {
        await SendAsync("shop@example.com", "ann+x@example.com");
        await UntilAsync(() => Marks().Count(mark => mark > 0) == 3 && New("boxes/.x").Count == 1);
        var marks = Marks();
        foreach (var file in Directory.GetFiles($"{_mail}/all/new").Concat(Directory.GetFiles($"{_mail}/boxes/.x/new")))
            File.Delete(file);
        await _house.CloseAsync();
        await _house.OpenAsync();
        await OneMoreAsync(1);
        await _house.CloseAsync();
        foreach (var file in Directory.GetFiles(_house.Data, "ledger.db*"))
            File.Delete(file);
        await _house.OpenAsync();
        await OneMoreAsync(2);
        Assert.All(marks.Zip(Marks()), static pair => Assert.True(pair.Second > pair.First));

        async Task OneMoreAsync(int count)
        {
            var before = Marks();
            var sent = await SendAsync("shop@example.com", "ann+x@example.com");
            await UntilAsync(() => New("all").Contains(sent) && New("boxes/.x").Contains(sent)
                && Marks().Zip(before).All(static pair => pair.First > pair.Second));
            Assert.Equal((count, count), (New("all").Count, New("boxes/.x").Count));
        }
    }

    [Fact]
    public async Task What_an_older_program_captured_is_written_and_what_is_there_is_not_written_again()
    {
        var old = await SendAsync("shop@example.com", "ann@example.com");
        var known = await SendAsync("shop@example.com", "bob@example.com");
        await UntilAsync(() => New("all").Count == 2 && Marks().Count == 3);
        await _house.CloseAsync();
        File.Delete(Path.Combine(_house.Data, "maildirs"));
        foreach (var file in Directory.GetFiles($"{_mail}/all/new"))
            if (file.Contains(known, StringComparison.Ordinal)) // a reader has seen it
                File.Move(file, $"{_mail}/all/cur/{Path.GetFileName(file)}:2,S");
            else
                File.Delete(file);
        using (var ledger = Database.OpenToWrite(Path.Combine(_house.Data, "ledger.db")))
            ledger.Execute("UPDATE inbox SET came = 0");
        await _house.OpenAsync();
        await UntilAsync(() => New("all").Count == 1 && Marks().Count == 3);
        Assert.Equal([old], New("all"));
        Assert.Single(Directory.GetFiles($"{_mail}/all/cur"));
    }

    [Fact]
    public async Task An_export_is_a_Maildir_with_what_was_read_in_cur_and_each_mail_once()
    {
        var read = await SendAsync("shop@example.com", "ann+e@example.com");
        var fresh = await SendAsync("shop@example.com", "ann+e@example.com", "bob+f@example.com");
        Assert.Equal(0, (await _house.RunAsync("inbox", "read", read)).Code);
        var folder = Path.Combine(_mail, "export");
        Assert.Equal((0, $"2 mails are in {folder}\n"),
            await _house.RunAsync("export", "from:shop", "--as", "maildir", "--out", folder));
        Assert.Equal([fresh], New("export"));
        var seen = Assert.Single(Directory.GetFiles(Path.Combine(folder, "cur")));
        Assert.EndsWith($".{read}.postroom:2,S", seen, StringComparison.Ordinal);
        Assert.Equal(await _client.GetStringAsync($"api/v1/mails/{read}/raw", TestContext.Current.CancellationToken),
            await File.ReadAllTextAsync(seen, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "tmp")));

        // Again: the reader has answered one by now.
        File.Move(seen, seen + "R");
        await SendAsync("shop@example.com", "ann+e@example.com");
        Assert.Equal((0, $"3 mails are in {folder}\n"),
            await _house.RunAsync("export", "from:shop", "--as", "maildir", "--out", folder));
        Assert.Equal([seen + "R"], Directory.GetFiles(Path.Combine(folder, "cur")));
        Assert.Equal(2, New("export").Count);
    }

    [Fact]
    public async Task An_export_leaves_alone_what_is_no_Maildir()
    {
        await SendAsync("shop@example.com", "ann+e@example.com");
        var folder = Directory.CreateDirectory(Path.Combine(_mail, "other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "thesis"), "x", TestContext.Current.CancellationToken);
        var (code, output) = await _house.RunAsync("export", "--as", "maildir", "--out", folder);
        Assert.Equal((int)ExitCode.Usage, code);
        Assert.Contains("is there and is no Maildir", output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(folder));
        Assert.Equal((int)ExitCode.Usage, (await _house.RunAsync("export", "--as", "maildir")).Code);
    }

    private List<string> New(string folder) => Directory.Exists($"{_mail}/{folder}/new")
        ? [.. Directory.GetFiles($"{_mail}/{folder}/new").Select(static file => Path.GetFileName(file).Split('.')[1])]
        : [];

    private List<long> Marks() => File.Exists(Path.Combine(_house.Data, "maildirs"))
        ? [.. File.ReadAllLines(Path.Combine(_house.Data, "maildirs")).Order(StringComparer.Ordinal)
            .Select(static line => long.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))]
        : [];

    private async Task<string> SendAsync(string from, params string[] to)
    {
        var all = string.Join("\",\"", to);
        var (_, answer) = await MessageTests.PostAsync(_client,
            $$"""{"from":"{{from}}","to":["{{all}}"],"subject":"x","text":"hello"}""", "application/json");
        var id = MessageTests.Text(answer, "id");
        await MessageTests.GetAsync(_client,
            $"api/v1/messages/wait?filter=state:captured%20id:{id}&count={to.Length}");
        return id;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
