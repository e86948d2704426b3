using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Postroom.Mail;

/// <summary>xtext, the armour in which ENVID, ORCPT and AUTH travel (RFC 3461 §4, RFC 4954 §5).</summary>
/// <remarks>Printable ASCII but + and = stands for itself; any other octet is + and two hex digits.</remarks>
public static class XText
{
    private const string Hex = "0123456789ABCDEF";

    /// <summary>Puts text into xtext; what is not ASCII goes as its UTF-8 octets.</summary>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length + 8);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (IsPlain((char)octet))
                encoded.Append((char)octet);
            else
                encoded.Append('+').Append(Hex[octet >> 4]).Append(Hex[octet & 15]);
        }

        return encoded.ToString();
    }

    /// <summary>
    /// Takes text out of xtext. Hex digits are read in either case, though only capitals are right (§4). False where
    /// the text is no xtext, or its octets no UTF-8. The result may hold any character, control characters too.
    /// </summary>
    public static bool TryDecode([NotNullWhen(true)] string? xtext, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (xtext is null)
            return false;
        var octets = new byte[xtext.Length];
        var length = 0;
        for (var i = 0; i < xtext.Length; i++)
        {
            if (IsPlain(xtext[i]))
                octets[length++] = (byte)xtext[i];
            else if (xtext[i] == '+' && i + 2 < xtext.Length
                && char.IsAsciiHexDigit(xtext[i + 1]) && char.IsAsciiHexDigit(xtext[i + 2]))
            {
                octets[length++] = Convert.FromHexString(xtext.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
                return false;
        }

        if (!System.Text.Unicode.Utf8.IsValid(octets.AsSpan(0, length)))
            return false;
        text = Encoding.UTF8.GetString(octets, 0, length);
        return true;
    }

    private static bool IsPlain(char c) => c is > ' ' and < '\x7f' and not ('+' or '=');
}
