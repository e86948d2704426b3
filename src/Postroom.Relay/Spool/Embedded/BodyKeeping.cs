using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>
/// Where bodies are while they are needed: in memory up to a bound, else in their segment; and until when.
/// </summary>
internal sealed class BodyKeeping(SpoolParts parts, SpoolSettings settings)
{
    // Read back whole at lease time up to this, so that it can travel in one write with others.
    private const long ReadWhole = 256 << 10;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private long _inMemory;
    private int _segmentsSeen = -1;
    private long _nextLook;
    private readonly Lock _gate = new();
    private readonly List<PieceWriter> _ahead = [];
    private Task _last = Task.CompletedTask;
    private readonly Dictionary<int, long> _fullAt = []; // live octets of a segment when it was last gone through

    /// <summary>How long bodies are kept of which mail.</summary>
    public IReadOnlyList<RetentionRule> Rules { get; set; } = [];

    /// <summary>Counts a body in if it may stay in memory.</summary>
    public bool MayKeep(int length)
    {
        if (length == 0 || Interlocked.Add(ref _inMemory, length) <= settings.BodyMemory)
            return true;
        Interlocked.Add(ref _inMemory, -length);
        return false;
    }

    public void Freed(int length) => Interlocked.Add(ref _inMemory, -length);

    /// <summary>Begins a body. What goes to disk ahead of its mail's record is kept until that is indexed.</summary>
    public PieceWriter Open()
    {
        PieceWriter? writer = null;
        return writer = new PieceWriter(piece =>
        {
            // Before it is written: once it is, its segment may be full and gone before we hear of it.
            if (writer!.OldestSegment is null)
                lock (_gate)
                {
                    writer.OldestSegment = parts.Journal.Segments[^1].Number;
                    _ahead.Add(writer);
                }

            return parts.Journal.AppendBodyPieceAsync(piece);
        });
    }

    /// <summary>From here on the ledger knows by itself whether somebody needs what was written ahead.</summary>
    public void NeededUntil(PieceWriter writer, Position indexed)
    {
        lock (_gate)
            writer.NeededUntil = indexed;
    }

    /// <summary>The mail as it leaves; read back now if it is small, else while it is sent.</summary>
    public StoredContent Content(AcceptedRecord mail, ReadOnlyMemory<byte> body)
    {
        // Pieces that are not the whole of it: whoever reads it will see, and nothing but the mail is sent for it.
        if (body.Length == mail.Size || mail.Size > ReadWhole || mail.Pieces.Sum(piece => piece.Length) != mail.Size)
            return new StoredContent(mail, body, Read);
        try
        {
            var whole = GC.AllocateUninitializedArray<byte>((int)mail.Size);
            var at = 0;
            foreach (var piece in mail.Pieces)
            {
                Read(piece, whole.AsMemory(at, piece.Length));
                at += piece.Length;
            }

            return new StoredContent(mail, whole, Read);
        }
        catch (DamagedBodyException)
        {
            return new StoredContent(mail, default, Read); // Whoever reads it will see, and hold the mail.
        }
    }

    /// <summary>After the index has moved on: gives back the segments whose bodies nobody needs.</summary>
    public async Task AfterBiteAsync()
    {
        var segments = parts.Journal.Segments;
        var releasable = 0;
        foreach (var segment in segments)
            releasable += segment.Releasable ? 1 : 0;
        if (releasable == 0 || (releasable == _segmentsSeen && parts.Clock.Ticks < _nextLook))
            return;
        _segmentsSeen = releasable;
        var began = parts.Clock.Ticks;
        await GiveBackAsync(thoroughly: false);

        // Where many bodies are kept the look at them takes its time.
        var pause = parts.Time.GetElapsedTime(began, parts.Clock.Ticks) * 20;
        _nextLook = parts.Clock.TicksAfter(pause > Pause ? pause : Pause);
    }

    /// <summary>Gives back all there is, also what the life before left to be tidied.</summary>
    public async Task GiveBackAllAsync()
    {
        await parts.Journal.TidiedAsync();
        await GiveBackAsync(thoroughly: true);
    }

    /// <summary>Gives back the segments whose bodies nobody needs, and of others what is dead in them: where that is
    /// most of it, or <paramref name="thoroughly"/> anything.</summary>
    private Task GiveBackAsync(bool thoroughly)
    {
        lock (_gate)
            return _last = GiveBackAfterAsync(_last, thoroughly);
    }

    private async Task GiveBackAfterAsync(Task before, bool thoroughly)
    {
        // One at a time, each for itself.
        await before.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var kept = Times();
        // In one look: what the ledger took in since is not in this answer, and the segments go on meanwhile.
        var (indexed, uses) = await parts.AskLedgerAsync(ledger => (ledger.IndexedTo ?? default,
            ledger.BodiesNeeded(kept)));
        var needed = uses.ToDictionary(use => use.Segment);
        var ahead = OldestAhead(indexed);
        foreach (var segment in parts.Journal.Segments)
        {
            if (!segment.Releasable || segment.Number >= ahead || segment.Number >= indexed.Segment)
                continue;
            if (!needed.TryGetValue(segment.Number, out var use))
            {
                parts.Journal.ReleaseBodies(segment.Number);
                _fullAt.Remove(segment.Number);
            }
            else if (thoroughly || IsMostlyDead(segment, use))
                await CompactAsync(segment.Number, kept);
        }
    }

    // A segment is gone through again only when it is half as full as the last time: a few times in its life.
    private bool IsMostlyDead(SegmentFacts segment, SegmentUse use)
    {
        var full = _fullAt.GetValueOrDefault(segment.Number, segment.Octets - segment.GivenBack);
        if (use.Octets > full / 2)
            return false;
        _fullAt[segment.Number] = use.Octets;
        return true;
    }

    /// <summary>Overwrites what is dead in a segment that is no longer written to, and of which all is
    /// indexed.</summary>
    /// <returns>False, and nothing done, while somebody hands over a mail whose first pieces lie there.</returns>
    public async Task<bool> WipeAsync(int segment)
    {
        var (indexed, live) = await parts.AskLedgerAsync(ledger => (ledger.IndexedTo ?? default,
            ledger.BodiesNeeded(Times(), segment)));
        if (segment > indexed.Segment || segment >= OldestAhead(indexed))
            return false;
        await parts.Journal.WipeAsync(segment, live);
        return true;
    }

    // Asked anew, piece by piece: the count told only that it is worth it.
    private async Task CompactAsync(int segment, BodyTimes kept)
    {
        var live = await parts.AskLedgerAsync(ledger => ledger.BodiesNeeded(kept, segment));
        await parts.Journal.CompactAsync(segment, live);
    }

    private BodyTimes Times()
    {
        var now = parts.Clock.Surely;
        return new BodyTimes(now - settings.KeepCaptured,
            [.. Rules.Where(rule => rule.Bodies is not null)
                .Select(rule => (rule.Of, now - rule.Bodies!.Value))]);
    }

    // The ledger knows nothing of a body whose mail is not accepted yet, or only just: a client may take minutes over
    // it, while the journal goes on to other segments.
    private int OldestAhead(Position indexed)
    {
        lock (_gate)
        {
            _ahead.RemoveAll(w => w.NeededUntil is { } at ? at <= indexed : w.IsDisposed);
            return _ahead.Count == 0 ? int.MaxValue : _ahead.Min(w => w.OldestSegment!.Value);
        }
    }

    private void Read(BodyPiece piece, Memory<byte> into) => parts.Journal.ReadBody(piece, into.Span);
}
