using MimeKit;

namespace Postroom.Mail.Content;

/// <summary>What a mail shows to whoever opens it.</summary>
/// <param name="Fields">Its header, in the order it stands in.</param>
/// <param name="Parts">Everything in it that has octets of its own, in order; the texts too.</param>
/// <param name="Cuts">What is not shown because a bound was met, as sentences; empty as a rule.</param>
public sealed record ShownMail(
    IReadOnlyList<ShownField> Fields, IReadOnlyList<ShownPart> Parts, IReadOnlyList<string> Cuts)
{
    /// <summary>The text for who reads no HTML; null where there is none.</summary>
    public string? Text { get; init; }

    /// <summary>The HTML as it was written. It is not safe to show: see <see cref="Html.SafeHtml"/>.</summary>
    public string? Html { get; init; }

    /// <summary>Whether <see cref="Html"/> was longer.</summary>
    public bool IsHtmlCut { get; init; }

    /// <summary>The decoded value of the first field of a name; null where there is none.</summary>
    public string? Field(string name) =>
        Fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Text;

    /// <summary>The part that <c>cid:</c> names (RFC 2392 §2); null where there is none.</summary>
    public ShownPart? ByContentId(string id) => Parts.FirstOrDefault(part => part.ContentId == id);
}

/// <summary>A header field.</summary>
/// <param name="Written">Its value as it stands, folded and encoded; an octet over 127 that is no UTF-8 stands as the
/// character of that number.</param>
/// <param name="Text">Unfolded and decoded (RFC 2047, RFC 6532).</param>
public sealed record ShownField(string Name, string Written, string Text);

/// <summary>A part of a mail.</summary>
/// <param name="Number">From 1, in the order in which they stand.</param>
/// <param name="Path">Where it stands, as IMAP counts (RFC 3501 §6.4.5): <c>2.1</c>.</param>
/// <param name="Type">Its media type without parameters, in small letters.</param>
/// <param name="Name">A name that is safe for a file; made of its type where it has none.</param>
public sealed record ShownPart(int Number, string Path, string Type, string Name)
{
    private static readonly FormatOptions AsItStands = LinesOfMail();

    private readonly MimeEntity? _entity;

    internal ShownPart(MimeEntity entity, int number, string path, string name)
        : this(number, path, TypeOf(entity), name)
    {
        _entity = entity;
        using var count = new FirstOctets(0);
        CopyTo(count);
        Size = count.Seen;
    }

    /// <summary>The name as the mail gives it, where that is another; what steers a screen is escaped.</summary>
    public string? NameWritten { get; init; }

    /// <summary>Decoded octets.</summary>
    public long Size { get; }

    /// <summary>Without angle brackets (RFC 2045 §7); null where it has none.</summary>
    public string? ContentId { get; init; }

    /// <summary>inline, attachment (RFC 2183), or what is written.</summary>
    public string? Disposition { get; init; }

    /// <summary>The charset that is named; null where none is.</summary>
    public string? Charset { get; init; }

    /// <summary>It is the text or the HTML that the mail shows.</summary>
    public bool IsBody { get; init; }

    /// <summary>Writes its octets, decoded; those of a mail in this mail as they stand.</summary>
    public void CopyTo(Stream into)
    {
        switch (_entity)
        {
            case MimePart { Content: { } content }:
                content.DecodeTo(into);
                break;
            case MessagePart { Message: { } message }:
                message.WriteTo(AsItStands, into);
                break;
            default:
                break; // a part without octets: there is nothing to write
        }
    }

    /// <summary>Its octets, decoded, up to a bound.</summary>
    public byte[] Octets(int most, out bool isCut)
    {
        using var kept = new FirstOctets(most);
        CopyTo(kept);
        isCut = kept.IsCut;
        return kept.Kept.ToArray();
    }

    /// <summary>Whether octets over 127 stand in it although it says that there are none (RFC 2045 §6.2).</summary>
    internal bool IsUndeclared8Bit()
    {
        if (_entity is not MimePart { Content: { } content }
            || content.Encoding is not (ContentEncoding.Default or ContentEncoding.SevenBit))
            return false;
        var octets = new byte[8 * 1024];
        if (content.Stream is not { } stream)
            return false;
        stream.Position = 0;
        for (int read; (read = stream.Read(octets)) > 0;)
            if (!System.Text.Ascii.IsValid(octets.AsSpan(0, read)))
                return true;
        return false;
    }

    // Else the lines of a mail in this mail would end as those of this machine do.
    private static FormatOptions LinesOfMail()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        return format;
    }

    private static string TypeOf(MimeEntity entity) =>
        Printable.Of(entity.ContentType.MimeType).ToLowerInvariant();
}
