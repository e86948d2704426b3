using Postroom.Mail;
using Postroom.Relay.OAuth;
using Postroom.Shared;
using Postroom.Tests.Relay.Vault;

namespace Postroom.Tests.Relay.OAuth;

/// <summary>An authorization server, a vault, and one account between them.</summary>
internal sealed class TokenHouse : IDisposable
{
    private readonly VaultHouse _vault = new();

    public TokenHouse(Func<OAuthAccount, OAuthAccount>? with = null)
    {
        Idp = new LoopbackIdp { Time = _vault.Time };
        var account = new OAuthAccount("hop", "app@example.org")
        {
            ClientId = Idp.ClientId,
            ClientSecret = "client",
            Scope = "mail offline_access",
            Endpoints = new OAuthEndpoints(
                new Uri(Idp.Address + "/token"), new Uri(Idp.Address + "/authorize"), new Uri(Idp.Address + "/device"))
            {
                IdleLife = TimeSpan.FromDays(90),
            },
        };
        Account = with?.Invoke(account) ?? account;
        Vault.Vault.Put("client", new Secret(Idp.ClientSecret!));
        Book = new TokenBook(Vault.Vault, Vault.Time, new Random(1));
        Book.Use([Account]);
    }

    public LoopbackIdp Idp { get; }

    public VaultHouse Vault => _vault;

    public OAuthAccount Account { get; }

    public TokenBook Book { get; }

    public ITokenSource Source => Book.Find("hop")!;

    public Consent Kept => ConsentBook.Find(Vault.Vault, Account)!;

    /// <summary>A person consented.</summary>
    public string Consent()
    {
        var token = Idp.Consent();
        ConsentBook.Keep(Vault.Vault, Account, new Consent(token, Vault.Time.GetUtcNow(), Vault.Time.GetUtcNow()));
        return token;
    }

    public async Task<string> TokenAsync() => (await Source.GetAsync(CancellationToken.None)).Value.Reveal();

    public async Task<TokenException> RefusedAsync()
    {
        try
        {
            await Source.GetAsync(CancellationToken.None);
        }
        catch (TokenException e)
        {
            return e;
        }

        throw new InvalidOperationException("a token came");
    }

    public void Dispose()
    {
        Book.Dispose();
        Idp.Dispose();
        _vault.Dispose();
    }
}
