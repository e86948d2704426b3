using Postroom.Relay.Spool.Journal.Records;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Copies the groups behind the last known sync mark into the new segment, group by group.</summary>
/// <remarks>
/// Positions change, so pieces of bodies that move are named anew. A piece that no accepted mail of the tail names is
/// left behind: its mail was never accepted.
/// </remarks>
internal sealed class TailCopy(SegmentReader reader, TailScan scan, ActiveSegment next)
{
    private readonly HashSet<int> _named = [];
    private readonly Dictionary<int, BodyPiece> _moved = [];
    private readonly List<Entry> _copied = [];

    /// <summary>The records copied, with their new places. They are written, not yet synced.</summary>
    public IReadOnlyList<Entry> Run()
    {
        reader.StepTo(scan.Cut);
        while (reader.Next < scan.End && reader.TryRead(withBody: false))
            if (reader.Kind == FrameKind.Accepted && reader.Decode() is AcceptedRecord accepted)
                NotePieces(accepted);
        reader.StepTo(scan.Cut);
        for (var i = scan.FirstToCopy; i < scan.Groups.Count; i++)
            CopyGroup(scan.Groups[i]);
        return _copied;
    }

    private void NotePieces(AcceptedRecord accepted)
    {
        foreach (var piece in accepted.Pieces)
            if (piece.Segment == reader.Header.Number)
                _named.Add(piece.Offset);
    }

    private void CopyGroup(FoundGroup group)
    {
        var frames = new List<Frame>();
        var bodies = new List<(int Offset, Frame Frame)>();
        while (reader.Next < group.End && reader.TryRead(withBody: false))
        {
            if (reader.Kind == FrameKind.Body && _named.Contains(reader.Piece.Offset))
            {
                var frame = Frame.OfBody(reader.Body.ToArray());
                bodies.Add((reader.Piece.Offset, frame));
                frames.Add(frame);
            }
            else if (reader.IsRecord)
            {
                frames.Add(CopyRecord());
            }
        }

        next.WriteGroup(frames, group.Seal.At, group.Seal.CleanStop, aboutToWrite: null);
        foreach (var (offset, frame) in bodies)
            _moved[offset] = frame.Piece;
        foreach (var frame in frames)
            frame.GiveBack();
    }

    private Frame CopyRecord()
    {
        var body = reader.Body.ToArray();
        var record = RecordDecoding.Read(reader.Kind, reader.Payload);
        if (record is AcceptedRecord accepted)
            accepted.Pieces = Moved(accepted.Pieces);
        var entry = new Entry(record, body);
        _copied.Add(entry);
        return Frame.Of(entry);
    }

    private BodyPiece[] Moved(IReadOnlyList<BodyPiece> pieces)
    {
        var moved = new BodyPiece[pieces.Count];
        for (var i = 0; i < moved.Length; i++)
            moved[i] = pieces[i].Segment == reader.Header.Number && _moved.TryGetValue(pieces[i].Offset, out var piece)
                ? piece
                : pieces[i];
        return moved;
    }
}
