using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Postroom.Mail.Authentication;

/// <summary>The macros of RFC 7208 §7.</summary>
internal static partial class SpfMacros
{
    /// <summary>Whether it is a domain-spec (§7.1): macros and letters, and an end that a name can have. The macros of
    /// explanations (§7.2: c, r, t) have no place there.</summary>
    public static bool IsDomainSpec(string text) =>
        IsMacroString(text) && End().IsMatch(text)
        && !OnlyExplains().IsMatch(text.Replace("%%", "", StringComparison.Ordinal));

    /// <summary>Whether it is a macro-string (§7.1).</summary>
    public static bool IsMacroString(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] is not ('%' or < '!' or > '~'))
                at++;
            else if (Expansion().Match(text, at) is { Success: true } macro && macro.Index == at && IsPossible(macro))
                at += macro.Length;
            else
                return false;
        }

        return true;
    }

    /// <summary>Whether macros stand in it, so that it means something else for each mail.</summary>
    public static bool HasMacros(string text) => text.Contains('%', StringComparison.Ordinal);

    /// <summary>Puts what each macro stands for in its place.</summary>
    /// <param name="valueOf">What a letter stands for; null where that is not known yet.</param>
    /// <returns>Null where a value is not known yet.</returns>
    public static string? Expand(string text, Func<char, string?> valueOf)
    {
        var expanded = new StringBuilder();
        var at = 0;
        foreach (Match macro in Expansion().Matches(text))
        {
            expanded.Append(text, at, macro.Index - at);
            at = macro.Index + macro.Length;
            if (macro.Value is "%%" or "%_" or "%-")
            {
                expanded.Append(macro.Value switch { "%%" => "%", "%_" => " ", _ => "%20" });
                continue;
            }

            var letter = macro.Groups["letter"].Value[0];
            if (valueOf(char.ToLowerInvariant(letter)) is not { } value)
                return null;
            value = Transformed(value, macro);
            expanded.Append(char.IsAsciiLetterUpper(letter) ? Uri.EscapeDataString(value) : value);
        }

        return expanded.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>An address as %{i} has it (§7.3): one of version 6 as nibbles with dots.</summary>
    public static string Dotted(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.ToString()
        : string.Join('.', Convert.ToHexStringLower(address.GetAddressBytes()).AsEnumerable());

    /// <summary>The name by which an address is asked for its names (RFC 1035 §3.5, RFC 3596 §2.5).</summary>
    public static string Reversed(IPAddress address) =>
        string.Join('.', Dotted(address).Split('.').Reverse()) + "." + Family(address) + ".arpa";

    /// <summary>What %{v} stands for.</summary>
    public static string Family(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? "in-addr" : "ip6";

    // §7.1: a count of zero has no meaning, and is an error.
    private static bool IsPossible(Match macro) =>
        macro.Groups["count"] is not { Length: > 0 } count || count.Value.Any(digit => digit != '0');

    private static string Transformed(string value, Match macro)
    {
        var delimiters = macro.Groups["by"].Value;
        IEnumerable<string> parts = value.Split(delimiters.Length == 0 ? ['.'] : delimiters.ToCharArray());
        if (macro.Groups["reverse"].Length > 0)
            parts = parts.Reverse();
        var count = macro.Groups["count"].Value;
        if (count.Length > 0)
            parts = parts.TakeLast(count.TrimStart('0') is { Length: <= 4 } short4
                ? int.Parse(short4, CultureInfo.InvariantCulture) : int.MaxValue);
        return string.Join('.', parts);
    }

    [GeneratedRegex(@"%%|%_|%-|%\{(?<letter>[slodiphcrtv])(?<count>[0-9]*)(?<reverse>r?)(?<by>[.\-+,/_=]*)\}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Expansion();

    [GeneratedRegex(@"%\{[crt]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OnlyExplains();

    [GeneratedRegex(@"(?:\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?|%\{[^{}]*\}|%[%_-])\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex End();
}
