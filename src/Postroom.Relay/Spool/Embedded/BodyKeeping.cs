using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>
/// Where bodies are while they are needed: in memory up to a bound, else in their segment; and until when.
/// </summary>
internal sealed class BodyKeeping(SpoolParts parts, SpoolSettings settings)
{
    // Read back whole at lease time up to this, so that it can travel in one write with others.
    private const long ReadWhole = 256 << 10;

    private long _inMemory;
    private int _segmentsSeen = -1;
    private long _nextLook;
    private readonly Lock _gate = new();
    private readonly List<PieceWriter> _ahead = [];

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
        return writer = new PieceWriter(async piece =>
        {
            var written = await parts.Journal.AppendBodyPieceAsync(piece);
            if (writer!.OldestSegment is null)
                lock (_gate)
                {
                    writer.OldestSegment = written.Segment;
                    _ahead.Add(writer);
                }

            return written;
        });
    }

    /// <summary>The mail as it leaves; read back now if it is small, else while it is sent.</summary>
    public StoredContent Content(AcceptedRecord mail, ReadOnlyMemory<byte> body)
    {
        if (body.Length == mail.Size || mail.Size > ReadWhole)
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
        var now = parts.Clock.Wall;
        var releasable = 0;
        foreach (var segment in segments)
            releasable += segment.Releasable ? 1 : 0;
        if (releasable == 0 || (releasable == _segmentsSeen && parts.Clock.Ticks < _nextLook))
            return;
        (_segmentsSeen, _nextLook) = (releasable, parts.Clock.TicksAfter(TimeSpan.FromSeconds(10)));
        var needed = new HashSet<int>();
        foreach (var use in await parts.AskLedgerAsync(ledger => ledger.BodiesNeeded(now - settings.KeepCaptured)))
            needed.Add(use.Segment);
        var ahead = OldestAhead();
        foreach (var segment in segments)
            if (segment.Releasable && segment.Number < ahead
                && !needed.Contains(segment.Number) && IsIndexed(segment.Number))
                parts.Journal.ReleaseBodies(segment.Number);
    }

    // The ledger knows nothing of a body whose mail is not accepted yet, or only just: a client may take minutes over
    // it, while the journal goes on to other segments.
    private int OldestAhead()
    {
        var indexed = parts.Ledger.IndexedTo;
        lock (_gate)
        {
            _ahead.RemoveAll(w => w.AcceptedAt is { } at ? at <= indexed : w.IsDisposed);
            return _ahead.Count == 0 ? int.MaxValue : _ahead.Min(w => w.OldestSegment!.Value);
        }
    }

    // What the ledger has not read yet it cannot need yet.
    private bool IsIndexed(int segment) => parts.Ledger.IndexedTo is { } upto && upto.Segment > segment;

    private void Read(BodyPiece piece, Memory<byte> into) => parts.Journal.ReadBody(piece, into.Span);
}
