using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Postroom.Api;
using Postroom.Api.Inbox;
using Postroom.Api.Live;
using Postroom.Api.Replays;
using Postroom.Api.Storms;
using Postroom.Configuration;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary>Asks the running service, over the UNIX socket in its data folder.</summary>
public sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    private ApiClient(string socket) => _http = new HttpClient(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancel) => new NetworkStream(await ConnectAsync(socket, cancel), ownsSocket: true),
    })
    {
        BaseAddress = new Uri("http://postroom/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Null if nobody serves this data folder.</summary>
    public static ApiClient? TryConnect(string dataFolder)
    {
        var path = Folders.ApiSocket(dataFolder);
        if (!File.Exists(path))
            return null;
        try
        {
            // A probe of its own, because a refused connection inside HttpClient comes out as something else.
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return new ApiClient(path);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new CliException(ExitCode.NotRunning,
                $"{path} may not be used by {Environment.UserName}: run this as the user the service runs as, or as "
                    + $"root");
        }
        catch (SocketException)
        {
            return null; // a socket that the last life left behind
        }
    }

    /// <summary>As <see cref="TryConnect"/>, where nothing can be done without a service.</summary>
    /// <exception cref="CliException">None runs.</exception>
    public static ApiClient Connect(string dataFolder) => TryConnect(dataFolder)
        ?? throw new CliException(ExitCode.NotRunning, $"no service runs for {dataFolder}, and it is the service that "
            + "knows this: start it with `postroom run`");

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), type, cancel);

    public Task<T> PostAsync<T>(string path, ActionRequest body, JsonTypeInfo<T> type, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, path, body, ApiJson.Default.ActionRequest), type, cancel);

    public Task<T> PostAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path), type, cancel);

    public Task<T> PutAsync<TBody, T>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Put, path, body, bodyType), type, cancel);

    /// <summary>Has the service try a route out.</summary>
    public Task<TrialAnswer> TryOutAsync(string route, TrialRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, $"api/v1/routes/{Uri.EscapeDataString(route)}/test", body,
            ApiJson.Default.TrialRequest), ApiJson.Default.TrialAnswer, cancel);

    /// <summary>Puts addresses on the suppression list.</summary>
    public Task<SuppressedAnswer> AddSuppressionsAsync(SuppressionRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, "api/v1/suppressions", body, ApiJson.Default.SuppressionRequest),
            ApiJson.Default.SuppressedAnswer, cancel);

    /// <summary>Does something to captured mail.</summary>
    /// <param name="key">What was asked under the same key is done once; null: each time.</param>
    public Task<InboxAnswer> InboxAsync(string action, InboxRequest body, string? key, CancellationToken cancel)
    {
        var request = With(HttpMethod.Post, $"api/v1/inbox/{action}", body, ApiJson.Default.InboxRequest);
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return SendAsync(request, ApiJson.Default.InboxAnswer, cancel);
    }

    /// <summary>Has the service hand mail over once more, or look.</summary>
    public Task<ReplayAnswer> ReplayAsync(ReplayRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, "api/v1/replays", body, ApiJson.Default.ReplayRequest),
            ApiJson.Default.ReplayAnswer, cancel);

    /// <summary>Has the service erase a person, or look.</summary>
    public Task<ErasureAnswer> EraseAsync(ErasureRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, "api/v1/erasures", body, ApiJson.Default.ErasureRequest),
            ApiJson.Default.ErasureAnswer, cancel);

    /// <summary>Says that a move is meant.</summary>
    public Task<LiveAnswer> ConfirmAsync(LiveRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, "api/v1/live/confirm", body, ApiJson.Default.LiveRequest),
            ApiJson.Default.LiveAnswer, cancel);

    /// <summary>Decides of a storm.</summary>
    public Task<StormDoneAnswer> StormAsync(string path, StormRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, path, body, ApiJson.Default.StormRequest), ApiJson.Default.StormDoneAnswer,
            cancel);

    /// <summary>Asks how an address stands in the log.</summary>
    public Task<LogWordAnswer> LogWordAsync(LogWordRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, "api/v1/log/word", body, ApiJson.Default.LogWordRequest),
            ApiJson.Default.LogWordAnswer, cancel);

    /// <summary>Has the service verify its journal.</summary>
    public Task<AuditAnswer> VerifyAsync(AuditRequest body, CancellationToken cancel) =>
        SendAsync(With(HttpMethod.Post, "api/v1/audit/verify", body, ApiJson.Default.AuditRequest),
            ApiJson.Default.AuditAnswer, cancel);

    public Task<T> DeleteAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), type, cancel);

    /// <summary>Copies the body of an answer as it is.</summary>
    public async Task CopyAsync(string path, Stream into, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        await ThrowIfProblemAsync(answer, cancel);
        await answer.Content.CopyToAsync(into, cancel);
    }

    /// <summary>As <see cref="CopyAsync"/>; false where there is nothing of that name, or it is gone.</summary>
    public async Task<bool> TryCopyAsync(string path, Stream into, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            return false;
        await ThrowIfProblemAsync(answer, cancel);
        await answer.Content.CopyToAsync(into, cancel);
        return true;
    }

    /// <summary>Reads an answer of JSON lines as they come.</summary>
    public async IAsyncEnumerable<T> LinesAsync<T>(
        string path, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        await ThrowIfProblemAsync(answer, cancel);
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        await foreach (var one in JsonSerializer.DeserializeAsyncEnumerable(body, type, topLevelValues: true, cancel))
            yield return one ?? throw new CliException(ExitCode.Bug, "the service answered nothing");
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using (request)
        using (var answer = await _http.SendAsync(request, cancel))
        {
            await ThrowIfProblemAsync(answer, cancel);
            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            return await JsonSerializer.DeserializeAsync(body, type, cancel)
                ?? throw new CliException(ExitCode.Bug, "the service answered nothing");
        }
    }

    private static HttpRequestMessage With<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(method, path) { Content = content };
    }

    private static async Task ThrowIfProblemAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        if (answer.IsSuccessStatusCode)
            return;
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var problem = answer.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? await JsonSerializer.DeserializeAsync(body, ApiJson.Default.ProblemAnswer, cancel)
            : null;
        var code = answer.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Conflict => ExitCode.NothingFound,
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => ExitCode.Wrong,
            HttpStatusCode.ServiceUnavailable => ExitCode.NotRunning,
            _ => ExitCode.Bug,
        };
        var lines = new List<string> { problem is null ? $"the service answered {(int)answer.StatusCode}"
            : $"{problem.Title}. {problem.Detail}" };
        lines.AddRange(problem?.Mistakes ?? []);
        throw new CliException(code, string.Join('\n', lines.Select(SafeText.Of)));
    }

    private static async Task<Socket> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _http.Dispose();
}
