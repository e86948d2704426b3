using System.Text.RegularExpressions;

namespace Postroom.Fuzz.Targets;

/// <summary>Next hops that take more for the end of a mail than the standard does.</summary>
/// <remarks>
/// The ends are those that the scanners try, of which some server was seen to take each, and a few more.
/// </remarks>
public static partial class LaxHops
{
    /// <summary>What they take for the end of the data.</summary>
    public static readonly string[] Ends =
    [
        "\r\n.\r\n", .. ScannerCases.All.Select(one => one.End),
        "\r\r\n.\r\n", "\n\r.\n\r", "\n\0.\n", "\0\r\n.\r\n", "\r\0\n.\r\0\n",
    ];

    /// <summary>Every one of them reads one mail, and the same, in what goes out after DATA.</summary>
    /// <param name="sent">The mail as it goes over the wire, final dot included.</param>
    public static void ReadOneMail(byte[] sent)
    {
        var text = "\r\n" + Wire.Text(sent); // 354 ended the line before
        foreach (var end in Ends)
        {
            // The true end may hold theirs; then it ends there for them too.
            var at = text.IndexOf(end, StringComparison.Ordinal);
            Must.Hold(at < 0 || at + end.Length >= text.Length - 1,
                "a next hop that ends mails otherwise finds a second mail");
        }

        // Whatever ends a line for it: CR, LF, both, with NULs between that it does not see.
        var alone = LoneDot().Match(text);
        Must.Hold(alone.Success && alone.Index >= text.Length - 5, "no line but the last is a lone dot");
    }

    [GeneratedRegex("(?<=[\r\n]\0*)\\.\0*[\r\n]")]
    private static partial Regex LoneDot();
}
