using System.Security.Cryptography;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Smtp;
using Postroom.Relay.Vault;

namespace Postroom.Relay.Delivery;

/// <summary>Fetches a route's password, at each login anew: a corrected file heals without a restart.</summary>
internal static class Login
{
    /// <summary>The credentials of a route; null if it needs none.</summary>
    /// <exception cref="LoginException">There is no password where the route says.</exception>
    public static async Task<ClientCredentials?> ForAsync(
        Route route, SecretVault? vault, bool isLocal, CancellationToken cancel)
    {
        if (route.Account is not { } account)
            return null;
        var password = account.Secret is { } name ? Open(name, vault) : await ReadAsync(account, cancel);
        return new ClientCredentials(
            account.User, password, RandomNumberGenerator.GetBytes(18), isLocal || route.AllowClearTextPassword);
    }

    private static Secret Open(string name, SecretVault? vault)
    {
        try
        {
            return vault?.Open(name) ?? throw new LoginException($"there is no vault to take the secret {name} from");
        }
        catch (VaultException closed)
        {
            throw new LoginException(closed.Message, closed);
        }
    }

    private static async Task<Secret> ReadAsync(AccountReference account, CancellationToken cancel)
    {
        try
        {
            // One line, as an editor leaves it; a password may well begin or end with a space.
            var text = account.PasswordFile is { } file
                ? (await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n')
                : Environment.GetEnvironmentVariable(account.PasswordEnvironment ?? "");
            return string.IsNullOrEmpty(text)
                ? throw new LoginException($"there is no password for {account.User} in {Where(account)}")
                : new Secret(text);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LoginException($"the password for {account.User} cannot be read: {failed.Message}", failed);
        }
    }

    private static string Where(AccountReference account) =>
        account.PasswordFile ?? $"the environment variable {account.PasswordEnvironment}";
}

/// <summary>We have no password to log in with.</summary>
internal sealed class LoginException(string message, Exception? inner = null) : Exception(message, inner);
