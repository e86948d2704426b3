using System.Buffers;
using Postroom.Mail.Message;

namespace Postroom.Mail.Senders;

/// <summary>Watches one mail while its bytes stream by, and says whose it is at the end.</summary>
/// <remarks>
/// Memory is bounded by its header reader's and, for a mail whose body can tell more, 32 KB that are lent while it
/// comes.
/// </remarks>
public sealed class Sighting(Recogniser recogniser) : IDisposable
{
    private byte[]? _opening;
    private int _used;
    private bool _bodyBegan;

    public HeaderReader Header { get; } = new(recogniser.FieldNames);

    /// <summary>Nothing read from here on changes anything.</summary>
    public bool IsDone => _bodyBegan && (_opening is null || _used == Opening.Longest);

    /// <summary>Reads the next piece of the mail, as it came from the client.</summary>
    public void Read(ReadOnlySpan<byte> piece)
    {
        if (IsDone)
            return;
        piece = piece[Header.Read(piece)..];
        if (!Header.IsDone)
            return;
        if (!_bodyBegan)
        {
            _bodyBegan = true;
            using var none = new Opening([], null);
            if (Recogniser.WantsOpening(new Evidence(Header.Facts, Header.Other, none)))
                _opening = ArrayPool<byte>.Shared.Rent(Opening.Longest);
        }

        if (_opening is null)
            return;
        piece = piece[..Math.Min(piece.Length, Opening.Longest - _used)];
        piece.CopyTo(_opening.AsSpan(_used));
        _used += piece.Length;
    }

    /// <summary>Says whose mail it is, as far as it was read.</summary>
    /// <param name="origin">Who handed it over.</param>
    /// <param name="from">The envelope's reverse-path.</param>
    /// <returns>Null where nothing is known of it.</returns>
    public AppFacts? Recognise(Origin origin, ReversePath from)
    {
        using var opening = new Opening(_opening.AsSpan(0, _used), Header.Other("content-transfer-encoding"));
        return recogniser.Recognise(new Evidence(Header.Facts, Header.Other, opening), origin, from);
    }

    /// <summary>Gives the lent memory back.</summary>
    public void Dispose()
    {
        if (_opening is { } lent)
            ArrayPool<byte>.Shared.Return(lent);
        (_opening, _used) = (null, 0);
    }
}
