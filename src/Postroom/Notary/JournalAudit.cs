using Postroom.Api;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Relay.Vault;

namespace Postroom.Notary;

/// <summary>Verifies a journal together with its checkpoints: the one way, beside a running relay and without
/// one.</summary>
public static class JournalAudit
{
    // As many breaks as anybody reads.
    private const int MostBreaks = 100;

    /// <param name="verify">Reads the journal, and tells the witness.</param>
    /// <param name="isRunning">Somebody writes to it meanwhile.</param>
    public static async Task<AuditAnswer> RunAsync(
        Func<ChainWitness, Task<VerifyReport>> verify, KeyBook book, AuditRequest request, bool isRunning)
    {
        var kept = Checkpoint.FindAll(request.Checkpoints ?? "", out var unread);
        var keys = request.Keys is { } given ? VerifyingKey.ReadAll(given) : book.Keys;
        if (request.Keys is not null && keys.Count == 0)
            throw ApiProblem.Bad("the file of keys holds no public key", "Give what `postroom audit key` prints.");
        if (request.Checkpoints is not null && kept.Count + unread == 0)
            throw ApiProblem.Bad("there is no checkpoint in what was given",
                $"Give lines of the relay's log that hold \"{Checkpoint.Word}\".");
        var checkpoints = new CheckpointBook(book.Installation ?? "", keys, kept);
        var report = await verify(checkpoints.Witness);
        var inJournal = checkpoints.OfJournal(report);
        var ofKept = request.Checkpoints is null ? null : checkpoints.OfKept(report, unread);
        if (request.Keys is not null && inJournal is { Right: 0, Wrong: 0, Gone: 0 }
            && ofKept is null or { Right: 0, Wrong: 0, Gone: 0 })
            checkpoints.NoneByKey();
        var breaks = report.Breaks.Select(Of).Concat(checkpoints.Misfits)
            .OrderBy(found => found.At is { } at ? ((long)at.Segment << 32) | (uint)at.Offset : long.MaxValue).ToList();
        return new AuditAnswer(breaks.Count == 0)
        {
            Running = isRunning,
            Segments = report.Segments,
            Records = report.Records,
            Bodies = report.Bodies,
            BodyOctets = report.BodyOctets,
            Forgotten = report.Forgotten,
            FirstSegment = report.FirstSegment,
            FirstAt = report.FirstAt,
            LastAt = report.LastAt,
            Head = new PlaceAnswer(report.Head.Segment, report.Head.Offset),
            Chain = Convert.ToHexStringLower(report.Chain),
            EndsInOrder = isRunning ? null : report.EndsInOrder,
            Unfinished = report.Unfinished,
            Breaks = [.. breaks.Take(MostBreaks)],
            Checkpoints = inJournal,
            Kept = ofKept,
        };
    }

    /// <summary>The checkpoints among events of the relay.</summary>
    public static CheckpointsAnswer ListOf(IEnumerable<TrailEvent> events) => new([.. events
        .Where(happened => happened.Kind == EventKind.Checkpoint)
        .SelectMany(happened => Checkpoint.FindAll(happened.Text ?? "", out _))
        .Select(one => new CheckpointAnswer(one.At, new PlaceAnswer(one.Segment, one.Offset), one.Chain, one.Records,
            one.Installation, one.Key, one.ToString()))]);

    private static BreakAnswer Of(JournalBreak found) =>
        new(new PlaceAnswer(found.At.Segment, found.At.Offset), found.What)
        {
            After = found.After,
            Before = found.Before,
            Mail = found.Mail?.ToString(),
        };
}
