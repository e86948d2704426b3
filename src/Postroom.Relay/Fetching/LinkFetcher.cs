using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Postroom.Mail;
using Postroom.Mail.Content.Checks;

namespace Postroom.Relay.Fetching;

/// <summary>What came of asking for a link.</summary>
/// <param name="Url">As the mail has it.</param>
/// <param name="Status">Of the last answer; null where there was none.</param>
/// <param name="Failure">Why there was none, or why it was not asked for; null where there was one.</param>
public sealed record LinkOutcome(string Url, int? Status, string? Failure)
{
    /// <summary>Where it led in the end, where that is elsewhere.</summary>
    public string? Final { get; init; }
}

/// <summary>The doors of a <see cref="LinkFetcher"/>.</summary>
/// <param name="Resolve">The addresses of a name.</param>
/// <param name="MayAsk">Whether an address may be connected to.</param>
public sealed record FetchDoors(
    Func<string, CancellationToken, Task<IPAddress[]>> Resolve, Func<IPAddress, bool> MayAsk)
{
    /// <summary>The system's resolver, and the public internet alone.</summary>
    public static FetchDoors Standard { get; } = new(System.Net.Dns.GetHostAddressesAsync, Reach.IsPublic);
}

/// <summary>Asks where the links of a mail lead, because a person asked for it.</summary>
/// <remarks>
/// Who writes a mail chooses what is asked for here: so no address within the house is ever connected to. A name is
/// looked up once for a connection, what it stands for is looked at, and it is that address which is connected to; a
/// second answer of DNS changes nothing. Each redirect is looked at anew. Nothing of an answer but its head is read.
/// </remarks>
public sealed class LinkFetcher(FetchDoors doors)
{
    /// <summary>Links that are asked for; what is beyond is not.</summary>
    public const int Most = 50;

    private const int MostRedirects = 5;
    private const int AtOnce = 4;
    private static readonly TimeSpan WithinHop = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WithinAll = TimeSpan.FromSeconds(60);

    /// <summary>Asks for each, a few at a time.</summary>
    /// <returns>In the same order, of the first <see cref="Most"/>. What took too long has a failure.</returns>
    public async Task<IReadOnlyList<LinkOutcome>> FetchAsync(IReadOnlyList<string> urls, CancellationToken cancel)
    {
        using var http = Make();
        using var turns = new SemaphoreSlim(AtOnce, AtOnce);
        using var patience = new CancellationTokenSource(WithinAll);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        return await Task.WhenAll(urls.Take(Most).Select(url => InTurnAsync(http, turns, url, either.Token, cancel)));
    }

    private static async Task<LinkOutcome> InTurnAsync(
        HttpClient http, SemaphoreSlim turns, string url, CancellationToken either, CancellationToken cancel)
    {
        try
        {
            await turns.WaitAsync(either);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new LinkOutcome(url, null, "the time for all links was over before its turn came");
        }

        try
        {
            return await OneAsync(http, url, either);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new LinkOutcome(url, null, "no answer came in time");
        }
        catch (HttpRequestException e)
        {
            return new LinkOutcome(url, null, Printable.Of(e.InnerException is RefusedException refused
                ? refused.Message : e.Message));
        }
        finally
        {
            turns.Release();
        }
    }

    private static async Task<LinkOutcome> OneAsync(HttpClient http, string url, CancellationToken cancel)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var now))
            return new LinkOutcome(url, null, "it is no address");
        for (var hop = 0; hop <= MostRedirects; hop++)
        {
            if (now.Scheme is not ("http" or "https"))
                return new LinkOutcome(url, null, $"it leads to the scheme {now.Scheme}, which is not asked for");
            now = new UriBuilder(now) { UserName = "", Password = "" }.Uri; // what a mail says of whoever reads it
            var (status, location) = await AskAsync(http, HttpMethod.Head, now, cancel);
            if (status is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented or HttpStatusCode.Forbidden
                or HttpStatusCode.NotFound)
                (status, location) = await AskAsync(http, HttpMethod.Get, now, cancel);
            if ((int)status is not (301 or 302 or 303 or 307 or 308) || location is null)
                return new LinkOutcome(url, (int)status, null)
                {
                    Final = hop == 0 ? null : Printable.Of(now.AbsoluteUri),
                };
            now = new Uri(now, location);
        }

        return new LinkOutcome(url, null, $"it leads from one place to the next more than {MostRedirects} times");
    }

    private static async Task<(HttpStatusCode Status, Uri? Location)> AskAsync(
        HttpClient http, HttpMethod method, Uri url, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, url);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        return (answer.StatusCode, answer.Headers.Location);
    }

    private HttpClient Make()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = WithinHop,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
            PreAuthenticate = false,
        };
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            // Nothing is fetched from where a certificate says.
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
            },
        };
        return new HttpClient(handler) { Timeout = WithinHop };
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await doors.Resolve(host, cancel);
        // One address within the house is enough: who names both wants the other.
        if (addresses.Length == 0 || !addresses.All(doors.MayAsk))
            throw new RefusedException($"{host} is, or is also, within the house: it was not asked for");
        Socket? connecting = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await connecting.ConnectAsync(addresses, context.DnsEndPoint.Port, cancel);
            var connected = new NetworkStream(connecting, ownsSocket: true);
            connecting = null;
            return connected;
        }
        finally
        {
            connecting?.Dispose();
        }
    }

    private sealed class RefusedException(string message) : IOException(message);
}
