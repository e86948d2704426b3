using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Relay.Spool;
using Postroom.Relay.Vault;
using Postroom.Why;

namespace Postroom.Api;

/// <summary>Answers the requests of <c>/api/v1</c>. Without routing or dependency injection: they are few.</summary>
internal sealed class ApiRequests(ApiDoors doors, ILogger log) : IHttpApplication<HttpContext>
{
    // A list may be this much behind rather than wait for the index; a person's next look will have it.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private const int ReadAtOnce = 64 * 1024;
    private readonly QueueReader _reader = new(doors.Spool.Index.FindAndCount, doors.Spool.Index.Count);
    private readonly QueueActions _actions = new(doors);
    private readonly SecretActions _secrets = new(doors);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception) { }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (ApiProblem problem)
        {
            await ProblemAsync(context, problem.Answer);
        }
        catch (VaultException e)
        {
            await ProblemAsync(context, new ProblemAnswer(e.Message, 422, "About secrets: docs/secrets.md"));
        }
        catch (JsonException e) when (context.Request.Path.StartsWithSegments("/api/v1/secrets"))
        {
            // What the reader says of a mistake may quote what it read, and that may be the secret.
            await ProblemAsync(context, new ProblemAnswer("the body is not the JSON expected", 400, string.Create(
                CultureInfo.InvariantCulture, $"Line {e.LineNumber + 1}, octet {e.BytePositionInLine}.")));
        }
        catch (JsonException e)
        {
            await ProblemAsync(context, new ProblemAnswer("the body is not the JSON expected", 400, e.Message));
        }
        catch (Exception e) when (e is SpoolFailedException or DamagedBodyException or IOException
            && !context.Response.HasStarted)
        {
            ApiLog.Failed(log, context.Request.Path, e.Message);
            await ProblemAsync(context, new ProblemAnswer(e.Message, 503, "See the relay's log."));
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        var request = context.Request;
        var path = (request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (request.Method, path) switch
        {
            ("GET", ["healthz"]) => WriteAsync(context, new HealthAnswer("ok"), ApiJson.Default.HealthAnswer),
            ("GET", ["metrics"]) => MetricsPage.WriteAsync(context, doors.Metrics),
            ("GET", ["api", "v1", "status"]) => WriteAsync(context, doors.Status(), ApiJson.Default.StatusAnswer),
            ("GET", ["api", "v1", "queue"]) => QueueAsync(context),
            ("GET", ["api", "v1", "why"]) => WhyAsync(context),
            ("GET", ["api", "v1", "mails", var id]) => WriteAsync(context, Mail(id), ApiJson.Default.MailAnswer),
            ("GET", ["api", "v1", "mails", var id, "raw"]) => RawAsync(context, id),
            ("POST", ["api", "v1", "queue", var action]) => ActionAsync(context, action),
            ("GET", ["api", "v1", "calendar"]) => WriteAsync(context, doors.Calendar(), ApiJson.Default.CalendarAnswer),
            ("POST", ["api", "v1", "reload"]) => ReloadAsync(context),
            ("POST", ["api", "v1", "routes", var name, "test"]) => TryOutAsync(context, name),
            (_, ["api", "v1", "secrets", ..]) => SecretsAsync(context, request.Method, path[3..]),
            _ => throw new ApiProblem(404, $"there is no {request.Method} {request.Path}",
                "The API: docs/reference/api.md"),
        };
    }

    private async Task QueueAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!QueueReader.TryCursor(query["after"], out var after))
            throw ApiProblem.Bad("after is no cursor", "Give what \"next\" of the page before says.");
        var most = 50;
        if (query["most"] is [{ } text]
            && (!int.TryParse(text, CultureInfo.InvariantCulture, out most) || most is < 1 or > QueueReader.Most))
            throw ApiProblem.Bad("most is not a number from 1 to 1000", "Ask for several pages.");
        await CaughtUpAsync(context.RequestAborted);
        var filter = QueueActions.ReadFilter(query["filter"], doors.Time);
        if (query["exact"] is [not ("true" or "false")])
            throw ApiProblem.Bad("exact is neither true nor false", "Leave it out, or say exact=true to count all.");
        var isExact = query["exact"] == "true";
        await WriteAsync(context, _reader.Page(filter, after, most, isExact), ApiJson.Default.QueueAnswer);
    }

    private async Task WhyAsync(HttpContext context)
    {
        await CaughtUpAsync(context.RequestAborted);
        var filter = QueueActions.ReadFilter(context.Request.Query["filter"], doors.Time);
        var index = doors.Spool.Index;
        var known = new Known(index.Find, index.Show, index.RelayEvents, doors.Time.GetLocalNow())
        {
            PauseOf = PauseOf,
        };
        await WriteAsync(context, AnswerOf.Reasons(Inquiry.Answer(known, filter)), ApiJson.Default.ReasonsAnswer);
    }

    private string? PauseOf(string route)
    {
        var lane = doors.Status().Routes.FirstOrDefault(one => one.Route == route && one.Paused);
        return lane?.Cause is not { } cause ? null
            : $"“{cause.Diagnostic}” ({cause.Status}). {lane.Explanation?.Cause} {lane.Explanation?.Cure}".TrimEnd();
    }

    private MailAnswer Mail(string text) =>
        MailId.TryParse(text, out var id) && doors.Spool.Index.Show(id) is { } mail
            ? AnswerOf.Mail(mail)
            : throw ApiProblem.NotFound($"there is no mail {text}");

    private async Task RawAsync(HttpContext context, string text)
    {
        if (!MailId.TryParse(text, out var id))
            throw ApiProblem.NotFound($"there is no mail {text}");
        var content = doors.Spool.Index.Content(id)
            ?? throw ApiProblem.NotFound($"the bytes of mail {text} are no longer kept");
        context.Response.ContentType = "message/rfc822";
        var buffer = new byte[ReadAtOnce];
        for (long at = 0; await content.ReadAsync(at, buffer, context.RequestAborted) is > 0 and var read; at += read)
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
    }

    private async Task ActionAsync(HttpContext context, string action)
    {
        var request = await JsonSerializer.DeserializeAsync(context.Request.Body, ApiJson.Default.ActionRequest,
            context.RequestAborted)
            ?? new ActionRequest();
        var who = Peer.NameOf(context.Features.Get<IConnectionSocketFeature>()?.Socket);
        await WriteAsync(context, await _actions.DoAsync(action, request, who, context.RequestAborted),
            ApiJson.Default.ActionAnswer);
    }

    private async Task ReloadAsync(HttpContext context)
    {
        var answer = await doors.Reload(context.RequestAborted);
        if (answer.Reloaded)
            await WriteAsync(context, answer, ApiJson.Default.ReloadAnswer);
        else
            await ProblemAsync(context, new ProblemAnswer("the configuration is wrong and was refused whole", 422,
                "What ran before still runs. Correct the mistakes and reload again.", answer.Mistakes));
    }

    private async Task TryOutAsync(HttpContext context, string name)
    {
        var request = await JsonSerializer.DeserializeAsync(context.Request.Body, ApiJson.Default.TrialRequest,
            context.RequestAborted)
            ?? new TrialRequest();
        var answer = await doors.TryOut(name, request, context.RequestAborted)
            ?? throw new ApiProblem(404, $"there is no route {name}", "Look with: postroom status");
        await WriteAsync(context, answer, ApiJson.Default.TrialAnswer);
    }

    private async Task SecretsAsync(HttpContext context, string method, string[] path)
    {
        var who = Peer.NameOf(context.Features.Get<IConnectionSocketFeature>()?.Socket);
        switch (method, path)
        {
            case ("GET", []):
                await WriteAsync(context, _secrets.List(), ApiJson.Default.SecretsAnswer);
                break;
            case ("PUT", [var name]):
                var request = await JsonSerializer.DeserializeAsync(context.Request.Body,
                    ApiJson.Default.SecretRequest, context.RequestAborted);
                await WriteAsync(context, _secrets.Set(name, request, who), ApiJson.Default.SecretAnswer);
                break;
            case ("DELETE", [var name]):
                await WriteAsync(context, _secrets.Delete(name, who), ApiJson.Default.SecretsAnswer);
                break;
            case ("POST", ["rotate"]):
                await WriteAsync(context, _secrets.Rotate(who), ApiJson.Default.RotationAnswer);
                break;
            default:
                throw new ApiProblem(404, $"there is no {method} {context.Request.Path}",
                    "The API: docs/reference/api.md");
        }
    }

    private async Task CaughtUpAsync(CancellationToken aborted)
    {
        using var patience = new CancellationTokenSource(Patience, doors.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, patience.Token);
        try
        {
            await doors.Spool.Index.CaughtUpAsync(either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            ApiLog.Behind(log);
        }
    }

    private static Task ProblemAsync(HttpContext context, ProblemAnswer problem)
    {
        context.Response.StatusCode = problem.Status;
        return WriteAsync(context, problem, ApiJson.Default.ProblemAnswer, "application/problem+json");
    }

    private static Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type, string contentType =
        "application/json")
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, type);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, 0, bytes.Length, context.RequestAborted);
    }
}

internal static partial class ApiLog
{
    [LoggerMessage(3001, LogLevel.Error, "API request {Path} failed: {Why}")]
    public static partial void Failed(ILogger log, string? path, string why);

    [LoggerMessage(3002, LogLevel.Debug, "a list was answered from an index that is behind")]
    public static partial void Behind(ILogger log);
}
