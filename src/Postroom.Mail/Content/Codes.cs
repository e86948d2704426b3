using System.Text.RegularExpressions;

namespace Postroom.Mail.Content;

/// <summary>What looks like a one-time code.</summary>
/// <param name="Code">As it is to be typed: without spaces.</param>
/// <param name="Around">The line it stands in, and the one before where that says what it is.</param>
public sealed record ShownCode(string Code, string Around);

/// <summary>Finds one-time codes: short groups of digits or capitals near a word that says so.</summary>
/// <remarks>Better none than a wrong one: numbers of issues, orders, years, amounts and telephones are no codes,
/// however near the word stands.</remarks>
public static partial class Codes
{
    private const int Most = 10;
    private const int Reach = 120;

    /// <summary>The most probable first; empty where nothing looks like one.</summary>
    /// <param name="subject">Looked at too: many services put it there.</param>
    public static IReadOnlyList<ShownCode> Of(string? subject, string text)
    {
        if (text.Length > 100_000)
            text = text[..100_000];
        var whole = (subject ?? "") + "\n\n" + text;
        whole = Address().Replace(whole, match => new string('\u00B7', match.Length)); // nothing in an address is one
        var words = Word().Matches(whole).Where(word => !Other().IsMatch(Before(whole, word.Index, 24) + word.Value))
            .Select(word => (From: word.Index, To: word.Index + word.Length)).ToList();
        if (words.Count == 0)
            return [];
        var found = new Dictionary<string, (int Score, ShownCode Code)>(StringComparer.Ordinal);
        foreach (Match one in Candidate().Matches(whole))
        {
            var code = one.Value.Replace(" ", "", StringComparison.Ordinal).Replace("\u00A0", "",
                StringComparison.Ordinal);
            var score = Score(whole, one, code, words);
            if (score > 0 && (!found.TryGetValue(code, out var known) || known.Score < score))
                found[code] = (score, new ShownCode(code, Around(whole, one)));
        }

        return [.. found.Values.OrderByDescending(one => one.Score).Select(one => one.Code).Take(Most)];
    }

    private static int Score(string text, Match one, string code, List<(int From, int To)> words)
    {
        var digits = code.Count(char.IsAsciiDigit);
        if (digits == 0 || (digits < code.Length && code.Any(char.IsAsciiLetterLower)))
            return 0;
        var distance = words.Min(word => word.To <= one.Index ? one.Index - word.To
            : word.From >= one.Index + one.Length ? 2 * (word.From - one.Index - one.Length) : 0);
        if (distance > Reach)
            return 0;
        var line = LineOf(text, one.Index);
        var isAlone = line.Trim(' ', '*', '\u00A0', '"', '.', ':', '\t').Length == one.Length;
        if (!isAlone && (Number().IsMatch(Before(text, one.Index, 28)) || Unit().IsMatch(After(text, one, 12))))
            return 0;
        if (!isAlone && code.Length == 4 && Year().IsMatch(code) && distance > 12)
            return 0;
        return 200 - distance + (isAlone ? 80 : 0) + (digits == code.Length && code.Length == 6 ? 40 : 0)
            - (digits < code.Length ? 10 : 0);
    }

    private static string Around(string text, Match one)
    {
        var line = LineOf(text, one.Index).Trim();
        if (line.Length > one.Length + 12)
            return Short(line);
        var before = text[..LineStart(text, one.Index)].TrimEnd();
        return Short((LineOf(text, Math.Max(0, before.Length - 1)).Trim() + " " + line).Trim());
    }

    private static string Short(string text) => Printable.Of(text.Length <= 200 ? text : text[..200]);

    private static string LineOf(string text, int at)
    {
        var end = text.IndexOf('\n', at);
        return text[LineStart(text, at)..(end < 0 ? text.Length : end)];
    }

    private static int LineStart(string text, int at) => at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;

    private static string Before(string text, int at, int most)
    {
        var from = Math.Max(LineStart(text, at), at - most);
        return text[from..at];
    }

    private static string After(string text, Match one, int most)
    {
        var at = one.Index + one.Length;
        return text[at..Math.Min(text.Length, at + most)];
    }

    // 4 to 8 digits, in one or two groups; capitals and digits in one or two groups.
    [GeneratedRegex(@"(?<![\w./,:@#$\u20AC\u00A3+%=\u00B7-])(?:\d{3}[ \u00A0-]\d{3}|\d{4}[ \u00A0-]\d{4}|[A-Z]-\d{5,7}"
        + @"|\d{4,8}|[A-Z0-9]{3,4}-[A-Z0-9]{3,4}|(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{5,8})(?![\w/@%\u00B7-]|[.,:]\d)")]
    private static partial Regex Candidate();

    [GeneratedRegex(@"(?<!\p{L})(?:(?:pass|one-time |security |verification |confirmation |access |login |sign-in "
        + @")?codes?"
        + @"|otp|totp|pin|m?tan|one[- ]time password|einmalpasswort|(?:\p{L}{3,20})?code|passwort-code"
        + @"|c[o\u00F3]digo|codice|kode|kodu|kod|koodi|k[o\u00F3]d|mot de passe \u00E0 usage unique|sleutel"
        + @"|\u043A\u043E\u0434|\u03BA\u03C9\u03B4\u03B9\u03BA\u03CC\u03C2|\u0631\u0645\u0632|\u05E7\u05D5\u05D3)"
        + @"(?!\p{L})"
        + @"|\u9A8C\u8BC1\u7801|\u9A57\u8B49\u78BC|\u8A8D\u8A3C\u30B3\u30FC\u30C9|\u78BA\u8A8D\u30B3\u30FC\u30C9"
        + @"|\u30EF\u30F3\u30BF\u30A4\u30E0\u30D1\u30B9\u30EF\u30FC\u30C9|\uC778\uC99D\s?(?:\uBC88\uD638|\uCF54\uB4DC)"
        + @"|m\u00E3 x\u00E1c", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    // Codes of another kind.
    [GeneratedRegex(@"(?:error|status|exit|return|response|zip|postal|post|bar|qr|country|area|source|promo|coupon"
        + @"|discount|voucher|tracking|reason|dress|product|branch|sort|swift|fehler|post|gutschein|rabatt|quell|vor"
        + @"|bank|strich|artikel|l\u00E4nder|uni|en|de|byte)[- ]?codes?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Other();

    // What a number behind these words is called by them.
    [GeneratedRegex(@"(?:order|commit|revision|changeset|pull request|merge "
        + @"request|ticket|issue|invoice|case|build|job|pipeline|revision|version|port|customer|account|iban"
        + @"|reference|ref|phone|tel|call|fax|room|year|rfc|iso|bestellung|bestellnummer|auftrag|auftragsnummer|vorgang"
        + @"|rechnung|rechnungsnummer|kunde|kundennummer|konto|telefon|nummer|number|no|nr|commande|facture|pedido"
        + @"|factura|ending in|endet auf|copyright|\u00A9|since|until|seit|bis|usd|eur|chf|gbp)\b[ .:#-]*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"^ "
        + @"?(?:minutes?|minuten|min\b|hours?|stunden|days?|tage|seconds?|sekunden|%|\u20AC|eur\b|usd\b|chf\b"
        + @"|mb\b|kb\b|gb\b|users?\b|times\b|GmbH\b|Inc\b)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Unit();

    [GeneratedRegex("^(?:19|20)[0-9]{2}$")]
    private static partial Regex Year();

    [GeneratedRegex(@"\b(?:https?://|www\.|mailto:)\S+|\S+@\S+\.\w+", RegexOptions.IgnoreCase)]
    private static partial Regex Address();
}
