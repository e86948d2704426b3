using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>A mail as it leaves: the trace block, then the body from memory or from the journal.</summary>
internal sealed class StoredContent : MailContent
{
    private readonly byte[] _trace;
    private readonly IReadOnlyList<BodyPiece> _pieces;
    private readonly Action<BodyPiece, Memory<byte>> _read;
    private byte[] _piece = [];
    private int _pieceAt = -1;

    /// <param name="body">The whole body if it is in memory; empty to have it read.</param>
    /// <param name="read">Reads a piece and checks it; throws <see cref="DamagedBodyException"/>.</param>
    public StoredContent(AcceptedRecord mail, ReadOnlyMemory<byte> body, Action<BodyPiece, Memory<byte>> read)
    {
        (_trace, _pieces, _read) = (mail.Trace, mail.Pieces, read);
        Length = _trace.Length + mail.Size;
        if (body.Length == mail.Size)
            InMemory = [_trace, body];
    }

    public override long Length { get; }

    public override IReadOnlyList<ReadOnlyMemory<byte>> InMemory { get; } = [];

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var isEnd = offset >= Length;
        if (offset < _trace.Length)
            return new(Copy(_trace.AsMemory((int)offset), into));
        offset -= _trace.Length;
        if (InMemory.Count > 1)
            return new(offset < InMemory[1].Length ? Copy(InMemory[1][(int)offset..], into) : 0);
        for (var i = 0; i < _pieces.Count; offset -= _pieces[i++].Length)
            if (offset < _pieces[i].Length)
                return new(Copy(Piece(i)[(int)offset..], into));
        return isEnd ? new(0) : throw new DamagedBodyException("the stored mail is shorter than it was");
    }

    // One piece is kept: whoever reads, reads on.
    private ReadOnlyMemory<byte> Piece(int index)
    {
        var piece = _pieces[index];
        if (_pieceAt != index)
        {
            if (_piece.Length < piece.Length)
                _piece = GC.AllocateUninitializedArray<byte>(piece.Length);
            _pieceAt = -1;
            _read(piece, _piece.AsMemory(0, piece.Length));
            _pieceAt = index;
        }

        return _piece.AsMemory(0, piece.Length);
    }

    private static int Copy(ReadOnlyMemory<byte> from, Memory<byte> into)
    {
        var count = Math.Min(from.Length, into.Length);
        from[..count].CopyTo(into);
        return count;
    }
}
