using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Smtp;

namespace Postroom.Fuzz.Targets;

/// <summary>What stands on one line: paths, xtext, ids, status codes, filters, patterns.</summary>
internal static class TextTargets
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.FromHours(1));

    public static readonly FuzzTarget Path = new("path", ReadPath,
        "<", ">", "@", "alice", "example.com", ".", "\"", "\\", "\"a b\"", "@a,@b:", "@a:", ",", ":", "[192.0.2.1]",
        "[IPv6:2001:db8::1]", "[IPv6:", "]", "postmaster", "a%b", "a!b", "-", "_", " ", "\u00c3\u00bc", "\u00ff", "\0");

    public static readonly FuzzTarget Xtext = new("xtext", ReadXtext,
        "+", "+2B", "+3D", "+0", "+zz", "+C3+BC", "+FF", "abc", "=", " ", "\u00c3\u00bc", "+0D+0A");

    public static readonly FuzzTarget Id = new("mail-id", ReadId,
        "0000000000000", "7ZZZZZZZZZZZZ", "8", "0", "Z", "i", "l", "o", "u", "a", "\u00c5\u00bf", "\u00c4\u00b1",
        "\u00ef\u00bc\u0090", "01ARZ3NDEKTSV");

    public static readonly FuzzTarget Status = new("status", ReadStatus, "5.1.1", "\x05", "\x04", "\x02", "\xff", "\0");

    public static readonly FuzzTarget Filters = new("filter", ReadFilter,
        "to:", "from:", "addressed:", "subject:", "id:", "route:", "state:", "reply:", "fault:", "before:", "after:",
        "age:", "larger:", "smaller:", "source:", "issue:", "project:", "app:", "instance:", "node:",
        "-", "\"", "\\\"", "\\\\", " ", ">", "<", "2h", "99999999999d",
        "1e5k",
        "20k", "1.5M", "waiting,held", "nexthop", "2026-11-23", "2026-11-23T10:00", "T10:00+14:00", "0001-01-01",
        "9999-12-31", "alice@example.com", "NaN", "\u00e2\u0080\u00a8", ",", ".", "0x1") { Cost = 2 };

    public static readonly FuzzTarget Patterns = new("patterns", ReadPatterns,
        "*", "*@", "*.", "<>", "example.com", "alice@example.com", "@", ".", "a", "A", "\n", ",", " ", "\u00c3\u00bc",
        "b.example.com\n") { Cost = 3 };

    public static readonly FuzzTarget Phrases = new("phrase", ReadPhrase,
        "\n", "*", "-", "_", ".", " ", "PROJ-123", "proj", "123", "a", "A", "fail", "failed", "\u00e4\u00bc\u009a",
        "\u00c3\u00bc", "\u00cc\u0088", "\u00f0\u009f\u0098\u0080", "\u00f0\u00a0\u0080\u0080", "\u00c4\u00b0", "=",
        "\"", "0123456789012345678901234567890123456789x") { Cost = 3 };

    private static void ReadPath(byte[] octets)
    {
        foreach (var lenient in (ReadOnlySpan<bool>)[false, true])
        {
            if (!PathGrammar.TryRead(octets, lenient, out var path))
                continue;
            Must.Hold(path.Length > 0 && path.Length <= octets.Length, "a path is part of the line");
            Must.Hold(path.IsAscii == Ascii.IsValid(path.Address), "what needs SMTPUTF8 says so");
            Must.Hold(!path.Address.Any(c => c < ' ' || c == '\x7f'), "a path holds no control character");
            Must.Equal(path.Address, new ReversePath(path.Address).Address, "a path that was read can be kept");
            // As we send it, the next hop reads it the same, and to its end.
            var sent = Encoding.UTF8.GetBytes($"<{path.Address}>");
            Must.Hold(PathGrammar.TryRead(sent, lenient: false, out var again), "what we send is a path");
            Must.Equal(path.Address, again.Address, "the next hop reads the path that we read");
            Must.Hold(again.Length == sent.Length, "nothing stands behind a path that we send");
        }
    }

    private static void ReadXtext(byte[] octets)
    {
        var text = Choices.TextOf(octets);
        var armoured = XText.Encode(text);
        Must.Hold(XText.TryDecode(armoured, out var back), "what is put into xtext comes out");
        Must.Equal(text, back!, "xtext gives back what was put in");
        Must.Hold(Ascii.IsValid(armoured) && !armoured.Any(c => c is <= ' ' or '=' or '\x7f'),
            "xtext is one plain word");
        if (XText.TryDecode(text, out var plain) && XText.TryDecode(XText.Encode(plain), out var twice))
            Must.Equal(plain, twice, "xtext in any spelling means one text");
    }

    private static void ReadId(byte[] octets)
    {
        var text = Choices.TextOf(octets);
        if (MailId.TryParse(text, out var id))
            Must.Equal(text.ToUpperInvariant(), id.ToString(), "an id has one spelling but for the letters' case");
        if (octets.Length < 8)
            return;
        var any = new MailId(BitConverter.ToInt64(octets) & long.MaxValue);
        Must.Hold(MailId.TryParse(any.ToString(), out var back) && back == any, "an id that was written is read");
        Must.Hold(any.Value == long.MaxValue || MailId.After(any, any.At) > any, // the last of them is of the year 2298
            "the next id is greater, whatever the clock says");
    }

    private static void ReadStatus(byte[] octets)
    {
        var choices = new Choices(octets);
        var (first, second, third) = (choices.Next(), choices.Next() * 9 - 600, choices.Next() * 9 - 600);
        var isOne = first is 2 or 4 or 5 && second is >= 0 and < 1_000 && third is >= 0 and < 1_000;
        try
        {
            var status = new EnhancedStatus(first, second, third);
            Must.Hold(isOne, "no status that RFC 3463 does not know");
            Must.Equal(string.Join('.', first, second, third), status.ToString(), "a status is written as it is");
        }
        catch (ArgumentOutOfRangeException) when (!isOne)
        {
            // As documented.
        }
    }

    private static void ReadFilter(byte[] octets)
    {
        var text = Choices.TextOf(octets);
        if (!FilterParser.TryParse(text, Now, out var filter, out var error))
        {
            Must.Hold(error is { Length: > 0 }, "a filter that cannot be read says why");
            return;
        }

        Must.Hold(filter.Terms.Count <= text.Length, "a term for what was written");
        var written = string.Join(' ', filter.Terms.Select(Written));
        if (!FilterParser.TryParse(written, Now, out var again, out error))
            throw new BrokenPromiseException($"what was read can be written, and read again: {written}: {error}");
        Must.Equal(Shown(filter), Shown(again), "a filter that is written out means the same");
    }

    private static string Written(Term term)
    {
        var value = term.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"",
            StringComparison.Ordinal);
        var name = term.Value.Length > 0 && term.Field is Field.Before or Field.After && IsAge(term) ? "age"
            : term.Field.ToString().ToLowerInvariant();
        return $"{(term.Not ? "-" : "")}{(term.Field == Field.Words ? "" : name + ":")}\"{value}\"";
    }

    // An age became an instant; its value is still what was written.
    private static bool IsAge(Term term) => char.IsAsciiLetter(term.Value[^1]) && term.Value[^1] is not ('Z' or 'z');

    private static string Shown(Filter filter) => string.Join('\n', filter.Terms.Select(term =>
        $"{term.Field} {term.Value} {term.Not} {term.Instant.UtcTicks} {term.Octets} {string.Join(',', term.States)}"));

    private static void ReadPatterns(byte[] octets)
    {
        var choices = new Choices(octets);
        var address = choices.Line();
        var patterns = choices.Text().Split('\n').Take(8).ToList();
        var complaint = patterns.Select(RouteTable.Complaint).FirstOrDefault(c => c is not null);
        RouteTable table;
        try
        {
            table = new RouteTable([new Route("up", "hop", 25) { Recipients = patterns }]);
        }
        catch (ArgumentException)
        {
            Must.Hold(complaint is not null, "a pattern without a complaint is taken");
            return;
        }

        Must.Hold(complaint is null, "a pattern with a complaint is not taken");
        var bracketed = Encoding.UTF8.GetBytes($"<{address}>");
        if (address.Length == 0 || !PathGrammar.TryRead(bracketed, lenient: true, out var path)
            || path.Address != address)
            return; // no address, so none that was ever taken
        var isFound = table.Find(ReversePath.Null, new ForwardPath(address)) is not null;
        Must.Hold(isFound == patterns.Exists(p => Fits(p, address)), "a list fits where one of its patterns does");
    }

    // One pattern at a time, by comparing text.
    private static bool Fits(string pattern, string address)
    {
        if (pattern is "*" or "*@*" or "<>")
            return pattern != "<>"; // which is the null path alone
        var at = address.LastIndexOf('@');
        var domain = at < 0 ? null : address[(at + 1)..];
        var rest = pattern.StartsWith("*@", StringComparison.Ordinal) ? pattern[2..] : pattern;
        if (rest.StartsWith("*.", StringComparison.Ordinal))
            return domain?.Length > rest.Length - 1
                && domain.EndsWith(rest[1..], StringComparison.OrdinalIgnoreCase);
        return string.Equals(rest.Contains('@', StringComparison.Ordinal) ? address : domain, rest,
            StringComparison.OrdinalIgnoreCase);
    }

    // What is sought, and a text behind the first line end: what matches is found by its terms.
    private static void ReadPhrase(byte[] octets)
    {
        var text = Choices.TextOf(octets);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var (phrase, subject) = (Phrase.Of(end < 0 ? text : text[..end]), end < 0 ? text : text[(end + 1)..]);
        var terms = Words.TermsOf(subject).ToHashSet();
        Must.Hold(terms.All(term => term.Length is > 0 and <= 81 && !term.Any(c => c is ' ' or '"' or '=' or '\0')),
            "a term is one word, or two that are joined, and can be quoted");
        if (!phrase.Matches(subject))
            return;
        Must.Hold(phrase.Terms.All(terms.Contains), "a text that matches has all terms of the phrase");
        Must.Hold(phrase.Beginning is not { } beginning
            || terms.Any(term => term.StartsWith(beginning, StringComparison.Ordinal)), "and one that begins so");
    }
}
