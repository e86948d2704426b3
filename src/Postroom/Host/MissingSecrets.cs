using Microsoft.Extensions.Logging;
using Postroom.Configuration;
using Postroom.Relay.OAuth;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>Secrets that the configuration names, and that are not there or do not open.</summary>
internal static class MissingSecrets
{
    /// <summary>Tells of them before the first mail needs one.</summary>
    public static void Tell(RelayConfiguration all, SecretVault vault, ILogger log)
    {
        var named = all.Routes.Select(route => route.Account?.Secret)
            .Concat(all.Accounts.SelectMany(account => new[] { account.ClientSecret, account.Key }))
            .OfType<string>().Distinct().ToList();
        named.AddRange(all.Postmaster.Secrets.Except(named));
        foreach (var name in named.Where(name => vault.Find(name) is null))
            HostLog.SecretClosed(log, SecretVault.Missing(name));
        foreach (var account in all.Accounts)
            if (account.Flow == OAuthFlow.User && vault.Find(account.ConsentName) is null)
                HostLog.SecretClosed(log, OAuthAccount.NoConsent(account.Name));
        foreach (var secret in vault.List().Where(secret => secret.Trouble is not null))
            HostLog.SecretClosed(log, secret.Trouble!);
    }
}
