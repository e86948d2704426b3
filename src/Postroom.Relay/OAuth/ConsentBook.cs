using Postroom.Mail;
using Postroom.Relay.Vault;

namespace Postroom.Relay.OAuth;

/// <summary>People's consents, in the vault.</summary>
public static class ConsentBook
{
    /// <summary>Keeps one, and says when it ends. It is durable when this returns.</summary>
    /// <exception cref="VaultException">It cannot be written.</exception>
    public static void Keep(SecretVault vault, OAuthAccount account, Consent consent) =>
        vault.Put(account.ConsentName, consent.Seal(), expires: consent.Expires(account.Endpoints.IdleLife));

    /// <summary>The consent for an account; null if there is none, or none that can be read.</summary>
    public static Consent? Find(SecretVault vault, OAuthAccount account)
    {
        try
        {
            return vault.Find(account.ConsentName) is { Trouble: null } facts
                ? Consent.Of(vault.Open(account.ConsentName), facts.SetAt)
                : null;
        }
        catch (Exception e) when (e is VaultException or TokenException)
        {
            return null; // whoever needs it says so
        }
    }

    /// <summary>What a person's consent gave, to be kept.</summary>
    /// <exception cref="TokenException">No refresh token came.</exception>
    public static Consent Of(OAuthAccount account, Grant grant, DateTimeOffset now) =>
        grant.RefreshToken is { Length: > 0 } token
            ? new Consent(token, now, now) { Scope = grant.Scope, EndsAt = grant.RefreshEndsAt }
            : throw new TokenException($"the provider gave no refresh token for [[oauth]] {account.Name}, so it would "
                + "last an hour: the scope must allow offline access (offline_access at Microsoft)", isAccount: true);
}

/// <summary>One consent at work: its refresh token is exchanged by one at a time, whoever asks.</summary>
/// <remarks>It outlives the keepers, which come and go with the configuration: a server that sees one refresh token
/// twice may take back all that came from it.</remarks>
internal sealed class ConsentDesk : IDisposable
{
    /// <summary>Held from the reading of a refresh token to the keeping of the next.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    /// <summary>What came and could not be kept: the next try keeps it first, and asks with it. Under the
    /// gate.</summary>
    public (Secret Old, Consent Fresh)? Unkept { get; set; }

    public void Dispose() => Gate.Dispose();
}
