using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;

namespace Postroom.Relay.OAuth;

/// <summary>The accounts there are, each with its one renewer.</summary>
public sealed class TokenBook : IDisposable
{
    /// <summary>How long an authorization server may take to answer.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    // A consent that nobody uses ends; one that is used once a week does not.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromDays(7);

    private readonly Lock _gate = new();
    private readonly TokenKeeperParts _parts;
    private readonly Dictionary<string, ConsentDesk> _desks = new(StringComparer.Ordinal);
    private Dictionary<string, TokenKeeper> _keepers = new(StringComparer.Ordinal);

    public TokenBook(SecretVault vault, TimeProvider time, Random dice, QueueMeters? meters = null)
    {
        Client = new TokenClient(vault, time, AnswerWithin);
        _parts = new TokenKeeperParts(Client, vault, time, dice)
        {
            Meters = meters ?? RelayMeters.Unwatched.Queue,
        };
    }

    /// <summary>For who asks a person's consent.</summary>
    public TokenClient Client { get; }

    /// <summary>Takes these accounts into use. One that did not change keeps its token.</summary>
    public void Use(IReadOnlyList<OAuthAccount> accounts)
    {
        foreach (var account in accounts)
            _parts.Meters.TokensBegin(account.Name);
        lock (_gate)
            _keepers = accounts.ToDictionary(account => account.Name,
                account => _keepers.GetValueOrDefault(account.Name) is { } kept && kept.Account == account
                    ? kept
                    : new TokenKeeper(account, _parts, DeskOf(account.ConsentName)), StringComparer.Ordinal);
    }

    /// <summary>The tokens of an account; null if there is none of that name.</summary>
    public ITokenSource? Find(string name)
    {
        lock (_gate)
            return _keepers.GetValueOrDefault(name);
    }

    /// <summary>A person looks: what was refused or away a moment ago is asked again.</summary>
    public void AskAnew(string name)
    {
        lock (_gate)
            _keepers.GetValueOrDefault(name)?.AskAnew();
    }

    /// <summary>A secret was set or deleted: every account that uses it fetches anew.</summary>
    public void SecretChanged(string name)
    {
        foreach (var keeper in Keepers().Where(keeper => name == keeper.Account.ConsentName
            || name == keeper.Account.ClientSecret || name == keeper.Account.Key))
            keeper.Forget();
    }

    /// <summary>Uses each consent that has idled for long, so that it does not end for want of use.</summary>
    /// <returns>What was refused, in words.</returns>
    public async Task<IReadOnlyList<string>> KeepAliveAsync(CancellationToken cancel)
    {
        var refused = new List<string>();
        foreach (var keeper in Keepers().Where(keeper => keeper.Account.Flow == OAuthFlow.User))
            try
            {
                if (ConsentBook.Find(_parts.Vault, keeper.Account) is { } consent
                    && _parts.Time.GetUtcNow() - consent.RenewedAt >= KeepAlive)
                    await keeper.GetAsync(cancel);
            }
            catch (TokenException e)
            {
                refused.Add($"[[oauth]] {keeper.Name}: {e.Message}");
            }

        return refused;
    }

    public void Dispose()
    {
        Client.Dispose();
        lock (_gate)
            foreach (var desk in _desks.Values)
                desk.Dispose();
    }

    private ConsentDesk DeskOf(string consent)
    {
        if (!_desks.TryGetValue(consent, out var desk))
            _desks.Add(consent, desk = new ConsentDesk());
        return desk;
    }

    private TokenKeeper[] Keepers()
    {
        lock (_gate)
            return [.. _keepers.Values];
    }
}
