using Postroom.Api.Letters;
using Postroom.Mail;

namespace Postroom.Api;

/// <summary>Whose records are to be erased: <c>POST /api/v1/erasures</c>.</summary>
/// <param name="Address">The person's address, whole.</param>
/// <param name="Reason">For the record: the number of the request, say; not the address.</param>
/// <param name="DryRun">Only looks what there is.</param>
public sealed record ErasureRequest(string? Address = null, string? Reason = null, bool DryRun = false);

/// <summary>What there was of a person, and what became of it: <c>postroom erase --json</c>.</summary>
/// <param name="Address">In the place of the address, here and in the record of the erasure: its keyed hash.</param>
/// <param name="Done">False: only looked for, or there was nothing.</param>
public sealed record ErasureAnswer(string Address, bool Done)
{
    /// <summary>Mails to nobody else, from the address, and reports about these.</summary>
    public int Mails { get; init; }

    /// <summary>Places among several recipients of a mail.</summary>
    public int Places { get; init; }

    /// <summary>Events of the relay itself whose words named it.</summary>
    public int Events { get; init; }

    /// <summary>It stood on the list of addresses that no mail is sent to, or had.</summary>
    public bool Suppressed { get; init; }

    /// <summary>Notices of alarms that named it.</summary>
    public int Notices { get; init; }

    /// <summary>Mails that have not ended: while there are any nothing is erased.</summary>
    public IReadOnlyList<string> Open { get; init; } = [];

    /// <summary>The files have been gone through as well; false while that goes on.</summary>
    public bool Complete { get; init; }

    /// <summary>The chain of records behind the erasure, signed: the proof, to be kept elsewhere.</summary>
    public string? Checkpoint { get; init; }
}

/// <summary>Answers <c>/api/v1/erasures</c>.</summary>
internal sealed class ErasureRequests(ApiDoors doors)
{
    public async Task EraseAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.ErasureRequest) ?? new ErasureRequest();
        var erase = doors.Erase ?? throw new ApiProblem(404, "there is no journal on this machine",
            "Ask the machine that keeps it.");
        var address = LetterWriter.Address(request.Address ?? "");
        var reason = AppFacts.Text(request.Reason);
        if (reason?.Contains(address, StringComparison.OrdinalIgnoreCase) == true)
            throw ApiProblem.Bad("the reason names the address, and is kept", "Give the number of the request, say.");
        try
        {
            var answer = await erase(address, !request.DryRun, (call.Caller.Name, reason), call.Aborted);
            if (answer.Open.Count > 0 && !request.DryRun)
                throw new ApiProblem(409, $"{answer.Open.Count} mails of this address have not ended: "
                    + string.Join(", ", answer.Open.Take(10)),
                    "Cancel them, or wait until they have; nothing was erased.");
            await call.WriteAsync(answer, ApiJson.Default.ErasureAnswer);
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            throw new ApiProblem(503, "the relay stops", "What was begun goes on with its next start.");
        }
        catch (IOException e)
        {
            throw new ApiProblem(503, "the disk would not, and what is left is tried again within the hour", e.Message);
        }
    }
}
