using Microsoft.Extensions.Time.Testing;
using Postroom.Relay.OAuth;
using Postroom.Relay.Vault;
using Xunit;

namespace Postroom.Tests.Relay.OAuth;

/// <summary>A refresh token is all there is of a person's consent: nothing may lose it, and nobody sends one
/// twice.</summary>
public class ConsentSafetyTests
{
    private const string Start = """{"access_token":"a1","token_type":"Bearer","expires_in":3600,"refresh_token":""";

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public async Task An_answer_with_an_empty_refresh_token_leaves_the_one_there_is(string refresh)
    {
        using var house = new TokenHouse();
        var token = house.Consent();
        house.Idp.Instead = (200, Start + refresh + "}");
        await house.TokenAsync();
        Assert.Equal(token, house.Kept.RefreshToken);
    }

    [Theory]
    [InlineData("\"604799\"")]
    [InlineData("9223372036854775807")]
    [InlineData("-1")]
    [InlineData("0.5")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task An_odd_life_of_the_next_refresh_token_does_not_lose_it(string life)
    {
        using var house = new TokenHouse();
        house.Consent();
        house.Idp.Instead = (200, $"{Start}\"r2\",\"refresh_token_expires_in\":{life}}}");
        await house.TokenAsync();
        Assert.Equal("r2", house.Kept.RefreshToken);
    }

    [Fact]
    public async Task A_vault_that_cannot_be_read_for_a_moment_does_not_lose_it()
    {
        using var house = new TokenHouse();
        house.Consent();
        var keys = new MoodyKeys(house.Vault.Keys);
        using var book = new TokenBook(house.Vault.With(keys), house.Vault.Time, new Random(1));
        book.Use([house.Account]);
        house.Idp.BeforeAnswer = () => keys.Refusals = 1;
        var refused = await Assert.ThrowsAsync<TokenException>(() =>
            book.Find("hop")!.GetAsync(CancellationToken.None));
        Assert.Contains("could not be kept, so its access token is not used", refused.Message,
            StringComparison.Ordinal);

        house.Idp.BeforeAnswer = () => { };
        house.Vault.Time.Advance(TimeSpan.FromMinutes(1));
        var token = await book.Find("hop")!.GetAsync(CancellationToken.None);
        Assert.True(house.Idp.Use(token.Value.Reveal()));
        Assert.True(house.Idp.IsAlive(house.Kept.RefreshToken));
    }

    [Fact] // a server that sees one twice may take back all that came of it (RFC 9700 §4.14.2)
    public async Task While_the_next_cannot_be_kept_the_one_before_is_not_sent_again()
    {
        using var house = new TokenHouse();
        house.Consent();
        var inTheWay = Directory.CreateDirectory(house.Vault.FileOf(house.Account.ConsentName) + ".new");
        await house.RefusedAsync();
        house.Vault.Time.Advance(TimeSpan.FromMinutes(1));
        await house.RefusedAsync();
        Assert.Equal(1, house.Idp.Asked);
        inTheWay.Delete();
        house.Vault.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(house.Idp.Use(await house.TokenAsync()));
        Assert.Equal(2, house.Idp.Requests.Select(request => request["refresh_token"]).Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_while_one_is_exchanged_waits_for_the_next(bool isSecret)
    {
        using var house = new TokenHouse();
        house.Consent();
        using var go = new ManualResetEventSlim();
        house.Idp.BeforeAnswer = go.Wait;
        var first = house.TokenAsync();
        while (house.Idp.Asked == 0)
            await Task.Yield();
        if (isSecret)
            house.Book.SecretChanged("client");
        else
            house.Book.Use([house.Account with { Scope = "other" }]);
        var second = house.TokenAsync();
        for (var i = 0; i < 1_000; i++)
            await Task.Yield(); // time enough to ask, if it did
        go.Set();
        await Task.WhenAll(first, second);
        Assert.Equal(2, house.Idp.Requests.Select(request => request["refresh_token"]).Distinct().Count());
    }

    [Fact]
    public async Task A_consent_that_a_person_gives_meanwhile_stays()
    {
        using var house = new TokenHouse();
        house.Consent();
        string? theirs = null;
        house.Idp.BeforeAnswer = () => theirs ??= house.Consent();
        await house.TokenAsync();
        Assert.Equal(theirs, house.Kept.RefreshToken);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_no_failure_last()
    {
        using var house = new TokenHouse();
        house.Consent();
        var clock = new SetClock();
        using var book = new TokenBook(house.Vault.Vault, clock, new Random(1));
        book.Use([house.Account]);
        house.Idp.Instead = (503, "");
        await Assert.ThrowsAsync<TokenException>(() => book.Find("hop")!.GetAsync(CancellationToken.None));
        house.Idp.Instead = null;
        clock.Off = TimeSpan.FromDays(-30);
        clock.Advance(TimeSpan.FromMinutes(1));
        await book.Find("hop")!.GetAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    public async Task An_answer_that_is_no_object_is_the_servers_fault(string answer)
    {
        using var house = new TokenHouse();
        house.Consent();
        house.Idp.Instead = (200, answer);
        var refused = await Assert.ThrowsAsync<TokenException>(() =>
            house.Book.Client.RefreshAsync(house.Account, house.Kept, CancellationToken.None));
        Assert.False(refused.IsAccount);
    }

    [Fact]
    public async Task So_is_none_in_time()
    {
        using var house = new TokenHouse();
        house.Consent();
        using var go = new ManualResetEventSlim();
        house.Idp.BeforeAnswer = go.Wait;
        using var client = new TokenClient(house.Vault.Vault, new FakeTimeProvider(), TimeSpan.FromMilliseconds(200));
        var refused = await Assert.ThrowsAsync<TokenException>(() =>
            client.RefreshAsync(house.Account, house.Kept, CancellationToken.None));
        go.Set();
        Assert.False(refused.IsAccount);
        Assert.Contains("no answer in time", refused.Message, StringComparison.Ordinal);
    }

    // A wall clock that somebody sets; the other one goes on.
    private sealed class SetClock : FakeTimeProvider
    {
        public TimeSpan Off { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Off;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }

    // Too many open files, or the file is just being replaced.
    private sealed class MoodyKeys(IKeyRing real) : IKeyRing
    {
        public int Refusals { get; set; }

        public string Where => real.Where;

        public IReadOnlyList<RootKey> Read() =>
            Refusals-- > 0 ? throw new VaultException("too many open files") : real.Read();

        public RootKey Add() => real.Add();

        public bool DropOld() => real.DropOld();
    }
}
