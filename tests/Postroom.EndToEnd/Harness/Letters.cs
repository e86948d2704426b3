using System.Globalization;
using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>Mails by number: each can be made again to the last octet, so that nobody has to keep them.</summary>
/// <param name="Largest">No mail has more octets than this, or hardly more.</param>
internal sealed record Letters(int Largest)
{
    private static readonly byte[] Filler = Encoding.UTF8.GetBytes(
        "Sphinx of black quartz, judge my vow; zwölf Boxkämpfer jagen Viktor. ".PadRight(75, '='));

    /// <summary>The mail of that number, with its number on every line: a piece of another's is seen.</summary>
    public byte[] Of(int number)
    {
        var size = SizeOf(number);
        using var mail = new MemoryStream(size + 512);
        mail.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"""
             Date: Mon, 23 Nov 2026 09:14:02 +0000
             Message-ID: <LETTER.{number}@app.example.com>
             From: app@example.com
             To: alice@example.com
             Subject: Letter {number}

             """).ReplaceLineEndings("\r\n")));
        mail.Write("\r\n"u8);
        Span<byte> label = stackalloc byte[16];
        for (var line = 0; mail.Length < size; line++)
        {
            // Dots where a careless writer loses or doubles them (RFC 5321 §4.5.2).
            mail.Write((line % 7) switch { 3 => "."u8, 5 => ".."u8, _ => default });
            if (line % 11 != 10)
            {
                number.TryFormat(label, out var digits, "x8", CultureInfo.InvariantCulture);
                line.TryFormat(label[digits..], out var more, "x6", CultureInfo.InvariantCulture);
                mail.Write(label[..(digits + more)]);
                mail.Write(Filler.AsSpan(0, Filler.Length - line % 30));
            }
            mail.Write("\r\n"u8);
        }
        return mail.ToArray();
    }

    /// <summary>The number of the mail that these octets are, by its Message-ID; null if there is none.</summary>
    public static int? NumberOf(ReadOnlySpan<byte> arrived)
    {
        var name = "<LETTER."u8;
        var at = arrived.IndexOf(name);
        if (at < 0)
            return null;
        var rest = arrived[(at + name.Length)..];
        var end = rest.IndexOf((byte)'@');
        return end > 0 && int.TryParse(rest[..end], CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    // As notifications are: most are small, a few carry a picture.
    private int SizeOf(int number)
    {
        var dice = new Random(number);
        var size = dice.Next(100) switch
        {
            < 80 => dice.Next(600, 3_000),
            < 98 => dice.Next(3_000, 20_000),
            _ => dice.Next(20_000, 300_000),
        };
        return Math.Min(size, Largest);
    }
}
