using System.Text;
using MimeKit;
using Postroom.Mail;
using Postroom.Mail.Smtp;

namespace Postroom.Api.Letters;

/// <summary>Writes a <see cref="Letter"/> as a mail (RFC 5322, RFC 2045).</summary>
internal static class LetterWriter
{
    // These are made here, or by whoever carries the mail; a second one would contradict the first.
    private static readonly string[] Ours =
    [
        "from", "sender", "to", "cc", "bcc", "reply-to", "subject", "mime-version", "return-path", "received",
        "dkim-signature", "date",
    ];

    // Octets before base64, so that a word has at most 75 characters (RFC 2047 §2).
    private const int LongestWord = 45;

    /// <summary>The envelope of a letter.</summary>
    /// <exception cref="ApiProblem">An address is none, or there is no recipient.</exception>
    public static Envelope EnvelopeOf(Letter letter)
    {
        var from = letter.Sender ?? Mailbox("from", letter.From).Address;
        return EnvelopeOf(from, [.. letter.To.Select(one => Mailbox("to", one).Address),
            .. letter.Cc.Select(one => Mailbox("cc", one).Address),
            .. letter.Bcc.Select(one => Mailbox("bcc", one).Address)]);
    }

    /// <summary>An envelope; who is named twice is one recipient.</summary>
    /// <exception cref="ApiProblem">An address is none, or there is no recipient.</exception>
    public static Envelope EnvelopeOf(string from, IReadOnlyList<string> to)
    {
        if (to.Count == 0)
            throw ApiProblem.Bad("there is no recipient", "Name one or more in to.");
        if (to.Count > MostRecipients)
            throw ApiProblem.Bad($"{to.Count} recipients are too many", $"At most {MostRecipients} of one mail.");
        return new Envelope(from.Length == 0 ? ReversePath.Null : new ReversePath(Address(from)),
            [.. to.Select(Address).Distinct(StringComparer.Ordinal).Select(one =>
                new Recipient(new ForwardPath(one)))]);
    }

    /// <summary>The most recipients of one mail, as of a listener without further settings.</summary>
    public const int MostRecipients = 1_000;

    /// <summary>An address as one writes it, which SMTP can carry (RFC 5321 §4.1.2).</summary>
    /// <exception cref="ApiProblem">It is none.</exception>
    public static string Address(string text) =>
        PathGrammar.TryRead(Encoding.UTF8.GetBytes($"<{text}>"), lenient: false, out var path)
            && path.Address.Length > 0 && path.Length == Encoding.UTF8.GetByteCount(text) + 2
            ? path.Address
            : throw ApiProblem.Bad($"{text} is no mail address", "Write it like jira@example.com.");

    /// <summary>The mail itself. Message-ID and Date are left to the relay, which adds them where they are
    /// missing.</summary>
    /// <exception cref="ApiProblem">Something in it cannot stand in a mail.</exception>
    public static byte[] Write(Letter letter)
    {
        using var mail = new MimeMessage();
        mail.Headers.Clear(); // it brings a date of its own
        mail.From.Add(Mailbox("from", letter.From));
        mail.To.AddRange(letter.To.Select(one => Mailbox("to", one)));
        mail.Cc.AddRange(letter.Cc.Select(one => Mailbox("cc", one)));
        mail.ReplyTo.AddRange(letter.ReplyTo.Select(one => Mailbox("replyTo", one)));
        mail.Subject = Shown(OneLine("subject", letter.Subject));
        foreach (var (name, value) in letter.Headers)
            mail.Headers.Add(FieldName(name), OneLine(name, value));
        var body = new BodyBuilder { TextBody = letter.Text, HtmlBody = letter.Html };
        if (letter.Text is null && letter.Html is null && letter.Attachments.Count == 0)
            body.TextBody = "";
        foreach (var attachment in letter.Attachments)
            Add(attachment, body);
        mail.Body = body.ToMessageBody();
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        mail.Prepare(EncodingConstraint.SevenBit);
        using var written = new MemoryStream();
        mail.WriteTo(format, written);
        return written.ToArray();
    }

    private static void Add(Attachment? attachment, BodyBuilder body)
    {
        var name = OneLine("the name of an attachment", attachment?.Name);
        if (attachment!.Content is not { } content)
            throw ApiProblem.Bad($"{name} has no content", "Give its octets in base64.");
        if (name.Length == 0 || name.AsSpan().IndexOfAny('/', '\\') >= 0)
            throw ApiProblem.Bad($"\"{name}\" is no name of an attachment", "Give a name without folders.");
        var type = attachment.Type ?? MimeTypes.GetMimeType(name);
        if (type.Any(char.IsControl) || !MimeKit.ContentType.TryParse(type, out var kind))
            throw ApiProblem.Bad($"\"{type}\" is no media type", "Write it like application/pdf.");
        if (attachment.ContentId is not { } id)
        {
            body.Attachments.Add(name, content, kind);
            return;
        }

        if (id.Length == 0 || !id.All(c => char.IsAsciiLetterOrDigit(c) || "._-@".Contains(c)))
            throw ApiProblem.Bad($"\"{id}\" is no contentId", "Letters, digits, dots, hyphens, underscores and @.");
        body.LinkedResources.Add(name, content, kind).ContentId = id;
    }

    private static MailboxAddress Mailbox(string where, string? text)
    {
        if (!MailboxAddress.TryParse(OneLine(where, text), out var mailbox))
            throw ApiProblem.Bad($"{where}: {text} is no mail address",
                "Write it like jira@example.com or Jira <jira@example.com>.");
        mailbox.Address = Address(mailbox.Address);
        return mailbox;
    }

    // What looks like the beginning of an encoded word would be read as one (RFC 2047 §5): then all of it becomes some.
    private static string Shown(string text)
    {
        if (!text.Contains("=?", StringComparison.Ordinal))
            return text;
        var (words, word) = (new List<string>(), new List<byte>());
        Span<byte> octets = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(octets);
            if (word.Count + length > LongestWord)
                End();
            word.AddRange(octets[..length]);
        }

        End();
        return string.Join(' ', words);

        void End()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String([.. word])}?=");
            word.Clear();
        }
    }

    private static string FieldName(string name)
    {
        var isToken = name.Length is > 0 and <= 76 && name.All(c => c is > ' ' and < '\x7f' and not ':');
        if (!isToken)
            throw ApiProblem.Bad($"\"{name}\" is no name of a header field", "RFC 5322 §2.2: no spaces, no colon.");
        if (Ours.Contains(name.ToLowerInvariant()) || name.StartsWith("content-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("resent-", StringComparison.OrdinalIgnoreCase))
            throw ApiProblem.Bad($"headers cannot hold {name}", "It is made of the other fields, or by the relay.");
        return name;
    }

    // What would begin another field is refused and not repaired: whoever sends it means no good, or has a bug.
    private static string OneLine(string where, string? text) =>
        text is null ? throw ApiProblem.Bad($"{where} is missing", "The fields of a mail: docs/reference/api.md")
        : text.Any(char.IsControl)
            ? throw ApiProblem.Bad($"{where} holds a line end or another control character", "Give one line of text.")
            : text;
}
