using Postroom.Mail;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;

namespace Postroom.Relay.OAuth;

/// <summary>The one renewer of one account: holds its access token, and has it renewed in time.</summary>
/// <remarks>
/// <code>
///   issued ───────────── 75 % ± dice ──────────────── end
///   │ given as it is    │ given, and renewed beside  │ waited for
/// </code>
/// <para>From 75 % of its life on, whoever asks has a new one fetched and does not wait for it: an authorization server
/// that is down costs nothing while the old one is good. At most one request is under way.</para>
/// <para>A refresh token that came new is durable before the access token beside it is given to anybody: many a server
/// takes the old one back as soon as the new pair is used, and a crash in between would leave us with neither.</para>
/// <para>The access token itself is in memory alone. After a start the first login fetches one.</para>
/// </remarks>
internal sealed class TokenKeeper(OAuthAccount account, TokenKeeperParts parts, ConsentDesk desk) : ITokenSource
{
    /// <summary>Of a token's life, before it is renewed: between these two, by the dice.</summary>
    private const double RenewFrom = 0.70, RenewTo = 0.80;

    /// <summary>A token that ends sooner than this is not given any more: a login takes its time.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>After a server was away: doubles between the two. Many ask, and each of them once a second.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5), AskAgainAtMost = TimeSpan.FromMinutes(2);

    /// <summary>After it refused: a probe of the lane comes later than the first of them, but two routes of one account
    /// probe at about the same time, and beside a token that is good many ask.</summary>
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(5), RepeatAtMost = TimeSpan.FromMinutes(30);

    /// <summary>An unproven token this old may have been spoilt by something that a new one is not.</summary>
    private static readonly TimeSpan WorthAnother = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private AccessToken? _token;
    private long _issuedAt;        // by the clock's timestamp, as all waits here: nobody sets that one
    private TimeSpan _renewAfter;
    private bool _wasAccepted;
    private int _generation; // of the secrets: what is fetched with older ones does not count
    private Task<AccessToken>? _renewal;
    private TokenException? _failure;
    private long _failedAt;
    private TimeSpan _wait;

    public OAuthAccount Account => account;

    public string Name => account.Name;

    public string User => account.User;

    public async Task<AccessToken> GetAsync(CancellationToken cancel)
    {
        Task<AccessToken> renewal;
        lock (_gate)
        {
            var isGood = _token is not null && parts.Time.GetUtcNow() < _token.ExpiresAt - Margin;
            if (isGood && parts.Time.GetElapsedTime(_issuedAt) < _renewAfter)
                return _token!;
            if (_renewal is null && _failure is not null && parts.Time.GetElapsedTime(_failedAt) < _wait)
                return isGood ? _token! : throw new TokenException(_failure.Message, _failure.IsAccount, _failure);
            renewal = _renewal ??= RenewAsync(_generation);
            if (isGood)
                return _token!;
        }

        return await renewal.WaitAsync(cancel);
    }

    public bool Refused(AccessToken token)
    {
        lock (_gate)
        {
            if (token != _token)
                return true; // there is another already
            _token = null;
            return _wasAccepted || parts.Time.GetElapsedTime(_issuedAt) >= WorthAnother;
        }
    }

    public void Accepted(AccessToken token)
    {
        lock (_gate)
            _wasAccepted |= token == _token;
    }

