using System.Buffers;
using System.Text;

namespace Postroom.Mail.Message;

/// <summary>Notes what we want to know of a mail's header while its bytes stream by, in whatever pieces.</summary>
/// <remarks>
/// It decides nothing about the wire: a mail that is no RFC 5322 message at all is read without complaint. The header
/// ends at the first empty line, or at the first line that cannot belong to one (RFC 5322 §2.2); what follows costs
/// nothing. Of a field that stands twice the first counts. Memory is bounded by three fields of 2 KB, and 24 others of
/// 1 KB.
/// </remarks>
/// <param name="others">Fields to keep besides those of <see cref="Facts"/>.</param>
public sealed class HeaderReader(FieldNames others)
{
    private const int LongestValue = 2_048;
    private const int LongestOther = 1_024;
    private const int MostOthers = 24;
    private const int LongestName = FieldNames.Longest;

    /// <summary>What ends a field's name: the colon, or an octet that cannot be in one (RFC 5322 §2.2).</summary>
    private static readonly SearchValues<byte> NameEnd = SearchValues.Create(
        [.. Enumerable.Range(0, 256).Where(c => c is < 33 or > 126 or ':').Select(c => (byte)c)]);

    private enum Place : byte { Name, AfterName, AfterReturn, Value, Body }

    private enum Kept : byte { None, Subject, From, MessageId, Other }

    private readonly byte[] _name = new byte[LongestName];
    private int _nameLength;
    private Place _place;
    private Kept _keeping;
    private bool _firstLine = true;
    private bool _text;
    private bool _eightBit;
    private byte[] _values = [];
    private int _used;
    private int _start;
    private (int Start, int Length)? _subject, _from, _messageId;
    private Dictionary<string, (int Start, int Length)>? _others;
    private string _other = "";

    /// <summary>Keeps nothing but <see cref="Facts"/>.</summary>
    public HeaderReader() : this(FieldNames.None)
    {
    }

    /// <summary>The header is over: nothing read from here on changes anything.</summary>
    public bool IsDone => _place == Place.Body;

    /// <summary>At least one field was read.</summary>
    public bool HasField { get; private set; }

    /// <summary>The mail begins with a line that is neither empty nor a field: it is all body.</summary>
    public bool IsAllBody => _text && !HasField;

    public bool HasDate { get; private set; }

    public bool HasMessageId { get; private set; }

    /// <summary>How many Received fields there are: the loop count of RFC 5321 §6.3.</summary>
    public int ReceivedCount { get; private set; }

    /// <summary>What was noted so far. <see cref="HeaderFacts.EightBit"/> speaks of the header alone.</summary>
    public HeaderFacts Facts => new()
    {
        Subject = FieldText.Decode(Value(_subject)),
        From = FieldText.Decode(Value(_from)),
        MessageId = FieldText.MessageId(Value(_messageId)),
        ReceivedCount = ReceivedCount,
        EightBit = _eightBit,
        EightBitHeader = _eightBit,
    };

    /// <summary>A field that was asked for, unfolded, decoded (RFC 2047), at most 500 characters.</summary>
    /// <param name="name">In small letters.</param>
    /// <returns>Null where the mail has none, or nothing in it.</returns>
    public string? Other(string name) =>
        _others is { } kept && kept.TryGetValue(name, out var at) ? FieldText.Decode(Value(at)) : null;

    /// <summary><see cref="Facts"/>, with the Message-ID that <see cref="TraceBlock"/> gives where it lacks.</summary>
    public HeaderFacts FactsAs(MailId id, string hostName) =>
        HasMessageId ? Facts : Facts with { MessageId = TraceBlock.MessageIdFor(id, hostName) };

    /// <summary>Reads the next piece of the mail, as it came from the client.</summary>
    /// <returns>How many octets of it were header; the rest is body.</returns>
    public int Read(ReadOnlySpan<byte> piece)
    {
        if (IsDone)
            return 0;
        var rest = piece;
        while (!rest.IsEmpty && _place != Place.Body)
            rest = rest[(_place == Place.Value ? ReadValue(rest) : ReadName(rest))..];
        if (!_eightBit && !Ascii.IsValid(piece[..(piece.Length - rest.Length)]))
            _eightBit = true;
        return piece.Length - rest.Length;
    }

    /// <summary>Forgets everything, for the next mail of the same connection.</summary>
    public void Reset()
    {
        (_nameLength, _place, _keeping, _firstLine, _eightBit) = (0, Place.Name, Kept.None, true, false);
        (_used, _start, _subject, _from, _messageId) = (0, 0, null, null, null);
        (HasField, HasDate, HasMessageId, ReceivedCount, _text) = (false, false, false, 0, false);
        _others?.Clear();
    }

