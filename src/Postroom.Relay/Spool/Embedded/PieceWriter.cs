using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Gathers one body: the last piece in memory, those before it in the journal already.</summary>
/// <param name="toJournal">Writes one piece out; completes when it is written, not synced.</param>
internal sealed class PieceWriter(Func<ReadOnlyMemory<byte>, Task<BodyPiece>> toJournal) : BodyWriter
{
    /// <summary>A piece is no larger: it stays off the large object heap, and one read brings it back.</summary>
    public const int MostInPiece = 64 << 10;

    private const int First = 8 << 10; // most notifications fit

    private readonly List<BodyPiece> _written = [];
    private byte[] _buffer = [];
    private int _filled;
    private long _inJournal;

    public override long Length => _inJournal + _filled;

    /// <summary>The pieces that are in the journal already.</summary>
    public IReadOnlyList<BodyPiece> Written => _written;

    /// <summary>What is still in memory: at most a piece once flushed. Not to be written to any more.</summary>
    public ReadOnlyMemory<byte> Rest => _buffer.AsMemory(0, _filled);

    public override void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _filled));
        _filled += count;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _filled + Math.Max(sizeHint, 1);
        if (needed > _buffer.Length)
        {
            var size = Math.Max(First, _buffer.Length);
            while (size < needed)
                size = checked(size * 2);
            var larger = GC.AllocateUninitializedArray<byte>(size);
            _buffer.AsSpan(0, _filled).CopyTo(larger);
            _buffer = larger;
        }

        return _buffer.AsMemory(_filled);
    }

    public override async ValueTask FlushAsync(CancellationToken cancel)
    {
        if (_filled < MostInPiece)
            return;
        var from = 0;
        for (; _filled - from >= MostInPiece; from += MostInPiece)
            _written.Add(await toJournal(_buffer.AsMemory(from, MostInPiece)));
        _buffer.AsSpan(from, _filled - from).CopyTo(_buffer);
        _inJournal += from;
        _filled -= from;
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>All but the last piece goes to the journal, however it came in.</summary>
    public ValueTask FinishAsync() => FlushAsync(CancellationToken.None);

    /// <summary>No segment before this one holds a piece; null while all is in memory.</summary>
    public int? OldestSegment { get; set; }

    /// <summary>What the index has to reach before the ledger answers for the pieces; null while no record names
    /// them.</summary>
    public Position? NeededUntil { get; set; }

    public bool IsDisposed { get; private set; }

    public override void Dispose() => (_buffer, _filled, IsDisposed) = ([], 0, true);
}
