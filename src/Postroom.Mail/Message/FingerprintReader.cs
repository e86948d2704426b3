using System.Text;

namespace Postroom.Mail.Message;

/// <summary>Makes the fingerprint of a mail while its bytes stream by, in whatever pieces.</summary>
/// <remarks>
/// <para>An application that timed out sends the same mail with another Message-ID, another Date, and other boundaries,
/// for libraries put counters and the time into these. What stays the same is what it answers to, its subject, and its
/// body: In-Reply-To and References without white space, Subject unfolded and decoded (RFC 2047), and every octet after
/// the header but the boundaries (RFC 2046 §5.1.1), each of which counts by its place among those that were
/// declared.</para>
/// <para>Nothing is decided by it but whether two mails are the same: what is no MIME at all is read without complaint.
/// Memory is bounded by 8 KB of a field and <see cref="MostBoundaries"/> boundaries; beyond that octets count as they
/// are, so that of two mails that are not the same none is taken for the other.</para>
/// </remarks>
public sealed class FingerprintReader : IDisposable
{
    /// <summary>Real mail has five at most, one in the other.</summary>
    public const int MostBoundaries = 32;

    private const int LongestField = 8 * 1024;

    // White space may follow a boundary; no more of it than makes a line (RFC 5322 §2.1.1).
    private const int LongestDelimiter = 998;

    private enum Place : byte { Header, PartHeader, Text }

    private enum Beyond : byte { Nothing, Dropped, Counts }

    private readonly FingerprintHash _hash = new();
    private readonly List<byte[]> _boundaries = [];

    // Of a header the field that is being read, else a line that may be a delimiter.
    private byte[] _held = [];
    private int _used;
    private int _line; // where the last line of it begins
    private Place _place;
    private Beyond _beyond;
    private bool _lineStart = true;
    private bool _anyField;
    private bool _isMessage;

    /// <summary>Reads the next piece of the mail, as it came from the client.</summary>
    public void Read(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
            piece = piece[(_place == Place.Text ? ReadText(piece) : ReadHeader(piece))..];
    }

    /// <summary>The mail is over. The next one may begin.</summary>
    public Fingerprint Finish()
    {
        if (_place != Place.Text && _used > _line)
            EndLine();
        if (_place == Place.Text)
            EndDelimiter();
        else
            EndField();
        var made = _hash.Finish();
        Reset();
        return made;
    }

    /// <summary>Forgets everything, for the next mail of the same connection.</summary>
    public void Reset()
    {
        _hash.Reset();
        _boundaries.Clear();
        (_used, _line, _place, _beyond) = (0, 0, Place.Header, Beyond.Nothing);
        (_lineStart, _anyField, _isMessage) = (true, false, false);
    }

    public void Dispose() => _hash.Dispose();

    // Up to the end of a line, or of the piece.
    private int ReadHeader(ReadOnlySpan<byte> piece)
    {
        var end = piece.IndexOf((byte)'\n');
        var length = end < 0 ? piece.Length : end + 1;
        if (_lineStart && piece[0] is not ((byte)' ' or (byte)'\t'))
            EndField();
        if (_beyond != Beyond.Nothing)
        {
            if (_beyond == Beyond.Counts)
                _hash.Add(piece[..length]);
            _lineStart = end >= 0;
            return length;
        }

        _lineStart = false;
        if (length > LongestField - _used)
        {
            length = LongestField - _used;
            Hold(piece[..length]);
            Overflow();
            return length;
        }

        Hold(piece[..length]);
        if (end >= 0)
            EndLine();
        return length;
    }

    private void EndLine()
    {
        var line = _held.AsSpan(_line, _used - _line);
        var isFolded = line[0] is (byte)' ' or (byte)'\t';
        _lineStart = true;
        if (line.TrimEnd("\r\n"u8).IsEmpty)
            EndHeader();
        else if (isFolded ? _place == Place.Header && !_anyField
            : _place == Place.PartHeader ? IsDelimiter(line, out _) : !IsField(line))
            BeginText();
        else
            (_line, _anyField) = (_used, true);
    }

    private void EndField()
    {
        if (_place == Place.PartHeader)
            AddPartField(_held.AsSpan(0, _used));
        else
            AddField(_held.AsSpan(0, _used));
        (_used, _line, _beyond) = (0, 0, Beyond.Nothing);
    }

    // What is held is the empty line.
    private void EndHeader()
    {
        if (_place == Place.Header)
            _hash.Mark(Sign.Body, 0);
        _hash.Add(_held.AsSpan(0, _used));
        // The header of a mail within the mail comes next (RFC 2046 §5.2.1).
        _place = _place == Place.PartHeader && _isMessage ? Place.PartHeader : Place.Text;
        (_used, _line, _isMessage) = (0, 0, false);
    }

    // What is held belongs to no header: it is the first line of what follows.
    private void BeginText()
    {
        byte[] first = [.. _held.AsSpan(0, _used)];
        (_used, _line, _isMessage) = (0, 0, false);
        if (_place == Place.Header && !_anyField && IsMailboxLine(first))
            return;
        if (_place == Place.Header)
            _hash.Mark(Sign.Body, 0);
        (_place, _lineStart) = (Place.Text, true);
        Read(first);
    }

    // Nobody's field is that long; what is left of it comes as it is, or is not looked at.
    private void Overflow()
    {
        var field = _held.AsSpan(0, _used);
        if (_place == Place.Header && !IsField(field))
        {
            BeginText();
            return;
        }

        var sign = _place == Place.PartHeader ? Sign.None : SignOf(field);
        _anyField = true;
        _beyond = _place == Place.PartHeader || sign != Sign.None ? Beyond.Counts : Beyond.Dropped;
        if (sign != Sign.None)
            _hash.Mark(Sign.Long, 0);
        if (_beyond == Beyond.Counts)
            _hash.Add(field);
        (_used, _line) = (0, 0);
    }