    private ReadOnlySpan<byte> Value((int Start, int Length)? at) =>
        at is { } place ? _values.AsSpan(place.Start, place.Length) : default;

    private int ReadValue(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var length = end < 0 ? rest.Length : end + 1;
        if (_keeping != Kept.None)
            Keep(rest[..length]);
        if (end >= 0)
            (_place, _nameLength, _firstLine) = (Place.Name, 0, false);
        return length;
    }

    private int ReadName(ReadOnlySpan<byte> rest)
    {
        // Nearly every line: a whole name in one piece.
        var colon = _place == Place.Name && _nameLength == 0 ? rest.IndexOfAny(NameEnd) : -1;
        if (colon > 0 && rest[colon] == (byte)':')
        {
            _nameLength = Math.Min(colon, LongestName + 1);
            rest[..Math.Min(colon, LongestName)].CopyTo(_name);
            _text = true;
            _place = StartField();
            return colon + 1;
        }

        for (var i = 0; i < rest.Length; i++)
        {
            var octet = rest[i];
            _place = (_place, octet) switch
            {
                (Place.Name, (byte)'\r') when _nameLength == 0 => Place.AfterReturn,
                (Place.Name, (byte)'\n') when _nameLength == 0 => Place.Body,
                (Place.Name, (byte)' ' or (byte)'\t') when _nameLength == 0 && HasField => Place.Value, // folded
                (Place.Name or Place.AfterName, (byte)':') when _nameLength > 0 => StartField(),
                (Place.Name or Place.AfterName, (byte)' ' or (byte)'\t') when _nameLength > 0 => Place.AfterName,
                (Place.Name, > 32 and < 127 and not (byte)':') => AddToName(octet),
                (Place.AfterName, > 32 and < 127) when IsMailboxLine() => Place.Value,
                _ => Place.Body, // the empty line, or no line of a header
            };
            if (_place == Place.Body)
            {
                // An empty line belongs to the header still; any other that ends it is body.
                var empty = octet == (byte)'\n' && _nameLength == 0;
                _text |= !empty;
                return empty ? i + 1 : i;
            }

            if (_place == Place.Value)
                return octet is (byte)' ' or (byte)'\t' ? i : i + 1; // the space of a fold is part of the value
        }

        return rest.Length;
    }

    private Place AddToName(byte octet)
    {
        _text = true;
        if (_nameLength < LongestName)
            _name[_nameLength] = octet;
        _nameLength = Math.Min(_nameLength + 1, LongestName + 1);
        return Place.Name;
    }

    /// <summary>The line "From somebody at a time" that mailbox files put first, and some clients hand over.</summary>
    private bool IsMailboxLine()
    {
        _keeping = Kept.None;
        return _firstLine && (NameIs("from"u8) || NameIs(">from"u8));
    }

    private bool NameIs(ReadOnlySpan<byte> lower) =>
        _nameLength == lower.Length && Ascii.EqualsIgnoreCase(_name.AsSpan(0, _nameLength), lower);

    private Place StartField()
    {
        HasField = true;
        _keeping = Kept.None;
        if (NameIs("received"u8))
            ReceivedCount++;
        else if (NameIs("date"u8))
            HasDate = true;
        else if (NameIs("message-id"u8))
        {
            HasMessageId = true;
            _keeping = _messageId is null ? Kept.MessageId : Kept.None;
        }
        else if (NameIs("subject"u8) && _subject is null)
            _keeping = Kept.Subject;
        else if (NameIs("from"u8) && _from is null)
            _keeping = Kept.From;
        else if (OtherHere() is { } other)
            (_keeping, _other) = (Kept.Other, other);
        if (_keeping != Kept.None)
        {
            _start = _used;
            Keep(default); // an empty field is there, too
        }

        return Place.Value;
    }

    // The first of its name; those that are always noted have their own place.
    private string? OtherHere() =>
        _nameLength <= LongestName && others.Find(_name.AsSpan(0, _nameLength)) is { } name
            && (_others is null || (_others.Count < MostOthers && !_others.ContainsKey(name))) ? name : null;

    private void Keep(ReadOnlySpan<byte> part)
    {
        var longest = _keeping == Kept.Other ? LongestOther : LongestValue;
        part = part[..Math.Min(part.Length, longest - (_used - _start))];
        if (_used + part.Length > _values.Length)
            Array.Resize(ref _values, Math.Max(Math.Max(256, _values.Length * 2), _used + part.Length));
        part.CopyTo(_values.AsSpan(_used));
        _used += part.Length;
        var value = (_start, _used - _start);
        switch (_keeping)
        {
            case Kept.Subject: _subject = value; break;
            case Kept.From: _from = value; break;
            case Kept.MessageId: _messageId = value; break;
            case Kept.Other: (_others ??= [])[_other] = value; break;
            case Kept.None: break;
        }
    }
}
