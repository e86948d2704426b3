using Postroom.Relay.OAuth;

namespace Postroom.Configuration;

internal static class OAuthKeys
{
    private const string T = "oauth";

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "By which routes name it: small letters, digits, dots, hyphens, underscores.") { Required = true };
    public static readonly Setting<OAuthProvider> Provider =
        new(T, "provider", SettingTypes.Choice<OAuthProvider>(), OAuthProvider.Other,
        "`google` and `microsoft` know their endpoints and scopes; any `other` names its own.");
    public static readonly Setting<OAuthFlow> Flow =
        new(T, "flow", SettingTypes.Choice<OAuthFlow>(), OAuthFlow.User,
        "`user`: a person consents once, with `postroom oauth connect NAME`; `app`: the application for itself, with a "
            + "client secret or certificate; `service_account`: Google's key that may speak for a mailbox.");
    public static readonly Setting<string?> User = new(T, "user", SettingTypes.Text, null,
        "The mailbox to log in to, as an address.") { Required = true };
    public static readonly Setting<string?> Tenant = new(T, "tenant", SettingTypes.Text, null,
        "Microsoft's directory: its id, or a domain of it. `app` needs it.");
    public static readonly Setting<string?> ClientId = new(T, "client_id", SettingTypes.Text, null,
        "The application's id at the provider. Not for a service account, whose key names it.");
    public static readonly Setting<string?> ClientSecret = new(T, "client_secret", SettingTypes.SecretName, null,
        "The application's secret, by its name in the vault: `secret:NAME`. A public client has none.");
    public static readonly Setting<string?> Certificate = new(T, "certificate", SettingTypes.Path, null,
        "A PEM file with the application's certificate, instead of a secret; its private key is `key`.");
    public static readonly Setting<string?> Key = new(T, "key", SettingTypes.SecretName, null,
        "By its name in the vault: the certificate's private key (PEM), or the service account's key (JSON), kept with "
            + "`postroom secret set NAME --file FILE`.");
    public static readonly Setting<IReadOnlyList<string>> Scopes = new(T, "scopes", SettingTypes.List, [],
        "What to ask for. Without it: what mail needs at this provider, and no more.");
    public static readonly Setting<string?> TokenEndpoint = new(T, "token_endpoint", SettingTypes.Text, null,
        "Of any other provider: where tokens are (RFC 6749 §3.2).");
    public static readonly Setting<string?> AuthorizationEndpoint =
        new(T, "authorization_endpoint", SettingTypes.Text, null,
        "Of any other provider: where a person consents in a browser.");
    public static readonly Setting<string?> DeviceEndpoint = new(T, "device_endpoint", SettingTypes.Text, null,
        "Of any other provider: where a consent on another device begins (RFC 8628).");

    public static Setting[] All =>
    [
        Name, Provider, Flow, User, Tenant, ClientId, ClientSecret, Certificate, Key, Scopes, TokenEndpoint,
            AuthorizationEndpoint, DeviceEndpoint,
    ];
}