    private void AddField(ReadOnlySpan<byte> field)
    {
        if (SignOf(field) is not Sign.None and var sign)
        {
            _hash.Mark(sign, 0);
            var value = field[(field.IndexOf((byte)':') + 1)..];
            if (sign == Sign.Subject)
                _hash.Add(Encoding.UTF8.GetBytes(FieldText.DecodeWhole(value) ?? ""));
            else
                foreach (var part in value.SplitAny(" \t\r\n"u8))
                    _hash.Add(value[part]);
        }
        else if (BoundaryParameter.TryFind(field, out _, out var boundary))
            Declare(boundary);
    }

    private void AddPartField(ReadOnlySpan<byte> field)
    {
        _isMessage |= IsMessage(field);
        if (!BoundaryParameter.TryFind(field, out var whole, out var boundary) || !Declare(boundary))
        {
            _hash.Add(field);
            return;
        }

        _hash.Add(field[..whole.Start.Value]);
        _hash.Mark(Sign.Boundary, Find(boundary));
        _hash.Add(field[whole.End..]);
    }

    private static Sign SignOf(ReadOnlySpan<byte> field) =>
        IsNamed(field, "subject"u8) ? Sign.Subject
        : IsNamed(field, "in-reply-to"u8) ? Sign.InReplyTo
        : IsNamed(field, "references"u8) ? Sign.References : Sign.None;

    private static bool IsNamed(ReadOnlySpan<byte> field, ReadOnlySpan<byte> lower) => field.Length > lower.Length
        && Ascii.EqualsIgnoreCase(field[..lower.Length], lower)
        && field[lower.Length..].TrimStart(" \t"u8) is [(byte)':', ..];

    private static bool IsMessage(ReadOnlySpan<byte> field) => IsNamed(field, "content-type"u8)
        && field[(field.IndexOf((byte)':') + 1)..].TrimStart(" \t\r\n"u8) is { Length: >= 14 } type
        && Ascii.EqualsIgnoreCase(type[..14], "message/rfc822"u8);

    // RFC 5322 §2.2, and the white space before the colon that §4.5 has to be lived with.
    private static bool IsField(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        return colon > 0 && line[..colon].TrimEnd(" \t"u8) is { IsEmpty: false } name
            && !name.ContainsAnyExceptInRange((byte)33, (byte)126);
    }

    private static bool IsMailboxLine(ReadOnlySpan<byte> line) =>
        line.StartsWith("From "u8) || line.StartsWith(">From "u8);

    // Only what begins with a hyphen can be a delimiter: all else goes by in large pieces.
    private int ReadText(ReadOnlySpan<byte> piece)
    {
        if (_boundaries.Count == 0)
        {
            _hash.Add(piece);
            return piece.Length;
        }

        if (_used > 0 || (_lineStart && piece[0] == (byte)'-'))
            return ReadDelimiter(piece);
        var next = piece.IndexOf("\n-"u8);
        var length = next < 0 ? piece.Length : next + 1;
        _hash.Add(piece[..length]);
        _lineStart = piece[length - 1] == (byte)'\n';
        return length;
    }

    private int ReadDelimiter(ReadOnlySpan<byte> piece)
    {
        var end = piece.IndexOf((byte)'\n');
        var length = Math.Min(end < 0 ? piece.Length : end + 1, LongestDelimiter - _used);
        Hold(piece[..length]);
        if (_held[_used - 1] == (byte)'\n')
            EndDelimiter();
        else if (_used == LongestDelimiter || (_used > 1 && _held[1] != (byte)'-'))
        {
            _hash.Add(_held.AsSpan(0, _used));
            (_used, _lineStart) = (0, false);
        }

        return length;
    }

    private void EndDelimiter()
    {
        var line = _held.AsSpan(0, _used);
        _lineStart = true;
        if (IsDelimiter(line, out var found))
        {
            _hash.Mark(Sign.Delimiter, found);
            line = line[(2 + _boundaries[found].Length)..];
            if (!line.StartsWith("--"u8))
                _place = Place.PartHeader;
        }

        _hash.Add(line);
        (_used, _line) = (0, 0);
    }

    private bool IsDelimiter(ReadOnlySpan<byte> line, out int found)
    {
        found = -1;
        if (!line.StartsWith("--"u8))
            return false;
        var name = line[2..].TrimEnd(" \t\r\n"u8);
        found = Find(name);
        if (found < 0 && name.EndsWith("--"u8))
            found = Find(name[..^2]);
        return found >= 0;
    }

    private int Find(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _boundaries.Count; i++)
            if (name.SequenceEqual(_boundaries[i]))
                return i;
        return -1;
    }

    /// <returns>False: there are too many, and its lines count as they are.</returns>
    private bool Declare(byte[] boundary)
    {
        if (Find(boundary) >= 0)
            return true;
        if (_boundaries.Count == MostBoundaries)
            return false;
        _boundaries.Add(boundary);
        return true;
    }

    private void Hold(ReadOnlySpan<byte> octets)
    {
        if (_used + octets.Length > _held.Length)
            Array.Resize(ref _held, Math.Max(Math.Max(512, 2 * _held.Length), _used + octets.Length));
        octets.CopyTo(_held.AsSpan(_used));
        _used += octets.Length;
    }
}
