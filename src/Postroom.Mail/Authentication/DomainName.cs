using System.Globalization;

namespace Postroom.Mail.Authentication;

/// <summary>Domain names as DNS takes them (RFC 1035 §2.3.4): labels of at most 63 octets, 253 in all.</summary>
public static class DomainName
{
    private const int Longest = 253;
    private const int LongestLabel = 63;

    /// <summary>In small letters, without the dot at the end, and with U-labels written as A-labels where that can be
    /// done (RFC 5890 §2.3.2.1).</summary>
    public static string Of(string name)
    {
        name = name.EndsWith('.') ? name[..^1] : name;
        if (System.Text.Ascii.IsValid(name))
            return name.ToLowerInvariant();
        try
        {
            return new IdnMapping().GetAscii(name).ToLowerInvariant();
        }
        catch (ArgumentException) // no such name can be: IsName says so
        {
            return name;
        }
    }

    /// <summary>Whether DNS can be asked for it. It could be for what steers a screen too, which no name of anybody
    /// has.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= Longest
        && !name.AsSpan().ContainsAnyExceptInRange(' ', '~')
        && name.Split('.').All(label => label.Length is > 0 and <= LongestLabel);

    /// <summary>Whether it is a name of several labels, which alone has a record of SPF (RFC 7208 §4.3).</summary>
    public static bool IsQualified(string name) => IsName(name) && name.Contains('.', StringComparison.Ordinal);

    /// <summary>Whether one is the other, or below it.</summary>
    public static bool IsWithin(string name, string upper) =>
        name == upper || name.EndsWith("." + upper, StringComparison.Ordinal);

    /// <summary>Drops labels from the left until DNS can be asked for it (RFC 7208 §7.3).</summary>
    internal static string Shortened(string name) => name.Length <= Longest ? name
        : name[(name.IndexOf('.', name.Length - Longest - 1) + 1)..];
}
