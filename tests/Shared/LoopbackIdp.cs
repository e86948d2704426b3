using System.Collections.Specialized;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;

namespace Postroom.Shared;

/// <summary>
/// An authorization server on loopback: answers as RFC 6749, 7009, 7523, 7636, 7662 and 8628 and the providers' own
/// pages say, errors included.
/// </summary>
/// <remarks>
/// Refresh tokens rotate: the old one dies when an access token that was issued beside the new one is used, which is
/// how a client that used it before it had stored the new one is found out.
/// </remarks>
internal sealed class LoopbackIdp : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Issued> _tokens = [];
    private readonly Dictionary<string, bool> _refreshTokens = []; // alive or not
    private readonly Dictionary<string, (string Challenge, string Redirect)> _codes = [];
    private int _serial;

    public LoopbackIdp(int port = 0)
    {
        Port = port > 0 ? port : FreePort();
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _ = ServeAsync();
    }

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}";

    public string ClientId { get; init; } = "the-client";

    /// <summary>Null: a public client.</summary>
    public string? ClientSecret { get; set; } = "canary-client-secret";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public TimeSpan TokenLife { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Refresh tokens rotate, as Microsoft's do; else they stay, as Google's.</summary>
    public bool Rotates { get; set; } = true;

    /// <summary>What every request for a token is answered with; null: as it should be.</summary>
    public (int Status, string Json)? Instead { get; set; }

    /// <summary>How often a device asks in vain before the person has agreed.</summary>
    public int PendingPolls { get; set; } = 1;

    /// <summary>Said to whoever consents in a browser.</summary>
    public string? ConsentError { get; set; }

    public TimeSpan? RefreshLife { get; set; }

    /// <summary>The public key of a service account or a client's certificate.</summary>
    public RSA? Key { get; set; }

    /// <summary>Each request for a token: its parameters.</summary>
    public List<NameValueCollection> Requests { get; } = [];

    /// <summary>Runs before the answer to a request for a token goes out.</summary>
    public Action BeforeAnswer { get; set; } = () => { };

    public int Asked { get { lock (_gate) return Requests.Count; } }

    /// <summary>A refresh token as after a consent.</summary>
    public string Consent()
    {
        lock (_gate)
            return NewRefreshToken();
    }

    public bool IsAlive(string refreshToken)
    {
        lock (_gate)
            return _refreshTokens.GetValueOrDefault(refreshToken);
    }

    /// <summary>Takes back everything: the person changed the password.</summary>
    public void Revoke()
    {
        lock (_gate)
        {
            _tokens.Clear();
            foreach (var token in _refreshTokens.Keys)
                _refreshTokens[token] = false;
        }
    }

    /// <summary>A resource server looks at an access token. It counts as used.</summary>
    public bool Use(string accessToken)
    {
        lock (_gate)
        {
            if (!_tokens.TryGetValue(accessToken, out var issued) || issued.ExpiresAt <= Time.GetUtcNow())
                return false;
            if (issued.Instead is { } old)
                _refreshTokens[old] = false;
            return true;
        }
    }

    public void Expire(string accessToken)
    {
        lock (_gate)
            _tokens.Remove(accessToken);
    }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var form = HttpUtility.ParseQueryString(await reader.ReadToEndAsync());
        var (status, json) = context.Request.Url!.AbsolutePath switch
        {
            "/token" => Token(form),
            "/device" => Device(form),
            "/introspect" => Introspect(form),
            "/authorize" => (0, Authorize(context.Request.QueryString)),
            _ => (404, "{}"),
        };
        try
        {
            if (status == 0)
                context.Response.Redirect(json);
            else
            {
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(json));
            }

            context.Response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or IOException)
        {
            return; // the client was killed, as some tests do
        }
    }

    private (int, string) Token(NameValueCollection form)
    {
        (int, string) answer;
        lock (_gate)
        {
            Requests.Add(form);
            answer = Instead ?? Granted(form);
        }

        BeforeAnswer();
        return answer;
    }

    private (int, string) Granted(NameValueCollection form) => form["grant_type"] switch
    {
        "refresh_token" when !IsClient(form) =>
            Wrong(401, "invalid_client", "AADSTS7000215: Invalid client secret provided."),
        "refresh_token" when !_refreshTokens.GetValueOrDefault(form["refresh_token"]!) =>
            Wrong(400, "invalid_grant", "AADSTS70008: The refresh token has expired or was revoked."),
        "refresh_token" => Issue(form["refresh_token"], withRefresh: Rotates),
        "client_credentials" => IsClient(form)
            ? Issue(null, withRefresh: false)
            : Wrong(401, "invalid_client", "AADSTS7000222: The provided client secret keys are expired."),
        "authorization_code" => _codes.Remove(form["code"]!, out var code) && code.Redirect == form["redirect_uri"]
            && code.Challenge == Digest(form["code_verifier"]!)
                ? Issue(null, withRefresh: true)
                : Wrong(400, "invalid_grant", "Bad code."),
        "urn:ietf:params:oauth:grant-type:device_code" => PendingPolls-- > 0
            ? Wrong(400, "authorization_pending", "Not yet.")
            : Issue(null, withRefresh: true),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => IsSigned(form["assertion"]!, "/token")
            ? Issue(null, withRefresh: false)
            : Wrong(400, "invalid_grant", "Invalid JWT Signature."),
        _ => Wrong(400, "unsupported_grant_type", "Known: others."),
    };

    private (int, string) Issue(string? old, bool withRefresh)
    {
        var token = $"canary-access-{++_serial}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        _tokens[token] = new Issued(Time.GetUtcNow() + TokenLife, withRefresh ? old : null);
        var json = new JsonObject
        {
            ["access_token"] = token, ["token_type"] = "Bearer", ["expires_in"] = (int)TokenLife.TotalSeconds,
        };
        if (withRefresh)
            json["refresh_token"] = NewRefreshToken();
        if (RefreshLife is { } life)
            json["refresh_token_expires_in"] = (int)life.TotalSeconds;
        return (200, json.ToJsonString());
    }

    private string NewRefreshToken()
    {
        var token = $"canary-refresh-{++_serial}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        _refreshTokens[token] = true;
        return token;
    }

    private bool IsClient(NameValueCollection form) => form["client_assertion"] is { } assertion
        ? IsSigned(assertion, "/token")
        : ClientSecret is null || (form["client_secret"] == ClientSecret && form["client_id"] == ClientId);

    // RS256 over the first two parts, for us, and not over yet.
    private bool IsSigned(string jwt, string audience)
    {
        var parts = jwt.Split('.');
        if (Key is null || parts.Length != 3)
            return false;
        using var claims = JsonDocument.Parse(Unpack(parts[1]));
        return claims.RootElement.GetProperty("aud").GetString() == Address + audience
            && claims.RootElement.GetProperty("exp").GetInt64() > Time.GetUtcNow().ToUnixTimeSeconds()
            && Key.VerifyData(Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Unpack(parts[2]),
                HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private (int, string) Device(NameValueCollection form) => form["client_id"] == ClientId
        ? (200, new JsonObject
        {
            ["device_code"] = "canary-device-code", ["user_code"] = "WDJB-MJHT", ["interval"] = 1,
            ["expires_in"] = 900, ["verification_uri"] = Address + "/enter",
        }.ToJsonString())
        : Wrong(401, "invalid_client", "Who?");

    // RFC 7662: the mailbox is part of the answer, so that a server can hold it against the user.
    private (int, string) Introspect(NameValueCollection form) =>
        (200, Use(form["token"] ?? "") ? """{"active":true,"username":"app@example.org"}""" : """{"active":false}""");

    private string Authorize(NameValueCollection query)
    {
        var back = $"{query["redirect_uri"]}?state={Uri.EscapeDataString(query["state"] ?? "")}";
        if (ConsentError is { } error)
            return $"{back}&error={error}&error_description=The+person+said+no";
        lock (_gate)
        {
            var code = $"canary-code-{++_serial}";
            _codes[code] = (query["code_challenge"]!, query["redirect_uri"]!);
            return $"{back}&code={code}";
        }
    }

    private static (int, string) Wrong(int status, string error, string description) =>
        (status, new JsonObject { ["error"] = error, ["error_description"] = description }.ToJsonString());

    private static string Digest(string verifier) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))
            .TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static byte[] Unpack(string part) => Convert.FromBase64String(
        part.Replace('-', '+').Replace('_', '/').PadRight((part.Length + 3) / 4 * 4, '='));

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private sealed record Issued(DateTimeOffset ExpiresAt, string? Instead);
}
