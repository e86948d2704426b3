using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>Prepares names and passwords for comparison: SASLprep, RFC 4013.</summary>
/// <remarks>
/// Covered: mapping (§2.1), normalisation (§2.2), prohibited characters (§2.3), and the rule on mixed directions
/// (§2.4). ASCII, which is nearly all there is, passes as it stands. Normalisation matters where people type: "é" is
/// one character on one system and an e with an accent behind it on another.
/// </remarks>
public static class SaslPrep
{
    /// <summary>Prepares UTF-8. False where the octets are no UTF-8, or the text is prohibited or empty.</summary>
    public static bool TryPrepare(ReadOnlySpan<byte> octets, [NotNullWhen(true)] out string? prepared)
    {
        prepared = null;
        return Scram.TextOf(octets) is { } text && TryPrepare(text, out prepared);
    }

    /// <summary>Prepares text. False where it is prohibited, or nothing is left.</summary>
    public static bool TryPrepare(string text, [NotNullWhen(true)] out string? prepared)
    {
        prepared = null;
        var mapped = Ascii.IsValid(text) ? text : Map(text);
        if (mapped is null || mapped.Length == 0)
            return false;
        var (rightToLeft, leftToRight) = (false, false);
        foreach (var rune in mapped.EnumerateRunes())
        {
            if (IsProhibited(rune))
                return false;
            rightToLeft |= IsRightToLeft(rune);
            leftToRight |= Rune.IsLetter(rune) && !IsRightToLeft(rune);
        }

        if (rightToLeft && leftToRight)
            return false;
        prepared = mapped;
        return true;
    }

    /// <summary>RFC 4013 §2.1 and §2.2; null for text that is no Unicode (a lone surrogate).</summary>
    private static string? Map(string text)
    {
        var mapped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
                return null;
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator)
                mapped.Append(' '); // table C.1.2
            else if (!IsMappedToNothing(rune.Value))
                mapped.Append(rune.ToString());
        }

        return Nfkc.Of(mapped.ToString());
    }

    /// <summary>Table B.1 of RFC 3454.</summary>
    private static bool IsMappedToNothing(int c) =>
        c is 0xAD or 0x34F or 0x1806 or (>= 0x180B and <= 0x180D) or (>= 0x200B and <= 0x200D) or 0x2060
            or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;

    /// <summary>Tables C.2 to C.9 of RFC 3454.</summary>
    private static bool IsProhibited(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        _ => (rune.Value & 0xFFFE) == 0xFFFE // no characters at all
            || rune.Value is (>= 0xFDD0 and <= 0xFDEF) or (>= 0xFFF9 and <= 0xFFFD)
            or (>= 0x2FF0 and <= 0x2FFB) or 0x340 or 0x341,
    };

    /// <summary>Hebrew, Arabic, Syriac, Thaana and their presentation forms: table D.1 of RFC 3454, by block.</summary>
    private static bool IsRightToLeft(Rune rune) =>
        Rune.IsLetter(rune)
        && rune.Value is (>= 0x590 and <= 0x7BF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC);
}
