using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Postroom.Configuration;

namespace Postroom.Api.Access;

/// <summary>Lets callers in: who they are, and whether they may do what they ask for.</summary>
/// <remarks>
/// <para>Who comes by the UNIX socket may do everything: its file mode has decided. Who comes by TCP shows a bearer
/// token (RFC 6750); every user of this machine can come that way, and every page in a browser on it.</para>
/// <para>Against such pages, though none has a token: the Host field must be a name of ours (a page cannot make its own
/// name stand for 127.0.0.1), what a browser sends for a page of elsewhere is refused by its Origin and
/// Sec-Fetch-Site, and no answer ever carries a field of CORS.</para>
/// </remarks>
internal sealed class Gate
{
    private readonly ApiSettings _settings;
    private readonly ApiTokens _tokens;
    private readonly ILogger _log;
    private readonly HashSet<string> _names;
    private readonly RateGate _known;
    private readonly RateGate _strangers;

    /// <param name="hostName">The relay's own name.</param>
    public Gate(ApiSettings settings, string hostName, ApiTokens tokens, TimeProvider time, ILogger log)
    {
        (_settings, _tokens, _log) = (settings, tokens, log);
        _known = new RateGate(settings.Rate, settings.Rate * 2, time);
        _strangers = new RateGate(settings.Rate / 10.0, Math.Max(1, settings.Rate / 5.0), time);
        _names = new HashSet<string>([.. settings.Hosts, hostName, "localhost", "127.0.0.1", "[::1]"],
            StringComparer.OrdinalIgnoreCase);
        if (settings.Address is { } at && !at.Address.Equals(IPAddress.Any) && !at.Address.Equals(IPAddress.IPv6Any))
            _names.Add(at.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
                ? $"[{at.Address}]" : at.Address.ToString());
    }

    /// <summary>Says who asks.</summary>
    /// <param name="needs">What one has to be allowed for it; none where it is open to all.</param>
    /// <exception cref="ApiProblem">It may not.</exception>
    public Caller Admit(HttpContext context, Scopes needs)
    {
        if (context.Connection.RemoteIpAddress is not { } address)
            return new Caller(Peer.NameOf(context.Features.Get<IConnectionSocketFeature>()?.Socket), "unix",
                Scopes.Administer);
        var client = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        try
        {
            CheckHost(context.Request);
            CheckOrigin(context.Request);
            if (needs == Scopes.None)
                return Anonymous(client);
            var token = TokenOf(context.Request, client);
            if (_known.Wait(token.Name) is { } wait)
                throw TooMany(wait);
            if (!token.Scopes.Cover(needs))
                throw new ApiProblem(403, $"the token {token.Name} may not do this",
                    $"It needs the scope {ScopeNames.Of(needs)[0]}: make another with postroom token create NAME "
                    + $"--scope {ScopeNames.Of(needs)[0]}")
                {
                    Field = ("WWW-Authenticate",
                        $"Bearer error=\"insufficient_scope\", scope=\"{ScopeNames.Of(needs)[0]}\""),
                };
            return new Caller("token:" + token.Name, client, token.Scopes);
        }
        catch (ApiProblem problem)
        {
            ApiLog.Refused(_log, client, problem.Message);
            throw;
        }
    }

    private Caller Anonymous(string client) => _strangers.Wait(client) is { } wait
        ? throw TooMany(wait)
        : new Caller("anybody", client, Scopes.None);

    private void CheckHost(HttpRequest request)
    {
        if (request.Headers.Host is not [{ } written] || !_names.Contains(new HostString(written).Host))
            throw new ApiProblem(421, $"this is not \"{request.Headers.Host}\"",
                "Ask under its address or a name it knows; more names: [api] hosts in the configuration.");
    }

    private static void CheckOrigin(HttpRequest request)
    {
        var own = $"{request.Scheme}://{request.Host}";
        var isForeign = request.Headers.Origin.Count > 0
            && (request.Headers.Origin is not [{ } origin] || !origin.Equals(own, StringComparison.OrdinalIgnoreCase));
        if (isForeign || request.Headers["Sec-Fetch-Site"] is ["cross-site" or "same-site"])
            throw new ApiProblem(403, "a web page of another origin asks", "The API answers programs, not pages.");
    }

    private ApiToken TokenOf(HttpRequest request, string client)
    {
        const string scheme = "Bearer ";
        var isShown = request.Headers.Authorization is [{ } field]
            && field.StartsWith(scheme, StringComparison.OrdinalIgnoreCase);
        var token = isShown ? _tokens.Find(request.Headers.Authorization[0]![scheme.Length..].Trim()) : null;
        if (token is not null && !_tokens.IsOver(token))
            return token;
        if (_strangers.Wait(client) is { } wait)
            throw TooMany(wait);
        throw new ApiProblem(401, !isShown ? "no token was shown"
            : token is null ? "the token is none of ours, or was removed"
            : $"the token {token.Name} held until {token.Expires:yyyy-MM-dd}",
            "Make one with postroom token create NAME, and send it as: Authorization: Bearer TOKEN")
        {
            Field = ("WWW-Authenticate", isShown ? "Bearer error=\"invalid_token\"" : "Bearer"),
        };
    }

    private ApiProblem TooMany(TimeSpan wait) => new(429, "too many requests",
        $"More than {_settings.Rate} a second from one caller are not answered: [api] requests_per_second.")
    {
        Field = ("Retry-After", Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture)),
    };
}
