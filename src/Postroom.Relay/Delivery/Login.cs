using System.Security.Cryptography;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Sasl;
using Postroom.Mail.Status;
using Postroom.Relay.OAuth;
using Postroom.Relay.Vault;

namespace Postroom.Relay.Delivery;

/// <summary>How one connection logs in. Fetched for each anew: a corrected secret heals without a restart.</summary>
internal sealed class Login
{
    private readonly ITokenSource? _source;
    private readonly AccessToken? _token;

    private Login(ClientCredentials credentials, ITokenSource? source = null, AccessToken? token = null) =>
        (Credentials, _source, _token) = (credentials, source, token);

    public ClientCredentials Credentials { get; }

    /// <summary>The login of a route; null if it needs none.</summary>
    /// <exception cref="LoginException">There is no password or token where the route says.</exception>
    public static async Task<Login?> ForAsync(
        Route route, CourierSettings settings, bool isLocal, CancellationToken cancel)
    {
        if (route.Account is not { } account)
            return null;
        if (account.OAuth is { } name)
            return await OfTokenAsync(route, SourceOf(name, settings), isLocal, cancel);
        var password = account.Secret is { } secret ? Open(secret, settings.Vault) : await ReadAsync(account, cancel);
        return new Login(Who(route, account.User, password, isLocal));
    }

    /// <summary>The next hop took it.</summary>
    public void Accepted()
    {
        if (_token is not null)
            _source!.Accepted(_token);
    }

    /// <summary>The next hop refused it for good. True if another token is worth another try.</summary>
    public bool IsRefused() => _token is not null && _source!.Refused(_token);

    private static async Task<Login> OfTokenAsync(
        Route route, ITokenSource source, bool isLocal, CancellationToken cancel)
    {
        try
        {
            var token = await source.GetAsync(cancel);
            var user = route.Account!.User.Length > 0 ? route.Account.User : source.User;
            var credentials = Who(route, user, token.Value, isLocal) with { IsToken = true };
            return new Login(credentials, source, token);
        }
        catch (TokenException none)
        {
            throw new LoginException(none.Message, none)
            {
                Fault = none.IsAccount ? Fault.Account : Fault.NextHop,
            };
        }
    }

    private static ITokenSource SourceOf(string name, CourierSettings settings) =>
        settings.Tokens(name) ?? throw new LoginException($"there is no [[oauth]] account {name}");

    private static ClientCredentials Who(Route route, string user, Secret secret, bool isLocal) =>
        new(user, secret, RandomNumberGenerator.GetBytes(18), isLocal || route.AllowClearTextPassword)
        {
            Host = route.Host, Port = route.Port, Mechanisms = route.Mechanisms,
        };

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

/// <summary>We have no password or token to log in with.</summary>
internal sealed class LoginException(string message, Exception? inner = null) : Exception(message, inner)
{
    public Fault Fault { get; init; } = Fault.Account;
}
