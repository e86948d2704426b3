using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Postroom.Tests.Relay.Delivery.Graph;

/// <summary>What a test wants answered instead.</summary>
internal sealed record Oddity(int Status, string Code = "", string Message = "")
{
    public (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>Breaks the connection instead, once the request was read.</summary>
    public bool Breaks { get; init; }

    /// <summary>Says nothing until this is done.</summary>
    public Task? Until { get; init; }

    public string? Page { get; init; }
}

/// <summary>A request as it was read.</summary>
internal sealed record Asked(string Method, string Path, IHeaderDictionary Headers, byte[] Body);

/// <summary>A draft in the mailbox.</summary>
internal sealed class Draft
{
    public required JsonDocument Json { get; init; }

    public List<(JsonElement About, byte[] Octets)> Files { get; } = [];

    public bool IsSent { get; set; }

    public bool IsDeleted { get; set; }
}

/// <summary>
/// A Microsoft Graph of the tests' own on a loopback port, as far as mail is sent: it answers as Microsoft's pages say,
/// errors included.
/// </summary>
internal sealed class LoopbackGraph : IAsyncDisposable
{
    public const string Mailbox = "relay@example.com";

    // Measured by somebody who had to know: https://github.com/microsoftgraph/msgraph-sdk-java/pull/52.
    private const int LargestAttachment = 3_145_611;
    private const int SmallestUpload = 2 * 1024 * 1024;
    private const int LargestRequest = 4 * 1024 * 1024;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (Draft Draft, JsonElement About, MemoryStream Octets)> _uploads = [];
    private int _now;
    private int _numbers;

    private LoopbackGraph(WebApplication app) => _app = app;

    public int Port { get; private set; }

    /// <summary>Whom it lets in.</summary>
    public HashSet<string> Tokens { get; } = ["good"];

    /// <summary>Asked first of all; null to answer as usual.</summary>
    public Func<Asked, Oddity?> Odd { get; set; } = _ => null;

    public ConcurrentQueue<Asked> Requests { get; } = [];

    /// <summary>The mails that were sent as they are, decoded.</summary>
    public ConcurrentQueue<byte[]> Sent { get; } = [];

    public ConcurrentDictionary<string, Draft> Drafts { get; } = [];

    public int MostAtOnce { get; private set; }

    public static async Task<LoopbackGraph> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(k => k.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var graph = new LoopbackGraph(app);
        app.Run(graph.AnswerAsync);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        graph.Port = new Uri(address.Addresses.Single()).Port;
        return graph;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        lock (_uploads)
            MostAtOnce = Math.Max(MostAtOnce, ++_now);
        try
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            var asked = new Asked(
                http.Request.Method, http.Request.Path.Value!,
                new HeaderDictionary(new Dictionary<string, StringValues>(http.Request.Headers)), body.ToArray());
            http.Response.Headers["request-id"] = $"their-{Interlocked.Increment(ref _numbers)}";
            Requests.Enqueue(asked);
            if (Odd(asked) is { } odd)
                await OddlyAsync(http, odd);
            else if (asked.Path.StartsWith("/upload/", StringComparison.Ordinal))
                await UploadAsync(http, asked);
            else
                await AsUsualAsync(http, asked);
        }
        finally
        {
            lock (_uploads)
                _now--;
        }
    }

    private static async Task OddlyAsync(HttpContext http, Oddity odd)
    {
        if (odd.Until is { } until)
            await until;
        if (odd.Breaks)
        {
            http.Abort();
            return;
        }

        foreach (var (name, value) in odd.Headers)
            http.Response.Headers[name] = value;
        http.Response.StatusCode = odd.Status;
        if (odd.Page is { } page)
            await http.Response.WriteAsync(page);
        else if (odd.Code.Length > 0)
            await ErrorAsync(http, odd.Status, odd.Code, odd.Message);
    }

