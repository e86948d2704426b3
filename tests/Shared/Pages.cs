namespace Postroom.Shared;

/// <summary>The content of a simulated file, in pages that its copies share until one of them writes; a page of zeros
/// takes no memory.</summary>
internal sealed class Pages
{
    private const int Size = 4096;
    private readonly List<(byte[]? Octets, bool IsMine)> _pages = [];

    public Pages()
    {
    }

    private Pages(Pages other)
    {
        Length = other.Length;
        for (var i = 0; i < other._pages.Count; i++)
            other._pages[i] = other._pages[i] with { IsMine = false };
        _pages.AddRange(other._pages);
    }

    public long Length { get; private set; }

    public Pages Copy() => new(this);

    public int Read(long offset, Span<byte> into)
    {
        var count = (int)Math.Max(0, Math.Min(into.Length, Length - offset));
        for (var at = 0; at < count;)
        {
            var (page, inPage) = ((int)((offset + at) / Size), (int)((offset + at) % Size));
            var some = into.Slice(at, Math.Min(count - at, Size - inPage));
            if (_pages[page].Octets is { } octets)
                octets.AsSpan(inPage, some.Length).CopyTo(some);
            else
                some.Clear();
            at += some.Length;
        }

        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> octets)
    {
        if (offset + octets.Length > Length)
            SetLength(offset + octets.Length);
        for (var at = 0; at < octets.Length;)
        {
            var (page, inPage) = ((int)((offset + at) / Size), (int)((offset + at) % Size));
            var some = octets.Slice(at, Math.Min(octets.Length - at, Size - inPage));
            if (_pages[page].Octets is not null || some.ContainsAnyExcept((byte)0))
                some.CopyTo(Mine(page).AsSpan(inPage));
            at += some.Length;
        }
    }

    /// <summary>Cuts it, or makes it longer by zeros.</summary>
    public void SetLength(long length)
    {
        if (length < Length && length % Size is var inPage and > 0 && _pages[(int)(length / Size)].Octets is not null)
            Mine((int)(length / Size)).AsSpan((int)inPage).Clear();
        var count = (int)((length + Size - 1) / Size);
        if (count < _pages.Count)
            _pages.RemoveRange(count, _pages.Count - count);
        while (_pages.Count < count)
            _pages.Add((null, true));
        Length = length;
    }

    public void FlipBit(long offset) => Mine((int)(offset / Size))[offset % Size] ^= 1;

    private byte[] Mine(int page)
    {
        var (octets, isMine) = _pages[page];
        if (octets is null || !isMine)
        {
            octets = octets is null ? new byte[Size] : [.. octets];
            _pages[page] = (octets, true);
        }

        return octets;
    }
}
