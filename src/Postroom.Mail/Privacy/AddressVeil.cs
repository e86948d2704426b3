using System.Buffers;

namespace Postroom.Mail.Privacy;

/// <summary>Puts a word in the place of each address in a text: what is read by many need not say whose mail it
/// is.</summary>
/// <remarks>A mailbox that a text names without its <c>@</c> is not known for one, and stays.</remarks>
public sealed class AddressVeil
{
    private const string Mask = "***";
    private const string HashMark = "h:";

    private const int Longest = 2 + AddressHash.Digits; // of a word: the mark and the hash

    private readonly AddressHash? _hash;

    private AddressVeil(AddressHash? hash) => _hash = hash;

    /// <summary><c>a***@example.com</c>.</summary>
    public static AddressVeil Masked { get; } = new(null);

    /// <summary><c>h:1f2e3d4c5b6a7988@example.com</c>.</summary>
    public static AddressVeil Hashed(AddressHash hash) => new(hash);

    public AddressForm Form => _hash is null ? AddressForm.Masked : AddressForm.Hashed;

    /// <summary>The text with the word of each address in its place; the text itself where there is none.</summary>
    public string Of(string text)
    {
        var marks = text.AsSpan().Count('@') + text.AsSpan().Count(AddressScan.Escaped);
        if (marks == 0)
            return text;
        var buffer = ArrayPool<char>.Shared.Rent(text.Length + marks * Longest);
        try
        {
            var written = Write(text, buffer);
            return written.Length == text.Length && written.SequenceEqual(text) ? text : new string(written);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer, clearArray: true);
        }
    }

    // From the end to the beginning, as the addresses are found.
    private Span<char> Write(ReadOnlySpan<char> text, Span<char> buffer)
    {
        var scan = new AddressScan(text);
        Span<char> word = stackalloc char[Longest];
        var rest = text;
        var left = buffer;
        while (scan.TryFindLast(out var found))
        {
            left = Prepend(rest[found.At..], left);
            left = Prepend(word[..Write(text, found, word)], left);
            rest = rest[..found.Start];
        }

        left = Prepend(rest, left);
        return buffer[left.Length..];
    }

    private int Write(ReadOnlySpan<char> text, FoundAddress found, Span<char> word)
    {
        var local = text[found.Local..found.At];
        if (_hash is null)
        {
            var quote = local is ['"', _, ..] ? 1 : 0; // the mark says nothing of whose it is
            var first = local.Length > quote + 1 && char.IsSurrogatePair(local[quote], local[quote + 1]) ? 2 : 1;
            local.Slice(quote, first).CopyTo(word);
            Mask.CopyTo(word[first..]);
            return first + Mask.Length;
        }

        HashMark.CopyTo(word);
        var domain = text[found.Domain..found.End];
        var address = ArrayPool<char>.Shared.Rent(local.Length + 1 + domain.Length);
        local.CopyTo(address);
        address[local.Length] = '@';
        domain.CopyTo(address.AsSpan(local.Length + 1));
        _hash.Write(address.AsSpan(0, local.Length + 1 + domain.Length), word[HashMark.Length..]);
        ArrayPool<char>.Shared.Return(address, clearArray: true);
        return Longest;
    }

    private static Span<char> Prepend(scoped ReadOnlySpan<char> text, Span<char> left)
    {
        text.CopyTo(left[^text.Length..]);
        return left[..^text.Length];
    }
}
