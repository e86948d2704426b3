using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.OAuth;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>Asks one Graph host for one mailbox: tokens, connections, bounds, and what an answer means.</summary>
/// <remarks>HTTP/1.1, because there one knows when the last of a request has left.</remarks>
internal sealed class GraphLink : IDisposable
{
    private readonly Route _route;
    private readonly GraphSettings _settings;
    private readonly IDialer _dialer;
    private readonly TimeProvider _time;
    private readonly Throttle _throttle;
    private readonly HttpMessageInvoker _http;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _end = new();

    public GraphLink(Route route, GraphSettings settings, IDialer dialer, TimeProvider time)
    {
        (_route, _settings, _dialer, _time) = (route, settings, dialer, time);
        _throttle = new Throttle(settings, time);
        Places = Math.Clamp(route.Connections, 1, 4);
        _places = new SemaphoreSlim(Places);
        IsLoopback = IsOwn(route.Host);
        Root = new UriBuilder(IsLoopback ? "http" : "https", route.Host, route.Port).Uri;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // a token goes nowhere but where it was meant for
            UseCookies = false,
            UseProxy = !IsLoopback,
            ConnectTimeout = settings.Connect,
            ConnectCallback = ConnectAsync,
            MaxConnectionsPerServer = Places,
            MaxResponseHeadersLength = 64,
            PooledConnectionIdleTimeout = settings.KeepIdle,
        });
    }

    /// <summary>Exchange Online works on four requests for one mailbox at once; a fifth is refused.</summary>
    public int Places { get; }

    public Uri Root { get; }

    /// <summary>In the clear, to a Graph of tests.</summary>
    public bool IsLoopback { get; }

    public string Remote => string.Create(CultureInfo.InvariantCulture, $"{_route.Host}:{_route.Port}");

    public bool IsClosed => _end.IsCancellationRequested;

    private ITokenSource? Source => _settings.Tokens(_route.Account?.OAuth ?? "");

    /// <summary>An address below the mailbox's own.</summary>
    public Uri At(string path)
    {
        var mailbox = _route.Account?.User is { Length: > 0 } user ? user : Source?.User ?? "";
        return new Uri(Root, $"/v1.0/users/{Uri.EscapeDataString(mailbox)}/{path}");
    }

    /// <summary>One request, and a second one with another token if the first one's is refused.</summary>
    /// <exception cref="OperationCanceledException">Given up before the last of it left.</exception>
    public async Task<GraphAnswer> AskAsync(GraphRequest request, Transcript log, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _end.Token);
        await _places.WaitAsync(either.Token);
        try
        {
            if (_throttle.Now is { } said)
                return new GraphAnswer(0, said);
            if (request.Step == GraphStep.Upload)
                return await SendAsync(request, null, log, cancel);
            if (Source is not { } source)
                return new GraphAnswer(0, new Failure(Fault.Account, new EnhancedStatus(5, 7, 8),
                    $"there is no OAuth account '{_route.Account?.OAuth}'", null));
            for (var isFirst = true; ; isFirst = false)
            {
                var token = await source.GetAsync(either.Token);
                var answer = await SendAsync(request, token, log, cancel);
                if (answer.Status == 0)
                    return answer;
                if (answer.Status != 401)
                    source.Accepted(token);
                else if (source.Refused(token) && isFirst)
                    continue;
                return answer;
            }
        }
        catch (TokenException none)
        {
            log.Noted(Printable.Of(none.Message));
            return new GraphAnswer(0, new Failure(
                none.IsAccount ? Fault.Account : Fault.NextHop,
                none.IsAccount ? new EnhancedStatus(5, 7, 8) : new EnhancedStatus(4, 4, 1),
                Reply.Cut(Printable.Of(none.Message)), null));
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _http.Dispose();
    }

    private static bool IsOwn(string host) =>
        host is "localhost"
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext to, CancellationToken cancel)
    {
        DialException? last = null;
        foreach (var address in await _dialer.ResolveAsync(to.DnsEndPoint.Host, cancel))
            try
            {
                return await _dialer.ConnectAsync(address, to.DnsEndPoint.Port, cancel);
            }
            catch (DialException failed)
            {
                last = failed;
            }

        throw last ?? new DialException($"{to.DnsEndPoint.Host} has no address");
    }

    private async Task<GraphAnswer> SendAsync(
        GraphRequest request, AccessToken? token, Transcript log, CancellationToken cancel)
    {
        var within = request.AtWire is not null ? _settings.Send
            : request.Method == HttpMethod.Delete ? _settings.Delete : _settings.Request;
        var wire = new OnTheWire(request.AtWire);
        using var limit = new CancellationTokenSource(within, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _end.Token);
        using var givenUp = cancel.UnsafeRegister(_ =>
        {
            if (wire.GiveUp())
                stop.Cancel();
        }, null);
        using var message = Make(request, token, wire, out var id);
        log.Sent(Printable.Of(request.Shown));
        try
        {
            using var response = await _http.SendAsync(message, stop.Token);
            var answer = await AnswerAsync(request, response, id, stop.Token);
            answer = answer with { Failure = Masked(answer.Failure, token) };
            log.Received(answer.Failure?.Diagnostic ?? answer.Reply());
            return answer;
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException or IOException)
        {
            if ((cancel.IsCancellationRequested || IsClosed) && wire.GiveUp())
                throw new OperationCanceledException(cancel.IsCancellationRequested ? cancel : _end.Token);
            var failure = Broken(broken, wire, limit.IsCancellationRequested ? within : null);
            log.Noted(failure.Diagnostic);
            return new GraphAnswer(0, failure) { Id = id, InDoubt = request.AtWire is not null && wire.IsMarked };
        }
    }

    private static HttpRequestMessage Make(GraphRequest request, AccessToken? token, OnTheWire wire, out string id)
    {
        id = new Guid(RandomNumberGenerator.GetBytes(16)).ToString();
        var message = new HttpRequestMessage(request.Method, request.Address)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new GraphContent(request.Body, request.AsBase64, wire),
        };
        if (request.Body.Length > 0)
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        if (request.Range is { } range)
            message.Content.Headers.ContentRange = ContentRangeHeaderValue.Parse(range);
        if (token is null)
            return message; // RFC 6750 §5.3: a token is for the one it was made for
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value.Reveal());
        message.Headers.Add("client-request-id", id);
        message.Headers.Add("return-client-request-id", "true");
        return message;
    }

    private async Task<GraphAnswer> AnswerAsync(
        GraphRequest request, HttpResponseMessage response, string id, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        var body = await BodyAsync(response, cancel);
        if (response.Headers.TryGetValues("request-id", out var theirs))
            id = theirs.First();
        var answer = new GraphAnswer(status, null) { Id = id, Body = body };
        if (status == request.Expected || status == request.OrElse)
            return answer;
        var (code, said) = GraphAnswer.Words(body);
        var failure = status is >= 200 and < 400
            ? new Failure(Fault.NextHop, new EnhancedStatus(4, 5, 0),
                $"answered {status}, which is no answer of Graph to this", _route.Host)
            : GraphVerdict.Of(
                request.Step, status, code, $"{status} {code}: {said} (request-id {id})", _route.Host);
        return answer with
        {
            Failure = _throttle.Note(failure, status, response.Headers.RetryAfter),
            InDoubt = request.AtWire is not null && status is 502 or 504, // a gateway speaks, not who would know
        };
    }

    // An answer is an answer, whatever becomes of its words.
    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var body = new byte[GraphAnswer.Bound];
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel);
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException or OperationCanceledException)
        {
            return default;
        }

        return body.AsMemory(0, length);
    }

    private Failure Broken(Exception broken, OnTheWire wire, TimeSpan? within)
    {
        var why = Printable.Of((broken.InnerException ?? broken).Message);
        var error = (broken as HttpRequestException)?.HttpRequestError;
        var (status, text) = (within, wire.IsMarked, error) switch
        {
            ({ } limit, true, _) => (new EnhancedStatus(4, 4, 2), Seconds("no answer within", limit)),
            ({ } limit, false, _) => (new EnhancedStatus(4, 4, 1), Seconds("it could not be sent within", limit)),
            (_, _, HttpRequestError.SecureConnectionError) => (new EnhancedStatus(4, 7, 5), why),
            (_, _, HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError) =>
                (new EnhancedStatus(4, 4, 1), why),
            (_, false, _) => (new EnhancedStatus(4, 4, 2), $"the connection broke: {why}"),
            (_, true, _) => (new EnhancedStatus(4, 4, 2), $"the connection broke before an answer came: {why}"),
        };
        return new Failure(Fault.NextHop, status, Reply.Cut(text), _route.Host);
    }

    private static string Seconds(string what, TimeSpan limit) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} {limit.TotalSeconds} s");

    // A server that repeats the token does not get it shown.
    private static Failure? Masked(Failure? failure, AccessToken? token) => failure is null || token is null ? failure
        : failure with
        {
            Diagnostic = failure.Diagnostic.Replace(token.Value.Reveal(), "•••", StringComparison.Ordinal),
        };
}
