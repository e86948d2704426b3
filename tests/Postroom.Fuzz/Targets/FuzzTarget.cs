using System.Text;

namespace Postroom.Fuzz.Targets;

/// <summary>Something that reads what strangers write, and how to see that it read it well.</summary>
/// <param name="Name">As on the command line, and of its folder in the corpus.</param>
/// <param name="Try">Reads one input, whatever it is; throws where a promise is broken.</param>
/// <param name="Words">What its grammar is made of: inputs are put together from them.</param>
public sealed record FuzzTarget(string Name, Action<byte[]> Try, params string[] Words)
{
    /// <summary>How dear one input is, against the cheapest: the whole gives each its share of time.</summary>
    public int Cost { get; init; } = 1;

    /// <summary>The words as octets; a character over 127 stands for one octet.</summary>
    public byte[][] Tokens { get; } = [.. Words.Select(Encoding.Latin1.GetBytes)];
}

/// <summary>A parser did what it must never do.</summary>
public sealed class BrokenPromiseException(string what) : Exception(what);

internal static class Must
{
    public static void Hold(bool isKept, string promise)
    {
        if (!isKept)
            throw new BrokenPromiseException(promise);
    }

    public static void Equal(string expected, string actual, string promise)
    {
        if (!string.Equals(expected, actual, StringComparison.Ordinal))
            throw new BrokenPromiseException($"{promise}\n  {Shown(expected)}\n  {Shown(actual)}");
    }

    public static void Equal(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string promise)
    {
        if (!expected.SequenceEqual(actual))
            throw new BrokenPromiseException(
                $"{promise}\n  {Shown(Wire.Text(expected))}\n  {Shown(Wire.Text(actual))}");
    }

    /// <summary>No line end of ours is anything but CRLF, and no NUL is among them.</summary>
    public static void BeClean(ReadOnlySpan<byte> text, string promise)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var isClean = text[i] switch
            {
                (byte)'\r' => i + 1 < text.Length && text[i + 1] == '\n',
                (byte)'\n' => i > 0 && text[i - 1] == '\r',
                0 => false,
                _ => true,
            };
            Hold(isClean, promise);
        }
    }

    private static string Shown(string text) =>
        text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\0", "\\0", StringComparison.Ordinal);
}

internal static class Wire
{
    /// <summary>Octets as text, one character each.</summary>
    public static string Text(ReadOnlySpan<byte> octets) => Encoding.Latin1.GetString(octets);

    public static byte[] Octets(string text) => Encoding.Latin1.GetBytes(text);
}

/// <summary>An input, read from its front: first the choices, then what is left for the parser.</summary>
internal sealed class Choices(byte[] input)
{
    private int _at;

    public byte[] Rest => input[_at..];

    public byte Next() => _at < input.Length ? input[_at++] : (byte)0;

    /// <summary>Up to a line feed, as UTF-8 where it is some, else octet by octet.</summary>
    public string Line()
    {
        var end = Array.IndexOf(input, (byte)'\n', _at);
        var line = input[_at..(end < 0 ? input.Length : end)];
        _at = end < 0 ? input.Length : end + 1;
        return TextOf(line);
    }

    public string Text() => TextOf(Rest);

    public static string TextOf(ReadOnlySpan<byte> octets) =>
        System.Text.Unicode.Utf8.IsValid(octets) ? Encoding.UTF8.GetString(octets) : Encoding.Latin1.GetString(octets);
}

internal static class Cut
{
    /// <summary>Cuts octets into pieces as one octet says: each alone, or in sizes that change.</summary>
    public static IEnumerable<ArraySegment<byte>> Of(byte[] octets, byte how)
    {
        uint state = how;
        for (var at = 0; at < octets.Length;)
        {
            state = unchecked(state * 1_664_525 + 1_013_904_223);
            var size = how == 0 ? 1 : 1 + (int)((state >> 16) % how);
            size = Math.Min(size, octets.Length - at);
            yield return new ArraySegment<byte>(octets, at, size);
            at += size;
        }
    }
}