    /// <summary>Somebody changed a secret: what it brought before does not count.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _generation++;
            (_token, _renewal, _failure) = (null, null, null);
        }
    }

    public void AskAnew()
    {
        lock (_gate)
            _failure = null;
    }

    private async Task<AccessToken> RenewAsync(int generation)
    {
        await Task.Yield(); // not under the gate
        try
        {
            var grant = account.Flow switch
            {
                OAuthFlow.User => await RefreshAsync(),
                OAuthFlow.App => await parts.Client.OfAppAsync(account, CancellationToken.None),
                OAuthFlow.ServiceAccount => await parts.Client.OfServiceAccountAsync(account, CancellationToken.None),
            };
            parts.Meters.TokenAsked(Name, "renewed");
            lock (_gate)
                if (generation == _generation)
                    Take(grant.Access);
            return grant.Access;
        }
        catch (Exception e)
        {
            var failure = e as TokenException
                ?? new TokenException($"no token for [[oauth]] {account.Name}: {e.Message}", isAccount: false, e);
            parts.Meters.TokenAsked(Name, failure.IsAccount ? "refused" : "away");
            lock (_gate)
                if (generation == _generation)
                    Fail(failure);
            throw failure;
        }
    }

    private void Fail(TokenException failure)
    {
        var (first, longest) = failure.IsAccount ? (Repeat, RepeatAtMost) : (AskAgain, AskAgainAtMost);
        _wait = _failure?.IsAccount != failure.IsAccount ? first : _wait * 2 < longest ? _wait * 2 : longest;
        (_renewal, _failure, _failedAt) = (null, failure, parts.Time.GetTimestamp());
    }

    private void Take(AccessToken fresh)
    {
        double dice;
        lock (parts.Dice)
            dice = parts.Dice.NextDouble();
        (_token, _wasAccepted, _renewal, _failure) = (fresh, false, null, null);
        _issuedAt = parts.Time.GetTimestamp();
        _renewAfter = (fresh.ExpiresAt - parts.Time.GetUtcNow()) * (RenewFrom + (RenewTo - RenewFrom) * dice);
    }

    private async Task<Grant> RefreshAsync()
    {
        await desk.Gate.WaitAsync();
        try
        {
            var (kept, consent) = Opened();
            if (desk.Unkept is { } unkept && unkept.Old.Reveal() == kept.Reveal())
            {
                Keep(kept, unkept.Fresh);
                (kept, consent) = Opened();
            }

            desk.Unkept = null;
            var grant = await parts.Client.RefreshAsync(account, consent, CancellationToken.None);
            Keep(kept, consent, grant);
            return grant;
        }
        finally
        {
            desk.Gate.Release();
        }
    }

    private (Secret Kept, Consent Consent) Opened()
    {
        try
        {
            var facts = parts.Vault.Find(account.ConsentName)
                ?? throw new TokenException(OAuthAccount.NoConsent(Name), isAccount: true);
            var kept = parts.Vault.Open(account.ConsentName);
            return (kept, Consent.Of(kept, facts.SetAt));
        }
        catch (VaultException closed)
        {
            throw new TokenException(closed.Message, isAccount: true, closed);
        }
    }

    // Where nothing changed but the day, once a day is enough, and that it could not be noted is no loss.
    private void Keep(Secret kept, Consent old, Grant grant)
    {
        var now = parts.Time.GetUtcNow();
        var isNew = grant.RefreshToken is not null && grant.RefreshToken != old.RefreshToken;
        if (!isNew && old.RenewedAt.UtcDateTime.Date == now.UtcDateTime.Date)
            return;
        var fresh = old with
        {
            RefreshToken = grant.RefreshToken ?? old.RefreshToken,
            RenewedAt = now,
            Scope = grant.Scope ?? old.Scope,
            EndsAt = grant.RefreshEndsAt ?? (isNew ? null : old.EndsAt),
        };
        if (isNew)
            desk.Unkept = (kept, fresh);
        Keep(kept, fresh, mustBe: isNew);
    }

    private void Keep(Secret kept, Consent fresh, bool mustBe = true)
    {
        try
        {
            // False: somebody consented anew meanwhile, and that one stays.
            parts.Vault.Replace(account.ConsentName, kept, fresh.Seal(), fresh.Expires(account.Endpoints.IdleLife));
            desk.Unkept = null;
        }
        catch (VaultException full) when (mustBe)
        {
            throw new TokenException($"the next refresh token of [[oauth]] {Name} could not be kept, so its access "
                + $"token is not used: {full.Message}", isAccount: false, full);
        }
        catch (VaultException note)
        {
            _ = note;
        }
    }
}

/// <summary>What all keepers share.</summary>
/// <param name="Dice">Rolled under a lock of its own.</param>
internal sealed record TokenKeeperParts(TokenClient Client, SecretVault Vault, TimeProvider Time, Random Dice)
{
    public QueueMeters Meters { get; init; } = RelayMeters.Unwatched.Queue;
}
