using System.Globalization;
using System.Text;
using MimeKit;
using MimeKit.Tnef;

namespace Postroom.Mail.Content;

/// <summary>Reads what a mail shows. Whatever the octets are, there is an answer: a bound that is met, or a part that
/// cannot be read, is told in it.</summary>
public sealed class ContentReader
{
    private readonly ContentLimits _limits;
    private readonly List<ShownPart> _parts = [];
    private readonly List<string> _cuts = [];
    private MimeEntity? _text;
    private MimeEntity? _html;

    private ContentReader(ContentLimits limits) => _limits = limits;

    /// <summary>Reads a mail.</summary>
    /// <param name="mail">Its octets, from the header on; seekable, and left open as long as the parts are
    /// read.</param>
    public static ShownMail Read(Stream mail, ContentLimits? limits = null) =>
        new ContentReader(limits ?? new ContentLimits()).ReadAll(mail);

    private ShownMail ReadAll(Stream mail)
    {
        var options = new ParserOptions { MaxMimeDepth = _limits.Depth, CharsetEncoding = Encoding.UTF8 };
        var (reach, cut) = PartScan.Reach(mail, _limits, options);
        Cut(cut);
        mail.Position = 0;
        Stream source = mail;
        if (reach < mail.Length)
            source = new Front(mail, reach);
        MimeMessage message;
        try
        {
            message = new MimeParser(options, source, MimeFormat.Entity, persistent: true)
                .ParseMessage(CancellationToken.None);
        }
        catch (FormatException e) // no header at all
        {
            Cut($"it cannot be read as a mail: {e.Message}");
            return new ShownMail([], [], _cuts);
        }

        if (message.Body is { } body)
            Walk(body, body is Multipart ? "" : "1", 0, isOurs: true);
        var (text, _) = Decoded(_text);
        var (html, isHtmlCut) = Decoded(_html);
        return new ShownMail([.. message.Headers.Select(Field)], _parts, _cuts)
        {
            Text = text, Html = html, IsHtmlCut = isHtmlCut,
        };
    }

    private static ShownField Field(Header field)
    {
        var written = field.RawValue.AsSpan().Trim(" \t\r\n"u8);
        return new ShownField(Printable.Of(field.Field),
            System.Text.Unicode.Utf8.IsValid(written)
                ? Encoding.UTF8.GetString(written) : Encoding.Latin1.GetString(written),
            Message.FieldText.DecodeWhole(field.RawValue) ?? "");
    }

    // IMAP counts the parts of a multipart from 1, and a mail that is none is its own part 1.
    private void Walk(MimeEntity entity, string path, int depth, bool isOurs)
    {
        switch (entity)
        {
            case Multipart multipart:
                for (var i = 0; i < multipart.Count; i++)
                    Walk(multipart[i], Below(path, i + 1), depth + 1, isOurs);
                break;
            case MessagePart { Message: { } inner } part:
                Add(part, path, inner.Subject is { Length: > 0 } subject ? subject + ".eml" : null);
                if (inner.Body is { } body)
                    Walk(body, body is Multipart ? path : Below(path, 1), depth + 1, isOurs: false);
                break;
            case TnefPart tnef:
                Add(tnef, path, tnef.FileName);
                Unpack(tnef, path);
                break;
            case MimePart part:
                Take(part, path, isOurs);
                break;
            default:
                Add(entity, path, null);
                break;
        }
    }

    private void Take(MimePart part, string path, bool isOurs)
    {
        if (part.ContentType.IsMimeType("multipart", "*") || part.ContentType.IsMimeType("message", "rfc822"))
            Cut($"parts within parts are read {_limits.Depth} deep: part {path} was not looked into");
        if (isOurs && !part.IsAttachment && part.ContentType.IsMimeType("text", "plain"))
            _text ??= part;
        else if (isOurs && !part.IsAttachment && part.ContentType.IsMimeType("text", "html"))
            _html ??= part;
        Add(part, path, part.FileName);
    }

    // Outlook's envelope around attachments. What is broken in one is told, and the whole can still be saved.
    private void Unpack(TnefPart tnef, string path)
    {
        try
        {
            var number = 0;
            foreach (var inner in tnef.ExtractAttachments())
            {
                if (_parts.Count >= _limits.Parts)
                {
                    Cut($"only the first {_limits.Parts} parts were read");
                    return;
                }

                number++;
                Add(inner, Below(path, number), (inner as MimePart)?.FileName);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Cut($"part {path} is TNEF that cannot be read: {Printable.Of(e.Message)}");
        }
    }

    private void Add(MimeEntity entity, string path, string? name)
    {
        var number = _parts.Count + 1;
        var safe = PartName.Safe(name, entity.ContentType.MimeType, number);
        var written = string.IsNullOrEmpty(name) ? null : Printable.Of(Short(name));
        _parts.Add(new ShownPart(entity, number, path.Length == 0 ? "1" : path, safe)
        {
            NameWritten = written == safe ? null : written,
            ContentId = entity.ContentId is { Length: > 0 } id ? Printable.Of(Short(id.Trim('<', '>'))) : null,
            Disposition = entity.ContentDisposition?.Disposition is { Length: > 0 } disposition
                ? Printable.Of(Short(disposition)).ToLowerInvariant() : null,
            Charset = entity.ContentType.Charset is { Length: > 0 } charset ? Printable.Of(Short(charset)) : null,
            IsBody = ReferenceEquals(entity, _text) || ReferenceEquals(entity, _html),
        });
    }

    private (string? Text, bool IsCut) Decoded(MimeEntity? entity)
    {
        if (entity is not MimePart { Content: { } content } part)
            return (null, false);
        using var kept = new FirstOctets(_limits.TextOctets);
        content.DecodeTo(kept);
        if (kept.IsCut)
            Cut(string.Create(CultureInfo.InvariantCulture,
                $"only the first {_limits.TextOctets} octets of {part.ContentType.MimeType} were read"));
        return (PartText.Of(kept.Kept, part.ContentType.Charset), kept.IsCut);
    }

    private void Cut(string? why)
    {
        if (why is not null && !_cuts.Contains(why) && _cuts.Count < 20)
            _cuts.Add(why);
    }

    private static string Below(string path, int number) => path.Length == 0
        ? number.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");

    private static string Short(string text) => text.Length <= 500 ? text : text[..500];
}
