using System.Text.Json;
using Postroom.Cli;
using Postroom.Configuration;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Ledger;
using Xunit;
using WholeHouse = Postroom.Host.House;

namespace Postroom.Tests.Program.Host;

/// <summary>The record is verified by the command line, through the service and without it; and what a person does
/// through the service is in it.</summary>
public sealed class HouseAuditTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-audit-").FullName;
    private readonly string _config;
    private WholeHouse? _house;

    public HouseAuditTests()
    {
        _config = Path.Combine(_folder, "postroom.toml");
        File.WriteAllText(_config, $"""
            data = '{Data}'
            [[listener]]
            address = "unix:{Path.Combine(_folder, "submission.sock")}"
            [spool]
            free_space_floor = "1MiB"
            segment_size = "1MiB"
            [vault]
            key_file = '{Path.Combine(_folder, "vault.key")}'
            """);
    }

    private string Data => Path.Combine(_folder, "data");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_is_verified_while_it_runs_and_when_it_is_stopped_and_against_what_was_kept()
    {
        await OpenAsync();
        await HandOverAsync();
        var key = await RunAsync("audit", "key");
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----\n", key.Output, StringComparison.Ordinal);
        var running = await RunAsync("audit", "verify", "--json");
        Assert.Equal(0, running.Code);
        var answer = JsonDocument.Parse(running.Output).RootElement;
        Assert.True(answer.GetProperty("sound").GetBoolean() && answer.GetProperty("running").GetBoolean());
        Assert.False(answer.TryGetProperty("endsInOrder", out _));
        await CloseAsync();

        var listed = await RunAsync("audit", "checkpoints");
        Assert.Single(Checkpoint.FindAll(listed.Output, out _)); // of the orderly stop
        var (kept, pem) = (Path.Combine(_folder, "kept.log"), Path.Combine(_folder, "kept.pem"));
        File.WriteAllText(kept, "2026-11-28 something\n" + listed.Output);
        File.WriteAllText(pem, key.Output);
        var stopped = await RunAsync("audit", "verify", "--checkpoints", kept, "--key", pem);
        Assert.Equal((0, ""), (stopped.Code, stopped.Error));
        Assert.Contains("Checkpoints in the journal: 1 right, 0 wrong.\nCheckpoints kept elsewhere: 1 right, 0 wrong.",
            stopped.Output, StringComparison.Ordinal);
        Assert.Equal(key.Output, (await RunAsync("audit", "key")).Output);

        await OpenAsync();
        Assert.Equal(0, (await RunAsync("audit", "verify", "--checkpoints", kept, "--key", pem)).Code);
        Assert.Equal(0, (await RunAsync("spool", "verify")).Code);
        File.WriteAllText(kept, "nothing of that");
        Assert.Equal((int)ExitCode.Wrong, (await RunAsync("audit", "verify", "--checkpoints", kept)).Code);
        await CloseAsync();
        Assert.Equal((int)ExitCode.Wrong, (await RunAsync("audit", "verify", "--checkpoints", kept)).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_first_break_is_named_with_the_place_the_mail_and_the_time(bool isRunning)
    {
        await OpenAsync();
        var id = await HandOverAsync();
        await CloseAsync();
        var file = Path.Combine(Data, "journal", "0000000001.seg");
        var octets = File.ReadAllBytes(file);
        var body = octets.AsSpan().IndexOf("canary-4711"u8);
        if (isRunning)
            await OpenAsync();
        using (var segment = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            RandomAccess.Write(segment, [(byte)(octets[body] ^ 1)], body);
        var (code, _, error) = await RunAsync("audit", "verify");
        Assert.Equal((int)ExitCode.NothingFound, code);
        Assert.Matches(@"^FIRST BREAK: segment 1 at \d+: the body is not what was accepted, mail " + id
            + @" \(between \d{4}-.*Z and \d{4}-.*Z\)", error);
    }

    [Fact]
    public async Task Who_opened_a_mail_is_on_its_timeline_once_and_there_before_the_bytes_are()
    {
        await OpenAsync();
        var id = await HandOverAsync();
        using (var client = ApiClient.TryConnect(Data)!)
            for (var i = 0; i < 3; i++)
                await client.CopyAsync($"api/v1/mails/{id}/raw", Stream.Null, TestContext.Current.CancellationToken);
        await _house!.Spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        var shown = JsonDocument.Parse((await RunAsync("queue", "show", id, "--json")).Output).RootElement;
        var opened = Assert.Single(shown.GetProperty("trail").EnumerateArray(),
            one => one.GetProperty("kind").GetString() == "opened");
        Assert.Equal(Environment.UserName, opened.GetProperty("who").GetString());
        Assert.Contains($"opened     by {Environment.UserName}", (await RunAsync("queue", "show", id)).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_person_does_through_the_service_is_on_the_trail_with_the_name()
    {
        await OpenAsync();
        Assert.Equal(0, (await RunAsync("reload")).Code);
        var whole = File.ReadAllText(_config);
        File.WriteAllText(_config, whole + "\nnonsense = 1\n");
        Assert.NotEqual(0, (await RunAsync("reload")).Code);
        File.WriteAllText(_config, whole);
        Assert.Equal(0, (await RunAsync("listener", "user", "set", "scanner")).Code);
        Assert.Equal(0, (await RunAsync("listener", "user", "remove", "scanner")).Code);
        Assert.Equal(1, (await RunAsync("listener", "user", "remove", "scanner")).Code);
        Assert.Equal(0, (await RunAsync("secret", "set", "m365")).Code);
        Assert.NotEqual(0, (await RunAsync("secret", "set", "postroom-checkpoints")).Code);
        Assert.NotEqual(0, (await RunAsync("secret", "delete", "postroom-checkpoints")).Code);
        await _house!.Spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        await CloseAsync();
        using var reader = MailLedger.OpenReadOnly(Folders.Ledger(Data));
        var done = reader.RelayEvents(100).Where(one => one.Who is not null).ToList();
        Assert.Equal(
            [(EventKind.Reloaded, _config), (EventKind.ReloadRefused, _config),
                (EventKind.ListenerUserChanged, "user scanner set"),
                (EventKind.ListenerUserChanged, "user scanner removed"), (EventKind.SecretChanged, "secret m365 set")],
            done.Select(one => (one.Kind, one.Text!)));
        Assert.All(done, one => Assert.Equal(Environment.UserName, one.Who));
    }

    private async Task OpenAsync()
    {
        _house = CapturingHouse.Of(Read);
        await _house.OpenAsync(CancellationToken.None);
    }

    private async Task CloseAsync()
    {
        if (_house is { } house)
            await house.DisposeAsync();
        _house = null;
    }

    private async Task<string> HandOverAsync()
    {
        var acceptance = await Relay.Spool.Mails.HandOverAsync(_house!.Spool, "bob@a.example",
            "Subject: x\r\n\r\ncanary-4711 and much more\r\n");
        await _house.Spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        return acceptance.Receipt!.Id.ToString();
    }

    private Reading Read() => ConfigurationReader.Read(new ConfigurationSource(File.ReadAllText(_config), _config,
        new Dictionary<string, string>(), "machine.example", _folder));

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        var screen = new Screen(output, error, null) { Input = new StringReader("canary-0815\n") };
        var code = await CommandLine.RunAsync([.. arguments, "--config", _config], screen);
        return (code, output.ToString(), error.ToString());
    }
}
