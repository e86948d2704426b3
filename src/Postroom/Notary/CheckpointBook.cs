using System.Globalization;
using Postroom.Api;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Relay.Vault;

namespace Postroom.Notary;

/// <summary>Holds checkpoints against a journal while that is verified: those that stand in it, and those that were
/// kept elsewhere.</summary>
/// <remarks>
/// A checkpoint in the journal is about a place a few groups before it, so the last places are remembered; of the kept
/// ones all are known beforehand.
/// </remarks>
internal sealed class CheckpointBook
{
    private const int Remembered = 4_096;

    private readonly string _installation;
    private readonly IReadOnlyList<VerifyingKey> _keys;
    private readonly Dictionary<Position, ChainHead?> _kept = [];
    private readonly IReadOnlyList<Checkpoint> _given;
    private readonly Dictionary<Position, ChainHead> _last = [];
    private readonly Queue<Position> _order = new();
    private readonly List<(Checkpoint Checkpoint, ChainHead? Found)> _inJournal = [];
    private readonly List<BreakAnswer> _misfits = [];

    /// <param name="keys">The only ones that are believed.</param>
    /// <param name="kept">What was kept elsewhere.</param>
    public CheckpointBook(string installation, IReadOnlyList<VerifyingKey> keys, IReadOnlyList<Checkpoint> kept)
    {
        (_installation, _keys, _given) = (installation, keys, kept);
        foreach (var checkpoint in kept)
            _kept[PlaceOf(checkpoint)] = null;
        Witness = new ChainWitness { Sealed = Sealed, Noted = Noted };
    }

    /// <summary>To be told what is read.</summary>
    public ChainWitness Witness { get; }

    private void Sealed(ChainHead head)
    {
        if (_kept.ContainsKey(head.End))
            _kept[head.End] = head;
        _last[head.End] = head;
        _order.Enqueue(head.End);
        if (_order.Count > Remembered)
            _last.Remove(_order.Dequeue());
    }

    private void Noted(Position at, NotedRecord record)
    {
        if (record.Event is not { Kind: EventKind.Checkpoint, Text: { } text })
            return;
        if (Checkpoint.FindAll(text, out _) is [var checkpoint])
            _inJournal.Add((checkpoint, _last.GetValueOrDefault(PlaceOf(checkpoint))));
        else
            Misfit(new PlaceAnswer(at.Segment, at.Offset), "the checkpoint that is recorded here cannot be read", null);
    }

    /// <summary>What does not fit, once all was read.</summary>
    public IReadOnlyList<BreakAnswer> Misfits => _misfits;

    /// <summary>Counts those of the journal; to be called once, when all was read.</summary>
    public TallyAnswer OfJournal(VerifyReport report) => Count(_inJournal, report, "in the journal");

    /// <summary>Counts those that were kept elsewhere; to be called once, when all was read.</summary>
    public TallyAnswer OfKept(VerifyReport report, int unread)
    {
        var tally = Count(_given.OrderBy(PlaceOf).Select(one => (one, _kept[PlaceOf(one)])), report, "kept elsewhere");
        if (unread > 0)
            Misfit(null, string.Create(CultureInfo.InvariantCulture,
                $"{unread} of the checkpoints given cannot be read: cut, changed, or of a newer form"), null);
        if (_given.Count > 0 && tally.Foreign == _given.Count)
            Misfit(null, $"none of the checkpoints given is of this installation ({_installation}): they are of "
                + "another relay, or the whole data folder was replaced", null);
        return tally;
    }

    /// <summary>Keys were given, and not one checkpoint is signed with any of them.</summary>
    public void NoneByKey() => Misfit(null, "no checkpoint is signed with the key given: it is of another relay, or "
        + "all of them were made anew with another key", null);

    private TallyAnswer Count(
        IEnumerable<(Checkpoint Checkpoint, ChainHead? Found)> all, VerifyReport report, string where)
    {
        var (right, wrong, unknown, gone, foreign) = (0, 0, 0, 0, 0);
        foreach (var (checkpoint, found) in all)
            if (checkpoint.Installation != _installation)
                foreign++;
            else if (_keys.FirstOrDefault(key => key.Id == checkpoint.Key) is not { } key)
                unknown++;
            else if (Trouble(checkpoint, key, found, report) is { } trouble)
            {
                wrong++;
                Misfit(new PlaceAnswer(checkpoint.Segment, checkpoint.Offset), string.Create(
                    CultureInfo.InvariantCulture, $"the checkpoint of {checkpoint.At:u}, {where}, does not fit: "
                        + $"{trouble}"), checkpoint);
            }
            else if (checkpoint.Segment < report.FirstSegment)
                gone++;
            else
                right++;

        return new TallyAnswer(right, wrong, unknown, gone, foreign);
    }

    private static string? Trouble(Checkpoint checkpoint, VerifyingKey key, ChainHead? found, VerifyReport report)
    {
        if (!key.Verifies(checkpoint.Signed, checkpoint.Signature))
            return "its signature is not of what it says: the line was changed";
        if (checkpoint.Segment < report.FirstSegment)
            return null;
        if (PlaceOf(checkpoint) > report.Head)
            return "the journal ends before it: what came after was cut off";
        if (found is null)
            return "nothing was sealed at its place: the journal was rewritten";
        return Convert.ToHexStringLower(found.Chain) == checkpoint.Chain && found.Records == checkpoint.Records
            ? null
            : "the chain has another value at its place: the journal was rewritten before it";
    }

    private void Misfit(PlaceAnswer? at, string what, Checkpoint? checkpoint) => _misfits.Add(
        new BreakAnswer(at, what) { Checkpoint = checkpoint?.ToString() });

    private static Position PlaceOf(Checkpoint checkpoint) => new(checkpoint.Segment, checkpoint.Offset);
}
