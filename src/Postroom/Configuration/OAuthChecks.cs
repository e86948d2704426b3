using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Relay.OAuth;
using Postroom.Relay.Vault;

namespace Postroom.Configuration;

/// <summary>What an account needs, by its provider and its flow.</summary>
internal static class OAuthChecks
{
    /// <summary>In place of an endpoint that is missing or wrong: that is a mistake, so nobody goes there.</summary>
    public static Uri Nowhere { get; } = new("https://invalid./");

    /// <summary>Null where it is none: https, or http on this machine.</summary>
    public static Uri? Endpoint(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            ? uri
            : null;

    public static IEnumerable<Mistake> Of(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        var accounts = tables.Where(t => t.Name == "oauth").ToList();
        var routes = tables.Where(t => t.Name == "route").ToList();
        return
        [
            .. accounts.SelectMany(OfNames),
            .. accounts.SelectMany(OfFlow),
            .. accounts.SelectMany(OfEndpoints),
            .. accounts.SelectMany(account => OfUse(account, routes,
                all.Postmaster.Canaries.Any(one => one.Mailbox?.OAuth == account.Get(OAuthKeys.Name)))),
            .. CrossChecks.Twice(accounts.Select(t => (t.PlaceOf(OAuthKeys.Name), t.Get(OAuthKeys.Name) ?? "")),
                "name"),
            .. routes.SelectMany(route => OfRoute(route, all.Accounts)),
        ];
    }

    private static IEnumerable<Mistake> OfNames(TableValues table)
    {
        if (table.Get(OAuthKeys.Name) is { } name && !SecretVault.IsName(OAuthAccount.ConsentOf(name)))
            yield return new Mistake(table.PlaceOf(OAuthKeys.Name), $"name: \"{name}\" is no name of an account",
                "small letters, digits, dots, hyphens and underscores");
        if (table.Get(OAuthKeys.Certificate) is { } file && !File.Exists(file))
            yield return new Mistake(table.PlaceOf(OAuthKeys.Certificate), $"certificate: there is no file {file}");
    }

    private static IEnumerable<Mistake> OfFlow(TableValues table)
    {
        var (provider, flow) = (table.Get(OAuthKeys.Provider), table.Get(OAuthKeys.Flow));
        var place = table.PlaceOf(OAuthKeys.Flow);
        var (hasSecret, hasCertificate, hasKey) = (table.IsWritten(OAuthKeys.ClientSecret),
            table.IsWritten(OAuthKeys.Certificate), table.IsWritten(OAuthKeys.Key));
        if (provider == OAuthProvider.Google && flow == OAuthFlow.App)
            yield return new Mistake(place, "flow: Google lets no application send for itself",
                "flow = \"service_account\" in Workspace, or \"user\"");
        if (provider == OAuthProvider.Microsoft && flow == OAuthFlow.ServiceAccount)
            yield return new Mistake(place, "flow: Microsoft has no service accounts", "flow = \"app\"");
        if (flow == OAuthFlow.ServiceAccount && !hasKey)
            yield return new Mistake(table.Place, "a service account without its key",
                "keep it with `postroom secret set NAME --file FILE`, and add key = \"secret:NAME\"");
        if (flow != OAuthFlow.ServiceAccount && !table.IsWritten(OAuthKeys.ClientId))
            yield return new Mistake(table.Place, "an account without client_id",
                "add the application's id, as the provider shows it");
        if (flow == OAuthFlow.App && !hasSecret && !hasCertificate)
            yield return new Mistake(table.Place, "flow = \"app\" without client_secret or certificate",
                "keep it with `postroom secret set NAME`, and add client_secret = \"secret:NAME\"");
        if (hasSecret && hasCertificate)
            yield return new Mistake(table.PlaceOf(OAuthKeys.Certificate),
                "client_secret and certificate are both given", "keep one");
        if (hasCertificate && !hasKey)
            yield return new Mistake(table.PlaceOf(OAuthKeys.Certificate), "a certificate without its key",
                "keep it with `postroom secret set NAME --file FILE`, and add key = \"secret:NAME\"");
        if (flow == OAuthFlow.App && provider == OAuthProvider.Microsoft && !table.IsWritten(OAuthKeys.Tenant)
            && !table.IsWritten(OAuthKeys.TokenEndpoint))
            yield return new Mistake(table.Place, "flow = \"app\" at Microsoft without tenant",
                "add tenant = \"contoso.onmicrosoft.com\"");
    }

    private static IEnumerable<Mistake> OfEndpoints(TableValues table)
    {
        foreach (var setting in new[]
            { OAuthKeys.TokenEndpoint, OAuthKeys.AuthorizationEndpoint, OAuthKeys.DeviceEndpoint })
            if (table.Get(setting) is { } text && Endpoint(text) is null)
                yield return new Mistake(table.PlaceOf(setting), $"{setting.Key}: \"{text}\" is no https address",
                    "write it like https://login.example.com/oauth2/token; http only on this machine");
        if (table.Get(OAuthKeys.Provider) != OAuthProvider.Other)
            yield break;
        if (!table.IsWritten(OAuthKeys.TokenEndpoint))
            yield return new Mistake(table.Place, "an account of any other provider without token_endpoint",
                "add it, or provider = \"google\" or \"microsoft\"");
        if (table.Get(OAuthKeys.Flow) == OAuthFlow.User && !table.IsWritten(OAuthKeys.AuthorizationEndpoint)
            && !table.IsWritten(OAuthKeys.DeviceEndpoint))
            yield return new Mistake(table.Place, "nobody can consent without authorization_endpoint or "
                + "device_endpoint", "add one of them");
    }

    private static IEnumerable<Mistake> OfUse(TableValues table, List<TableValues> routes, bool isOfCanary)
    {
        var name = table.Get(OAuthKeys.Name);
        var ways = routes.Where(r => r.Get(RouteKeys.OAuth) == name).Select(r => r.Get(RouteKeys.Via)).Distinct()
            .Count();
        if (name is not null && ways == 0 && !isOfCanary)
            yield return new Mistake(table.Place, $"no route uses the account \"{name}\"",
                $"add oauth = \"{name}\" to a [[route]]", IsWarning: true);
        if (ways > 1 && !table.IsWritten(OAuthKeys.Scopes))
            yield return new Mistake(table.PlaceOf(OAuthKeys.Name),
                $"the account \"{name}\" is for SMTP and for Graph, and one token is good for one of them",
                "make two accounts");
    }

    private static IEnumerable<Mistake> OfRoute(TableValues table, IReadOnlyList<OAuthAccount> accounts)
    {
        if (table.Get(RouteKeys.OAuth) is { } name && !accounts.Any(account => account.Name == name))
            yield return new Mistake(table.PlaceOf(RouteKeys.OAuth), $"oauth: there is no [[oauth]] \"{name}\"",
                Nearest.Advice(name, [.. accounts.Select(account => account.Name)], near => near));
        if (table.Get(RouteKeys.Via) == Via.Graph && !table.IsWritten(RouteKeys.OAuth))
            yield return new Mistake(table.PlaceOf(RouteKeys.Via), "via = \"graph\" without oauth",
                "Graph takes nothing but tokens: add an [[oauth]] account and its name here");
    }
}
