using System.Globalization;

namespace Postroom.Mail.Smtp;

/// <summary>What a next hop offered in its answer to EHLO (RFC 5321 §4.1.1.1).</summary>
/// <remarks>What was said before TLS is forgotten after it: an attacker could have said it (RFC 3207 §4.2).</remarks>
public sealed record Capabilities
{
    /// <summary>A hop that knows HELO only.</summary>
    public static Capabilities None { get; } = new();

    /// <summary>The name the hop gave itself; empty if it gave none.</summary>
    public string Name { get; init; } = "";

    /// <summary>RFC 2920: commands may be sent before the replies to those before them.</summary>
    public bool Pipelining { get; init; }

    /// <summary>RFC 3030: BDAT.</summary>
    public bool Chunking { get; init; }

    /// <summary>RFC 6152.</summary>
    public bool EightBitMime { get; init; }

    /// <summary>RFC 6531.</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>RFC 3461.</summary>
    public bool Dsn { get; init; }

    /// <summary>RFC 3207.</summary>
    public bool StartTls { get; init; }

    /// <summary>RFC 1870: SIZE may be given with MAIL.</summary>
    public bool Size { get; init; }

    /// <summary>The most octets it takes; null if it names no limit (RFC 1870 §4).</summary>
    public long? LargestMail { get; init; }

    /// <summary>The mechanisms of AUTH (RFC 4954 §3), as written.</summary>
    public IReadOnlyList<string> Auth { get; init; } = [];

    /// <summary>Reads a positive reply to EHLO. Unknown keywords are passed over; letters in either case.</summary>
    public static Capabilities Of(Reply ehlo)
    {
        var offer = new Capabilities { Name = FirstWord(ehlo.Lines[0]) };
        for (var i = 1; i < ehlo.Lines.Count; i++)
        {
            // "AUTH=LOGIN" is how some wrote it before RFC 2554, and some still do.
            var words = ehlo.Lines[i].Replace("AUTH=", "AUTH ", StringComparison.OrdinalIgnoreCase)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0)
                offer = With(offer, words);
        }

        return offer;
    }

    private static Capabilities With(Capabilities offer, string[] words) => words[0].ToUpperInvariant() switch
    {
        "PIPELINING" => offer with { Pipelining = true },
        "CHUNKING" => offer with { Chunking = true },
        "8BITMIME" => offer with { EightBitMime = true },
        "SMTPUTF8" => offer with { SmtpUtf8 = true },
        "DSN" => offer with { Dsn = true },
        "STARTTLS" => offer with { StartTls = true },
        "SIZE" => offer with { Size = true, LargestMail = Limit(words) },
        "AUTH" => offer with { Auth = [.. offer.Auth.Union(words.Skip(1), StringComparer.OrdinalIgnoreCase)] },
        _ => offer,
    };

    private static long? Limit(string[] words) =>
        words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var most) &&
        most > 0 ? most : null;

    private static string FirstWord(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? line : line[..space];
    }
}
