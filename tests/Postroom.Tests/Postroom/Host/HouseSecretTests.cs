using System.Text.Json;
using Postroom.Cli;
using Postroom.Configuration;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Ledger;
using Xunit;
using WholeHouse = Postroom.Host.House;

namespace Postroom.Tests.Program.Host;

/// <summary>Secrets by the command line: through the service, and without it.</summary>
public sealed class HouseSecretTests : IAsyncLifetime
{
    private const string Canary = "canary-4711";
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-house-").FullName;
    private readonly string _config;
    private WholeHouse? _house;

    public HouseSecretTests()
    {
        _config = Path.Combine(_folder, "postroom.toml");
        File.WriteAllText(_config, $"""
            data = '{Path.Combine(_folder, "data")}'
            [[listener]]
            address = "unix:{Path.Combine(_folder, "submission.sock")}"
            [spool]
            free_space_floor = "1MiB"
            segment_size = "1MiB"
            [vault]
            key_file = '{Path.Combine(_folder, "vault.key")}'
            """);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_secret_is_set_listed_and_deleted_and_comes_out_nowhere(bool isRunning)
    {
        if (isRunning)
            await OpenAsync();
        List<(int Code, string Output, string Error)> all =
        [
            await RunAsync("", "list"),
            await RunAsync(Canary + "\n", "set", "m365", "--rotate-by", "2027-01-31", "--expires", "2027-11-25"),
            await RunAsync("", "list"),
            await RunAsync("", "list", "--json"),
            await RunAsync("", "rotate"),
            await RunAsync("", "delete", "m365"),
            await RunAsync("", "delete", "m365"),
        ];
        Assert.Equal([1, 0, 0, 0, 0, 0, 1], all.Select(one => one.Code));
        Assert.Equal("m365 is kept. A route uses it with: password = \"secret:m365\"\n", all[1].Output);
        Assert.Contains("never      2027-01-31  2027-11-25", all[2].Output, StringComparison.Ordinal);
        var secret = JsonDocument.Parse(all[3].Output).RootElement.GetProperty("secrets")[0];
        Assert.Equal(("m365", "2027-01-31"),
            (secret.GetProperty("name").GetString(), secret.GetProperty("rotateBy").GetString()));
        Assert.StartsWith("1 sealed with the key ", all[4].Output, StringComparison.Ordinal);
        Assert.All(all, one => Assert.DoesNotContain(Canary, one.Output + one.Error, StringComparison.Ordinal));
        if (isRunning)
            Assert.Equal(["secret m365 set", "all secrets sealed with the key", "secret m365 deleted"],
                await NotedAsync());
    }

    [Fact]
    public async Task What_was_set_without_the_service_opens_in_it_and_in_no_other_folder()
    {
        Assert.Equal(0, (await RunAsync(Canary + "\n", "set", "m365")).Code);
        var vault = Read().Configuration!.Vault;
        Assert.Equal(Canary, vault.Open(TimeProvider.System).Open("m365").Reveal());
        var stolen = vault with { KeyFile = Path.Combine(_folder, "another.key") };
        Assert.Throws<Postroom.Relay.Vault.VaultException>(() => stolen.Open(TimeProvider.System).Open("m365"));
    }

    [Fact]
    public async Task A_file_of_secrets_is_taken_whole_or_not_at_all()
    {
        var file = Path.Combine(_folder, "old.env");
        File.WriteAllText(file, $"# of the old relay\nm365={Canary}=\n\ngmail= with blanks \n");
        var (code, output, _) = await RunAsync("", "import", file);
        Assert.Equal((0, true), (code, output.StartsWith("2 kept. ", StringComparison.Ordinal)));
        var vault = Read().Configuration!.Vault.Open(TimeProvider.System);
        Assert.Equal((Canary + "=", " with blanks "), (vault.Open("m365").Reveal(), vault.Open("gmail").Reveal()));

        File.WriteAllText(file, $"third=x\nFOURTH={Canary}\n");
        var (wrong, _, error) = await RunAsync("", "import", file);
        Assert.Equal((int)ExitCode.Wrong, wrong);
        Assert.Contains("old.env(2): no NAME=VALUE", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, error, StringComparison.Ordinal);
        Assert.Equal(["gmail", "m365"], vault.List().Select(facts => facts.Name));
    }

    [Theory]
    [InlineData("", "set", "m365")]
    [InlineData("x\n", "set", "M365")]
    [InlineData("x\n", "set", "../key")]
    [InlineData("x\n", "set", "m365", "--expires", "soon")]
    public async Task What_is_no_secret_is_refused(string input, params string[] arguments)
    {
        var (code, _, error) = await RunAsync(input, arguments);
        Assert.Equal((int)ExitCode.Usage, code);
        Assert.NotEmpty(error);
        Assert.False(Directory.Exists(Path.Combine(_folder, "data", "vault")));
    }

    [Fact]
    public async Task A_new_key_is_printed_for_whoever_keeps_it()
    {
        var (code, output, _) = await RunAsync("", "key");
        Assert.Equal(0, code);
        Assert.Equal(output.Split(':')[1], Postroom.Relay.Vault.RootKey.Parse(output, "a test").Id);
    }

    [Theory]
    [InlineData("{\"value\":\"\"}", 400)]
    [InlineData("{}", 400)]
    [InlineData("null", 400)]
    [InlineData("{\"value\":\"canary-4711\",\"expires\":\"canary-4711\"}", 400)]
    [InlineData("{\"value\":\"canary-4711", 400)]
    [InlineData("canary-4711", 400)]
    public async Task What_is_wrong_with_a_request_is_told_without_its_value(string body, int status)
    {
        await OpenAsync();
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix,
                    System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(
                    Folders.ApiSocket(Path.Combine(_folder, "data"))), cancel);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        var cancel = TestContext.Current.CancellationToken;
        using var content = new StringContent(body, null, "application/json");
        using var answer = await http.PutAsync(new Uri("http://postroom/api/v1/secrets/m365"), content, cancel);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.DoesNotContain(Canary, await answer.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);
    }

    private async Task OpenAsync()
    {
        _house = CapturingHouse.Of(Read);
        await _house.OpenAsync(CancellationToken.None);
    }

    private async Task<IEnumerable<string>> NotedAsync()
    {
        await _house!.Spool.Index.CaughtUpAsync(CancellationToken.None);
        await CloseAsync();
        using var reader = MailLedger.OpenReadOnly(Folders.Ledger(Path.Combine(_folder, "data")));
        return reader.RelayEvents(100).Where(one => one.Kind == EventKind.SecretChanged)
            .Select(one =>
            {
                Assert.Equal(Environment.UserName, one.Who);
                return one.Text!.Split(" key ")[0] + (one.Text.Contains(" key ") ? " key" : "");
            }).ToList();
    }

    private async Task CloseAsync()
    {
        if (_house is { } house)
            await house.DisposeAsync();
        _house = null;
    }

    private Reading Read() => ConfigurationReader.Read(new ConfigurationSource(File.ReadAllText(_config), _config,
        new Dictionary<string, string>(), "machine.example", _folder));

    private async Task<(int Code, string Output, string Error)> RunAsync(string input, params string[] arguments)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new();
        var screen = new Screen(output, error, null) { Input = new StringReader(input) };
        var code = await CommandLine.RunAsync(["secret", .. arguments, "--config", _config], screen);
        return (code, output.ToString(), error.ToString());
    }
}
