using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Postroom.Api;

/// <summary>What <c>/api/v1/audit</c> reaches of the house.</summary>
/// <param name="Verify">Verifies the journal beside everything else.</param>
/// <param name="Checkpoints">Those in the journal, oldest first.</param>
/// <param name="Key">With what they are signed.</param>
public sealed record AuditDoors(Func<AuditRequest, CancellationToken, Task<AuditAnswer>> Verify,
    Func<CheckpointsAnswer> Checkpoints, Func<AuditKeyAnswer> Key);

/// <summary>Answers <c>/api/v1/audit</c>.</summary>
internal sealed class AuditRequests(ApiDoors doors)
{
    private const long MostOctets = 64 << 20; // a checkpoint is 350: a hundred years of them

    public Task AnswerAsync(HttpContext context, string[] path) => (context.Request.Method, path, doors.Audit) switch
    {
        ("POST", ["verify"], { } audit) => VerifyAsync(context, audit),
        ("GET", ["checkpoints"], { } audit) =>
            ApiRequests.WriteAsync(context, audit.Checkpoints(), ApiJson.Default.CheckpointsAnswer),
        ("GET", ["key"], { } audit) => ApiRequests.WriteAsync(context, audit.Key(), ApiJson.Default.AuditKeyAnswer),
        _ => throw new ApiProblem(404, $"there is no {context.Request.Method} {context.Request.Path}",
            "The API: docs/reference/api.md"),
    };

    private static async Task VerifyAsync(HttpContext context, AuditDoors audit)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostOctets;
        var request = await JsonSerializer.DeserializeAsync(context.Request.Body, ApiJson.Default.AuditRequest,
            context.RequestAborted)
            ?? new AuditRequest();
        try
        {
            await ApiRequests.WriteAsync(context, await audit.Verify(request, context.RequestAborted),
                ApiJson.Default.AuditAnswer);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new ApiProblem(503, "the relay stops, and the verification with it",
                "Verify again when it runs, or while it is stopped.");
        }
    }
}
