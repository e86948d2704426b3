using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.OAuth;
using Postroom.Relay.Queue;
using Postroom.Tests.Relay.Vault;
using Xunit;

namespace Postroom.Tests.Program.Host;

public sealed class RefusalFileTests : IDisposable
{
    private const string Password = "user = \"app\"\npassword = \"secret:s\"\n";
    private const string Token = "oauth = \"hop\"\n[[oauth]]\nname = \"hop\"\nuser = \"app@example.org\"\n"
        + "client_id = \"c\"\nprovider = \"microsoft\"\n";

    private static readonly StandingRefusal Refusal = new(
        new Failure(Fault.Account, new EnhancedStatus(5, 7, 8), "535 5.7.8 no", "hop.example"),
        new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero), TimeSpan.FromHours(1),
        new DateTimeOffset(2026, 11, 25, 11, 0, 0, TimeSpan.Zero));

    private readonly VaultHouse _vault = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-refused-").FullName;
    private readonly TokenBook _tokens;
    private RelayConfiguration _all;

    public RefusalFileTests()
    {
        _tokens = new TokenBook(_vault.Vault, _vault.Time, new Random(1));
        _vault.Put("s");
        _all = Read(Password);
    }

    private string FilePath => Path.Combine(_folder, "refused.json");

    public void Dispose()
    {
        _tokens.Dispose();
        _vault.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_was_refused_is_known_after_a_restart_until_it_is_over()
    {
        Start().Keep("up", Refusal);
        Assert.Equal(Refusal, Start().Find("up"));
        Assert.Null(Start().Find("other"));
        Start().Keep("up", null);
        Assert.Null(Start().Find("up"));
    }

    [Theory]
    [InlineData(Password + "mechanisms = [\"LOGIN\"]\n")]
    [InlineData(Password + "allow_clear_text_password = true\n")]
    [InlineData("user = \"other\"\npassword = \"secret:s\"\n")]
    [InlineData("user = \"app\"\npassword = \"secret:s2\"\n")]
    [InlineData(Token)]
    public void Whoever_changed_how_it_logs_in_is_tried_at_once(string changed)
    {
        Start().Keep("up", Refusal);
        _all = Read(changed);
        Assert.Null(Start().Find("up"));
    }

    [Fact]
    public void So_is_a_secret_that_was_set_anew()
    {
        Start().Keep("up", Refusal);
        _vault.Time.Advance(TimeSpan.FromSeconds(1));
        _vault.Put("s");
        Assert.Null(Start().Find("up"));
    }

    [Fact] // Microsoft gives a new refresh token each time: that cures nothing
    public void A_consent_counts_when_a_person_gave_it_not_when_we_renewed_it()
    {
        _all = Read(Token);
        var (account, now) = (_all.Accounts[0], _vault.Time.GetUtcNow());
        ConsentBook.Keep(_vault.Vault, account, new Consent("r1", now, now));
        Start().Keep("up", Refusal);
        _vault.Time.Advance(TimeSpan.FromMinutes(1));
        ConsentBook.Keep(_vault.Vault, account, new Consent("r2", now, _vault.Time.GetUtcNow()));
        Assert.Equal(Refusal, Start().Find("up"));
        ConsentBook.Keep(_vault.Vault, account, new Consent("r3", _vault.Time.GetUtcNow(), _vault.Time.GetUtcNow()));
        Assert.Null(Start().Find("up"));
    }

    [Fact] // it can be corrected by a start alone
    public void A_password_of_the_environment_is_tried_at_each_start()
    {
        _all = Read("user = \"app\"\npassword_env = \"NOBODY\"\n");
        Start().Keep("up", Refusal);
        Assert.Null(Start().Find("up"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"up\":null}")]
    [InlineData("{\"up\":{\"account\":\"x\",\"status\":[9,9]}}")]
    [InlineData("[]")]
    public void A_file_that_is_damaged_costs_a_knock_and_no_more(string content)
    {
        File.WriteAllText(FilePath, content);
        Assert.Null(Start().Find("up"));
        Start().Keep("up", Refusal);
        Assert.Equal(Refusal, Start().Find("up"));
    }

    private RefusalFile Start() => new(FilePath, () => new CourierNeeds(_all, _vault.Vault, _tokens),
        NullLogger.Instance);

    private RelayConfiguration Read(string route)
    {
        var text = $"mode = \"live\"\n[[route]]\nname = \"up\"\nhost = \"hop.example\"\nport = 587\n{route}";
        var reading = ConfigurationReader.Read(
            new ConfigurationSource(text, "postroom.toml", new Dictionary<string, string>(), "m.example", _folder));
        return reading.Configuration
            ?? throw new InvalidOperationException(string.Join("; ", reading.Mistakes));
    }
}
