using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Postroom.Api.Access;
using Postroom.Api.Contents;
using Postroom.Api.Export;
using Postroom.Api.Inbox;
using Postroom.Api.Live;
using Postroom.Api.Modes;
using Postroom.Api.Storms;
using Postroom.Api.Trouble;
using Postroom.Relay.Dns;
using Postroom.Relay.Fetching;
using Postroom.Relay.Spool;
using Postroom.Relay.Vault;

namespace Postroom.Api;

/// <summary>Takes requests: finds the operation, asks the gate, has it answered, says what went wrong.</summary>
internal sealed class ApiRequests(ApiDoors doors, Gate gate, ILogger log) : IHttpApplication<HttpContext>
{
    private readonly Witness _witness = new(doors);

    public MailRequests Mails => field ??= new(doors, Bodies, log);

    public HouseRequests House => field ??= new(doors, _witness);

    public ListenerUserRequests Users => field ??= new(doors, _witness);

    public AuditRequests Audit { get; } = new(doors);

    public ErasureRequests Erasures { get; } = new(doors);

    public AlarmRequests Alarms => field ??= new(doors, _witness);

    public SuppressionActions Suppressions => field ??= new(doors, _witness);

    public ModeRequests Modes { get; } = new(doors);

    public LiveRequests Live { get; } = new(doors);

    public TroubleRequests Trouble { get; } = new(doors);

    public StormRequests Storms { get; } = new(doors);

    public MessageRequests Messages { get; } = new(doors, log);

    public ExportRequests Exports => field ??= new(doors, Bodies);

    public ContentRequests Contents => field ??= new(Mails, Bodies, new LinkFetcher(FetchDoors.Standard),
        new SenderRequests(new DnsAsker(doors.Dns, doors.Time), doors.Time));

    private Bodies Bodies => field ??= new(_witness);

    public InboxRequests Inbox => field ??= new(doors);

    public Replays.ReplayRequests Replays { get; } = new(doors);

    public TrailRequests Trail { get; } = new(doors);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception) { }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        try
        {
            var (operation, names) = Find(context.Request);
            var caller = gate.Admit(context, operation.Needs);
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await operation.Do(this, new Call(context, caller, names));
        }
        catch (ApiProblem problem)
        {
            if (problem.Field is var (name, value))
                context.Response.Headers[name] = value;
            await Call.WriteProblemAsync(context, problem.Answer);
        }
        catch (VaultException e)
        {
            await Call.WriteProblemAsync(context, new ProblemAnswer(e.Message, 422, "About secrets: docs/secrets.md"));
        }
        catch (JsonException e)
        {
            await Call.WriteProblemAsync(context,
                new ProblemAnswer("the body is not the JSON expected", 400, e.Message));
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Call.WriteProblemAsync(context, new ProblemAnswer(e.Message, e.StatusCode,
                "The bounds of a request: docs/reference/api.md"));
        }
        catch (Exception e) when (e is SpoolFailedException or DamagedBodyException or IOException
            && !context.Response.HasStarted)
        {
            ApiLog.Failed(log, context.Request.Path, e.Message);
            await Call.WriteProblemAsync(context, new ProblemAnswer(e.Message, 503, "See the relay's log."));
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException)
            && !context.Response.HasStarted)
        {
            ApiLog.Bug(log, context.Request.Path, e);
            await Call.WriteProblemAsync(context, new ProblemAnswer("a bug of ours", 500, "See the relay's log."));
        }
    }

    private static (Operation Operation, List<string> Names) Find(HttpRequest request)
    {
        var path = (request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        var others = new List<string>();
        foreach (var operation in Operations.All)
        {
            if (!operation.Fits(path, out var names))
                continue;
            if (operation.Method == request.Method)
                return (operation, names);
            others.Add(operation.Method);
        }

        throw others.Count == 0
            ? new ApiProblem(404, $"there is no {request.Method} {request.Path}", "The API: docs/reference/api.md")
            : new ApiProblem(405, $"{request.Path} knows no {request.Method}", $"It knows {string.Join(", ", others)}.")
            {
                Field = ("Allow", string.Join(", ", others)),
            };
    }
}
