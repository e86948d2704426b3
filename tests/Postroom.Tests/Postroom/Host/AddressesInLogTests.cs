using System.Net.Mail;
using System.Text;
using Microsoft.Extensions.Logging;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail;
using Postroom.Mail.Privacy;
using Postroom.Relay.Vault;
using Postroom.Tests.Program.Api;
using Postroom.Tests.Relay.Vault;
using Xunit;
using WholeHouse = Postroom.Host.House;

namespace Postroom.Tests.Program.Host;

/// <summary>Whose mail it is does not stand in a log that is not to say it.</summary>
public sealed class AddressesInLogTests
{
    private const string Canary = "Peculiar.Canary+4711";

    private static readonly Action<ILogger, string, Exception?> Log =
        LoggerMessage.Define<string>(LogLevel.Warning, new EventId(1), "no mail is sent to {Address}");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Message_fields_and_exceptions_are_veiled_for_people_and_for_machines(bool isForPeople)
    {
        using var vault = new VaultHouse();
        foreach (var form in Enum.GetValues<AddressForm>())
        {
            var log = new LoggedHouse(form, isForPeople);
            log.Addresses.Use(form, vault.Vault, log.Logger);
            Log(log.Logger, $"{Canary}@example.com",
                new IOException("550 no such user: " + Canary + "@example.com",
                    new IOException($"<{Canary}@example.org>")));
            var expected = form switch
            {
                AddressForm.Plain => Canary + "@example.com",
                AddressForm.Masked => "P***@example.com",
                _ => $"h:{AddressKey.Open(vault.Vault).Hash(Canary + "@example.com")}@example.com",
            };
            Assert.Equal(isForPeople ? 2 : 3, log.Text.Split(expected).Length - 1);
            Assert.Equal(form == AddressForm.Plain, log.Text.Contains("Canary", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void Before_the_vault_is_open_and_where_it_does_not_open_addresses_are_masked_and_that_is_said_once()
    {
        using var vault = new VaultHouse();
        vault.Put("upstream");
        File.Delete(vault.KeyPath);
        var log = new LoggedHouse(AddressForm.Hashed, isForPeople: false);
        Log(log.Logger, "alice@example.com", null);
        log.Addresses.Use(AddressForm.Hashed, vault.Vault, log.Logger);
        Log(log.Logger, "alice@example.com", null);
        Assert.Equal(4, log.Text.Split("a***@example.com").Length - 1);
        Assert.DoesNotContain("alice", log.Text, StringComparison.Ordinal);
        Assert.Equal(1, log.Text.Split("addresses are masked in this log, for they cannot be hashed").Length - 1);
        Assert.Equal("masked", log.Addresses.WordOf("alice@example.com").Addresses);
        vault.Vault.Put("upstream", new Secret("again")); // with a new key
        log.Addresses.Use(AddressForm.Hashed, vault.Vault, log.Logger);
        Assert.StartsWith("h:", log.Addresses.WordOf("alice@example.com").Word, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AddressForm.Plain)]
    [InlineData(AddressForm.Masked)]
    [InlineData(AddressForm.Hashed)]
    public async Task Mail_from_end_to_end_is_logged_at_every_level_and_names_nobody(AddressForm form)
    {
        await using var hop = new NamingHop();
        await using var log = new LoggedHouse(form, isForPeople: false);
        await log.OpenAsync(hop.Port);
        await log.SendAsync("sender@example.com", Canary + "@example.com");
        await log.SaysAsync("no mail is sent to ");
        hop.ToSender = "530 5.7.1 not from {0}, never from <{0}>";
        await log.SendAsync(Canary + "@example.org", "bob@example.com");
        await log.SaysAsync("not from ");
        Assert.Equal(form == AddressForm.Plain, log.Text.Contains("Canary", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(form == AddressForm.Plain, log.Text.Contains("Peculiar", StringComparison.OrdinalIgnoreCase));
        var word = log.Addresses.WordOf(Canary + "@example.com").Word;
        Assert.Contains($"no mail is sent to {word.ToLowerInvariant()}", log.Text.ToLowerInvariant(),
            StringComparison.Ordinal);
        await log.ReloadAsync(AddressForm.Masked); // holds at once, both ways
        Assert.Equal("P***@example.com", log.Addresses.WordOf(Canary + "@example.com").Word);
        await log.ReloadAsync(AddressForm.Plain);
        Assert.Equal("plain", log.Addresses.WordOf(Canary + "@example.com").Addresses);
    }

    /// <summary>A house that writes all it has to say where a test can read it.</summary>
    private sealed class LoggedHouse : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("postroom-log-").FullName;
        private readonly Kept _kept = new();
        private readonly LoggerFactory _logs;
        private readonly int _port = ApiHouse.FreePort();
        private AddressForm _form;
        private int _hop;
        private WholeHouse? _house;

        public LoggedHouse(AddressForm form, bool isForPeople)
        {
            _form = form;
            Addresses = new AddressesInLog(form);
            var provider = new LineLog(_kept, isForPeople, TimeProvider.System, Addresses);
            _logs = new LoggerFactory([provider], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
            Logger = _logs.CreateLogger("postroom");
        }

        public AddressesInLog Addresses { get; }

        public ILogger Logger { get; }

        public string Text => _kept.Text;

        public async Task OpenAsync(int hop)
        {
            _hop = hop;
            _house = new WholeHouse(Read().Configuration!, Read, StandardWiring.Make(_logs, Addresses));
            await _house.OpenAsync(TestContext.Current.CancellationToken);
        }

        public async Task SendAsync(string from, string to)
        {
            using var client = new SmtpClient("127.0.0.1", _port);
            using var mail = new MailMessage(from, to, "x", "body");
            await client.SendMailAsync(mail, TestContext.Current.CancellationToken);
        }

        public async Task SaysAsync(string word)
        {
            while (!Text.Contains(word, StringComparison.Ordinal))
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        public async Task ReloadAsync(AddressForm form)
        {
            _form = form;
            Assert.True((await _house!.ReloadAsync("a test", TestContext.Current.CancellationToken)).Reloaded);
        }

        public async ValueTask DisposeAsync()
        {
            if (_house is not null)
                await _house.DisposeAsync();
            _logs.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        private Reading Read() => ConfigurationReader.Read(new ConfigurationSource($"""
            mode = "live"
            data = '{_folder}'
            [[listener]]
            address = "127.0.0.1:{_port}"
            [[route]]
            name = "upstream"
            host = "127.0.0.1"
            port = {_hop}
            tls = "none"
            [spool]
            free_space_floor = "1MiB"
            segment_size = "1MiB"
            [vault]
            key_file = '{_folder}/vault.key'
            [suppression]
            after = 1
            over = "0s"
            [api]
            address = "off"
            [log]
            addresses = "{_form.ToString().ToLowerInvariant()}"
            """, "postroom.toml", new Dictionary<string, string>(), "machine.example", _folder));
    }

    private sealed class Kept : TextWriter
    {
        private readonly StringBuilder _text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public string Text
        {
            get
            {
                lock (_text)
                    return _text.ToString();
            }
        }

        public override void WriteLine(string? value)
        {
            lock (_text)
                _text.Append(value).Append('\n');
        }
    }
}
