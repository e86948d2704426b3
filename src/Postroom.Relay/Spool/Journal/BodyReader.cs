namespace Postroom.Relay.Spool.Journal;

/// <summary>Reads pieces of bodies, and believes none without its sum.</summary>
internal static class BodyReader
{
    public static void Read(IDisk disk, BodyPiece piece, Span<byte> into)
    {
        if (into.Length != piece.Length)
            throw new ArgumentException("the buffer is not as long as the piece", nameof(into));
        try
        {
            using var file = disk.Open(JournalFiles.Segment(piece.Segment), create: false);
            if (file.Read(piece.Offset, into) != piece.Length)
                throw new DamagedBodyException($"segment {piece.Segment} ends before the body at {piece.Offset} does");
        }
        catch (IOException e)
        {
            throw new DamagedBodyException(
                $"the body at {piece.Offset} of segment {piece.Segment} cannot be read: {e.Message}");
        }

        if (Crc32C.Of(into) != piece.Checksum)
            throw new DamagedBodyException(
                $"the body at {piece.Offset} of segment {piece.Segment} is not what was accepted: "
                + "its checksum differs");
    }
}
