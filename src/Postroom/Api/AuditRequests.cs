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

    public Task CheckpointsAsync(Call call) =>
        call.WriteAsync(Audit.Checkpoints(), ApiJson.Default.CheckpointsAnswer);

    public Task KeyAsync(Call call) => call.WriteAsync(Audit.Key(), ApiJson.Default.AuditKeyAnswer);

    public async Task VerifyAsync(Call call)
    {
        if (call.Context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostOctets;
        var request = await call.ReadAsync(ApiJson.Default.AuditRequest) ?? new AuditRequest();
        try
        {
            await call.WriteAsync(await Audit.Verify(request, call.Aborted), ApiJson.Default.AuditAnswer);
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            throw new ApiProblem(503, "the relay stops, and the verification with it",
                "Verify again when it runs, or while it is stopped.");
        }
    }

    private AuditDoors Audit => doors.Audit ?? throw new ApiProblem(404, "there is no journal on this machine",
        "Ask the machine that keeps it.");
}
