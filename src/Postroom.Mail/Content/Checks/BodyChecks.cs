using System.Globalization;
using System.Text.RegularExpressions;
using Postroom.Mail.Content.Html;

namespace Postroom.Mail.Content.Checks;

/// <summary>The texts of a mail, and the lines it is written in.</summary>
internal static partial class BodyChecks
{
    // Gmail shows what is behind this only on request.
    private const int Clip = 102 * 1024;

    // RFC 5322 §2.1.1: octets of a line, without its end.
    private const int LongestLine = 998;

    public static IEnumerable<Finding> Of(CheckedMail checkedMail, ContentLimits limits)
    {
        var mail = checkedMail.Mail;
        foreach (var cut in mail.Cuts)
            yield return new("cut", Severity.Advice, $"Not all of the mail was looked at: {cut}.",
                "A reader's program may stop there too.");
        if (Lines(checkedMail.Octets.Span) is (> 0 and var count, var first))
            yield return new("line-too-long", Severity.Problem, string.Create(CultureInfo.InvariantCulture,
                $"{count} lines are longer than {LongestLine} octets (RFC 5322 §2.1.1): some servers break or "
                    + $"refuse them."),
                "Send the part as quoted-printable or base64.")
            {
                Where = string.Create(CultureInfo.InvariantCulture, $"line {first}"),
            };
        foreach (var part in mail.Parts.Where(part => part.IsUndeclared8Bit()))
            yield return new("8-bit-undeclared", Severity.Problem,
                $"Part {part.Path} holds octets over 127 and says that it does not (RFC 2045 §6.2).",
                "Add Content-Transfer-Encoding: quoted-printable, base64 or 8bit, and a "
                    + "charset.") { Where = part.Path };
        foreach (var part in mail.Parts.Where(part => part.IsBody && part.Charset is { } name
            && PartText.Named(name) is null && !name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)))
            yield return new("charset-unknown", Severity.Problem, $"Part {part.Path} is in an unknown charset.",
                "Write texts in UTF-8.") { Where = part.Charset };
        if (Template().Match(mail.Field("Subject") ?? "") is { Success: true } inSubject)
            yield return Unresolved("the subject", inSubject.Value);
        if (Template().Match(mail.Text ?? "") is { Success: true } inText)
            yield return Unresolved("the text", inText.Value);
        foreach (var finding in Texts(mail, limits))
            yield return finding;
    }

    /// <summary>What a template left where a value should stand.</summary>
    [GeneratedRegex(@"\$\{[^}\s]{1,80}\}|\{\{[^}]{1,80}\}\}|%%\w{1,60}%%|<%=?[^%]{1,80}%>"
        + @"|\[\[[\w.]{1,60}\]\]|\$\w{1,40}\.\w+\(", RegexOptions.CultureInvariant)]
    internal static partial Regex Template();

    private static IEnumerable<Finding> Texts(ShownMail mail, ContentLimits limits)
    {
        if (mail.Html is not { } html)
            yield break;
        var shown = PlainText.Of(html, limits);
        if (Template().Match(shown) is { Success: true } unresolved)
            yield return Unresolved("the HTML", unresolved.Value);
        var octets = mail.Parts.FirstOrDefault(part => part.IsBody && part.Type == "text/html")?.Size ?? 0;
        if (octets > Clip)
            yield return new("html-clipped", Severity.Problem, string.Create(CultureInfo.InvariantCulture,
                $"The HTML has {octets} octets; Gmail shows the first {Clip} and hides the rest."),
                "Make it shorter: styles and comments count too.");
        if (mail.Text is not { } text)
            yield return new("text-missing", Severity.Advice, "There is HTML and no text.",
                "Add a text/plain part: some read nothing else, and filters like it.");
        else if (Differ(text, shown))
            yield return new("texts-differ", Severity.Problem,
                "The text and the HTML do not say the same: who reads one misses what the other says.",
                "Make both from the same words.");
    }

    private static Finding Unresolved(string where, string what) => new("template-unresolved", Severity.Problem,
        $"A template was not filled in: {Printable.Of(what)} stands in {where}.",
        "See why the application had no value for it.") { Where = where };

    // Two texts are of one mail where most words of the shorter stand in the longer.
    private static bool Differ(string one, string other)
    {
        var (left, right) = (Words(one), Words(other));
        if (Math.Min(left.Count, right.Count) is var least && least < 5)
            return Math.Max(left.Count, right.Count) > 20;
        return left.Count(right.Contains) * 2 < least;
    }

    private static HashSet<string> Words(string text) =>
        [.. Word().Matches(Address().Replace(text, " ")).Take(20_000).Select(one => one.Value.ToLowerInvariant())];

    private static (int Count, int First) Lines(ReadOnlySpan<byte> octets)
    {
        var (count, first, number) = (0, 0, 0);
        while (!octets.IsEmpty)
        {
            number++;
            var end = octets.IndexOf((byte)'\n');
            var line = end < 0 ? octets : octets[..end];
            if (line.TrimEnd((byte)'\r').Length > LongestLine)
            {
                first = count == 0 ? number : first;
                count++;
            }

            octets = end < 0 ? [] : octets[(end + 1)..];
        }

        return (count, first);
    }

    [GeneratedRegex(@"[\p{L}\p{N}]{3,}")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(?:https?://|www\.|mailto:)\S+", RegexOptions.IgnoreCase)]
    private static partial Regex Address();
}
