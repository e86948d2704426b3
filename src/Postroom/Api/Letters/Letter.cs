using System.Collections.ObjectModel;

namespace Postroom.Api.Letters;

/// <summary>A mail to be written and handed over: <c>POST /api/v1/messages</c> with JSON.</summary>
/// <param name="From">The author, as <c>Jira &lt;jira@example.com&gt;</c> or an address alone; without a sender also
/// whom failures go to.</param>
/// <remarks>What is not there, or null, is empty: the reader of JSON sets what it did not find to null.</remarks>
public sealed record Letter(string From)
{
    /// <summary>Whom failures go to instead of the author (the reverse-path): an address; empty: nobody.</summary>
    public string? Sender { get; init; }

    /// <summary>Recipients, named in the header.</summary>
    public IReadOnlyList<string> To { get => field ?? []; init; }

    /// <summary>Recipients of a copy, named in the header.</summary>
    public IReadOnlyList<string> Cc { get => field ?? []; init; }

    /// <summary>Recipients that no other gets to see.</summary>
    public IReadOnlyList<string> Bcc { get => field ?? []; init; }

    /// <summary>Where answers go.</summary>
    public IReadOnlyList<string> ReplyTo { get => field ?? []; init; }

    public string Subject { get => field ?? ""; init; }

    /// <summary>The body as text; with html, what is shown where that is not.</summary>
    public string? Text { get; init; }

    public string? Html { get; init; }

    /// <summary>Further header fields by name, such as <c>References</c> or <c>X-JIRA-FingerPrint</c>.</summary>
    public IReadOnlyDictionary<string, string> Headers
    {
        get => field ?? ReadOnlyDictionary<string, string>.Empty;
        init;
    }

    public IReadOnlyList<Attachment> Attachments { get => field ?? []; init; }
}

/// <summary>A file that goes along.</summary>
/// <param name="Name">Its name, without folders.</param>
/// <param name="Content">Its octets, in base64.</param>
public sealed record Attachment(string Name, byte[] Content)
{
    /// <summary>Its media type; without it, what the name says.</summary>
    public string? Type { get; init; }

    /// <summary>For a picture within the html: <c>logo</c>, used there as <c>cid:logo</c>.</summary>
    public string? ContentId { get; init; }
}

/// <summary>A mail that was taken: it is on stable storage.</summary>
/// <param name="Id">Its public id, as in the 250 of SMTP.</param>
/// <param name="Recipients">For how many.</param>
public sealed record MessageAnswer(string Id, int Recipients)
{
    /// <summary>True where it was taken before under the same Idempotency-Key, and not again.</summary>
    public bool? Repeated { get; init; }
}