    private async Task AsUsualAsync(HttpContext http, Asked asked)
    {
        if (!asked.Headers.Authorization.ToString().StartsWith("Bearer ", StringComparison.Ordinal)
            || !Tokens.Contains(asked.Headers.Authorization.ToString()[7..]))
            await ErrorAsync(http, 401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.");
        else if (asked.Body.Length > LargestRequest)
            await ErrorAsync(http, 413, "RequestEntityTooLarge", "The request is too large.");
        else if (!asked.Path.StartsWith($"/v1.0/users/{Mailbox}/", StringComparison.Ordinal))
            await ErrorAsync(http, 404, "ErrorInvalidUser", "The requested user is invalid.");
        else
            await MailboxAsync(http, asked, asked.Path.Split('/')[4..]);
    }

    private Task MailboxAsync(HttpContext http, Asked asked, string[] path) => (asked.Method, path) switch
    {
        ("POST", ["sendMail"]) => SendAsync(http, asked),
        ("POST", ["messages"]) => CreateAsync(http, asked),
        ("POST", ["messages", var id, "attachments"]) => AttachAsync(http, asked, Drafts[id]),
        ("POST", ["messages", var id, "attachments", "createUploadSession"]) => BeginAsync(http, asked, Drafts[id]),
        ("POST", ["messages", var id, "send"]) => EndAsync(http, 202, () => Drafts[id].IsSent = true),
        ("DELETE", ["messages", var id]) => EndAsync(http, 204, () => Drafts[id].IsDeleted = true),
        _ => ErrorAsync(http, 400, "BadRequest", $"no such thing: {asked.Method} {asked.Path}"),
    };

    private Task SendAsync(HttpContext http, Asked asked)
    {
        if (asked.Headers.ContentType != "text/plain")
            return ErrorAsync(http, 400, "BadRequest", "Unable to read JSON request payload.");
        var mail = new byte[asked.Body.Length];
        if (!Convert.TryFromBase64String(Encoding.ASCII.GetString(asked.Body), mail, out var length))
            return ErrorAsync(
                http, 400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.");
        return EndAsync(http, 202, () => Sent.Enqueue(mail[..length]));
    }

    private Task CreateAsync(HttpContext http, Asked asked)
    {
        var draft = new Draft { Json = JsonDocument.Parse(asked.Body) };
        var id = $"AAMk{Drafts.Count}=";
        Drafts[id] = draft;
        if (draft.Json.RootElement.TryGetProperty("attachments", out var files))
            foreach (var file in files.EnumerateArray())
                draft.Files.Add((file, file.GetProperty("contentBytes").GetBytesFromBase64()));
        http.Response.StatusCode = 201;
        return http.Response.WriteAsync(
            $$"""{"@odata.context":"x","@odata.etag":"W/\"1\"","id":"{{id}}","body":{"id":"no"},"isDraft":true}""");
    }

    private static Task AttachAsync(HttpContext http, Asked asked, Draft draft)
    {
        var file = JsonDocument.Parse(asked.Body).RootElement;
        var octets = file.GetProperty("contentBytes").GetBytesFromBase64();
        if (octets.Length > LargestAttachment)
            return ErrorAsync(http, 413, "RequestEntityTooLarge", "The request is too large.");
        return EndAsync(http, 201, () => draft.Files.Add((file, octets)));
    }

    private Task BeginAsync(HttpContext http, Asked asked, Draft draft)
    {
        var file = JsonDocument.Parse(asked.Body).RootElement.GetProperty("AttachmentItem");
        if (file.GetProperty("size").GetInt64() < SmallestUpload)
            return ErrorAsync(
                http, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "Attachment size must be greater.");
        var key = $"session{_uploads.Count}";
        _uploads[key] = (draft, file, new MemoryStream());
        http.Response.StatusCode = 201;
        return http.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture,
            $$"""{"uploadUrl":"http://127.0.0.1:{{Port}}/upload/{{key}}?authtoken=permit"}"""));
    }

    private Task UploadAsync(HttpContext http, Asked asked)
    {
        var (draft, file, octets) = _uploads[asked.Path["/upload/".Length..]];
        var size = file.GetProperty("size").GetInt64();
        var range = string.Create(CultureInfo.InvariantCulture,
            $"bytes {octets.Length}-{octets.Length + asked.Body.Length - 1}/{size}");
        if (asked.Headers.Authorization.Count > 0)
            return ErrorAsync(http, 401, "unauthenticated", "A token that is not for here.");
        if (asked.Headers.ContentRange != range || asked.Body.Length >= 4_000_000
            || (octets.Length + asked.Body.Length < size && asked.Body.Length % (320 * 1024) != 0))
            return ErrorAsync(http, 416, "invalidRange", $"not {range}");
        octets.Write(asked.Body);
        if (octets.Length < size)
            return EndAsync(http, 200, () => { });
        return EndAsync(http, 201, () => draft.Files.Add((file, octets.ToArray())));
    }

    private static Task EndAsync(HttpContext http, int status, Action done)
    {
        done();
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Task ErrorAsync(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(JsonSerializer.Serialize(new
        {
            error = new
            {
                code,
                message,
                innerError = new Dictionary<string, string> { ["request-id"] = "x", ["date"] = "2026-11-25T10:00:00" },
            },
        }));
    }
}
