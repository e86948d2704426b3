using Postroom.Mail.Content;

namespace Postroom.Api.Contents;

/// <summary>What a mail shows: <c>GET /api/v1/mails/{id}/content</c>, and <c>postroom inbox show ID
/// --json</c>.</summary>
/// <param name="Fields">The header, in its order.</param>
/// <param name="Parts">Everything that has octets of its own, in order; the texts too.</param>
/// <param name="Cuts">What is not shown because a bound was met, in sentences; empty as a rule.</param>
public sealed record ContentAnswer(
    string Id, IReadOnlyList<FieldAnswer> Fields, IReadOnlyList<PartAnswer> Parts, IReadOnlyList<string> Cuts)
{
    public string? Subject { get; init; }

    /// <summary>The text; made of the HTML where the mail has none.</summary>
    public string? Text { get; init; }

    /// <summary>True where <see cref="Text"/> was made of the HTML.</summary>
    public bool? IsTextMade { get; init; }

    /// <summary>The HTML, safe to show; its own images stand as <c>cid:</c>, those of elsewhere without an
    /// address.</summary>
    public string? Html { get; init; }

    /// <summary>The images of elsewhere, which are shown only with <c>images=true</c>.</summary>
    public IReadOnlyList<string>? RemoteImages { get; init; }

    /// <summary>What was taken out of the HTML: names of elements and attributes.</summary>
    public IReadOnlyList<string>? Removed { get; init; }
}

/// <summary>A header field.</summary>
/// <param name="Written">As it stands, folded and encoded.</param>
/// <param name="Text">Unfolded and decoded.</param>
public sealed record FieldAnswer(string Name, string Written, string Text);

/// <summary>A part of a mail.</summary>
/// <param name="Number">To be given as <c>parts/{part}</c>.</param>
/// <param name="Path">Where it stands, as IMAP counts.</param>
/// <param name="Name">Safe for a file.</param>
/// <param name="Size">Decoded octets.</param>
public sealed record PartAnswer(int Number, string Path, string Type, string Name, long Size)
{
    /// <summary>The name as the mail gives it, where that is another.</summary>
    public string? NameWritten { get; init; }
    public string? ContentId { get; init; }
    public string? Disposition { get; init; }
    public string? Charset { get; init; }

    /// <summary>True of the text and the HTML that the mail shows.</summary>
    public bool? IsBody { get; init; }

    public static PartAnswer Of(ShownPart part) => new(part.Number, part.Path, part.Type, part.Name, part.Size)
    {
        NameWritten = part.NameWritten,
        ContentId = part.ContentId,
        Disposition = part.Disposition,
        Charset = part.Charset,
        IsBody = part.IsBody ? true : null,
    };
}

/// <summary>The links of a mail: <c>GET /api/v1/mails/{id}/links</c>.</summary>
/// <param name="Links">Those of the HTML in order, then those that only the text has.</param>
public sealed record LinksAnswer(string Id, IReadOnlyList<LinkAnswer> Links);

/// <summary>A link.</summary>
/// <param name="Url">As it is written.</param>
/// <param name="Text">What stands there to be clicked on.</param>
/// <param name="In">html or text.</param>
public sealed record LinkAnswer(string Url, string Text, string In);

/// <summary>What looks like a one-time code: <c>GET /api/v1/mails/{id}/codes</c>.</summary>
/// <param name="Codes">The most probable first; empty where nothing looks like one.</param>
public sealed record CodesAnswer(string Id, IReadOnlyList<CodeAnswer> Codes);

/// <summary>A code.</summary>
/// <param name="Code">Without spaces.</param>
/// <param name="Around">The words around it.</param>
public sealed record CodeAnswer(string Code, string Around);

/// <summary>What was found about a mail: <c>GET /api/v1/mails/{id}/checks</c>, and <c>postroom inbox check ID
/// --json</c>.</summary>
/// <param name="Problems">How many of the findings are problems.</param>
/// <param name="Findings">The worst first.</param>
public sealed record ChecksAnswer(string Id, int Problems, IReadOnlyList<FindingAnswer> Findings)
{
    /// <summary>What receivers would write behind their name in Authentication-Results (RFC 8601 §2.2); only where DNS
    /// was asked.</summary>
    public string? Results { get; init; }

    /// <summary>How many questions DNS was asked; only where it was.</summary>
    public int? Questions { get; init; }
}

/// <summary>One thing that was found.</summary>
/// <param name="Name">Never changes.</param>
/// <param name="Severity">problem, advice or fine.</param>
/// <param name="What">What is so.</param>
/// <param name="Cure">What to do; empty where nothing is to be done.</param>
public sealed record FindingAnswer(string Name, string Severity, string What, string Cure)
{
    /// <summary>A link, a field, a line; absent where it is about the whole mail.</summary>
    public string? Where { get; init; }
}
