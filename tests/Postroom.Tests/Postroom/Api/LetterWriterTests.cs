using System.Text;
using CsCheck;
using MimeKit;
using Postroom.Api;
using Postroom.Api.Letters;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>A letter of JSON becomes the mail that it says, and never more than that.</summary>
public sealed class LetterWriterTests
{
    private static readonly string[] Known =
    [
        "alice@example.com", "Bob <bob@example.com>", "\"Lee, Ann\" <ann@example.com>", "=?utf-8?q?x?=", "a@b, c@d",
        "group: a@b;", "x\r\nBcc: c@example.com", "x\nX-Own: y", "<a@b> (c)", "ä@example.com",
    ];

    private static readonly Gen<string> Word = Gen.OneOf(
        Gen.Int[0, Known.Length - 1].Select(i => Known[i]),
        Gen.Char["ab @<>(),;:\\\"=?.\r\n\0\t\x7fü✓–\ud83d"].Array[0, 40].Select(chars => new string(chars)),
        Gen.Char["a ü"].Array[0, 3_000].Select(chars => new string(chars)));

    // Mostly what may stand there, or no letter would ever be written.
    private static readonly Gen<string> Mailbox =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Word).Select((chance, i, word) => chance > 0 ? Known[i] : word);

    private static readonly Gen<string> Line = Gen.Select(Gen.Int[0, 9], Word)
        .Select((chance, word) => chance > 0 ? string.Concat(word.Where(c => !char.IsControl(c))) : word);

    private static readonly string[] Names =
    [
        "From", "To", "Cc", "Reply-To", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "X-Own",
    ];

    [Fact]
    public void No_field_of_a_letter_becomes_another()
    {
        var written = 0;
        Gen.Select(Mailbox, Mailbox.Array[0, 3], Mailbox.Array[0, 2], Line, Line)
        .Select((from, to, cc, subject, own) => new Letter(from)
        {
            To = to, Cc = cc, Bcc = ["hidden@example.com"], Subject = subject, Text = own,
            Headers = new Dictionary<string, string> { ["X-Own"] = own },
        })
        .Sample(letter => Interlocked.Add(ref written, Holds(letter) ? 1 : 0), iter: 3_000);
        Assert.InRange(written, 300, 2_900); // some are letters, and some are not
    }

    /// <returns>Whether it could be written.</returns>
    private static bool Holds(Letter letter)
    {
        byte[] octets;
        int recipients;
        try
        {
            recipients = LetterWriter.EnvelopeOf(letter).Recipients.Count;
            octets = LetterWriter.Write(letter);
        }
        catch (ApiProblem problem)
        {
            Assert.Equal(400, problem.Answer.Status);
            return false;
        }

        var text = Encoding.UTF8.GetString(octets);
        foreach (var line in text.Split("\r\n"))
        {
            Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, 998);
            Assert.DoesNotContain('\r', line);
            Assert.DoesNotContain('\n', line);
        }

        using var mail = MimeMessage.Load(new MemoryStream(octets), TestContext.Current.CancellationToken);
        Assert.All(mail.Headers, field => Assert.Contains(field.Field, Names, StringComparer.OrdinalIgnoreCase));
        Assert.Distinct(mail.Headers.Select(field => field.Field.ToLowerInvariant()));
        Assert.Single(mail.From.Mailboxes);
        Assert.Equal((letter.To.Count, letter.Cc.Count), (mail.To.Mailboxes.Count(), mail.Cc.Mailboxes.Count()));
        Assert.InRange(recipients, 1, letter.To.Count + letter.Cc.Count + 1);
        Assert.DoesNotContain("hidden@", text, StringComparison.Ordinal);
        Assert.Equal(Plain(letter.Subject), Plain(mail.Subject));
        return true;
    }

    // Blanks may be folded; half a character cannot be written.
    private static string Plain(string? text) =>
        string.Concat((text ?? "").Where(c => !char.IsWhiteSpace(c) && !char.IsSurrogate(c) && c != '\ufffd'));
}
