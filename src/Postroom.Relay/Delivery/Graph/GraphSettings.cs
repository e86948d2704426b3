using Postroom.Relay.OAuth;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>The bounds of a courier that sends by Microsoft Graph.</summary>
public sealed record GraphSettings
{
    /// <summary>Where the access tokens of an account come from, by its name.</summary>
    public Func<string, ITokenSource?> Tokens { get; init; } = _ => null;

    /// <summary>Octets of MIME up to which a mail goes in one request. In base64 it is a third more, and Graph takes
    /// no request over 4 MB; a larger mail goes by a draft.</summary>
    public int LargestStraight { get; init; } = 3_000_000;

    /// <summary>Octets of one request that Graph surely takes.</summary>
    public int LargestRequest { get; init; } = 4_000_000;

    /// <summary>Octets up to which an attachment goes in one request. One way ends at 3,145,611 octets and the other
    /// begins at 2 MiB, where Microsoft says 3 MB for both.</summary>
    public int LargestAttachment { get; init; } = 3_000_000;

    /// <summary>Octets of an attachment in one request of an upload session: a multiple of 320 KiB, under 4
    /// MB.</summary>
    public int UploadPiece { get; init; } = 10 * 320 * 1024;

    /// <summary>Octets of the largest mail: what Exchange Online can be set to at most.</summary>
    public long LargestMail { get; init; } = 150_000_000;

    /// <summary>Octets of the largest header; no real one comes near.</summary>
    public int LargestHeader { get; init; } = 1_000_000;

    /// <summary>Parts of a mail that is taken apart for a draft.</summary>
    public int MostParts { get; init; } = 500;

    /// <summary>How deep they may stand in one another.</summary>
    public int DeepestPart { get; init; } = 32;

    /// <summary>For one address to take the connection, TLS included.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For one request and its answer. The request that sends gets the patience of a final dot (RFC 5321
    /// §4.5.3.2.6): to hurry makes duplicates.</summary>
    public TimeSpan Request { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>For the request that sends, and its answer.</summary>
    public TimeSpan Send { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>For the deletion of a draft that is not sent: it must not keep the lane waiting.</summary>
    public TimeSpan Delete { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A connection without work is kept this long. Less than Microsoft keeps it, or a mail is in doubt
    /// because it was written into a connection that was just closing.</summary>
    public TimeSpan KeepIdle { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long to wait after 429 if the answer does not say.</summary>
    public TimeSpan ThrottledFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>No answer can make us wait for longer.</summary>
    public TimeSpan ThrottledAtMost { get; init; } = TimeSpan.FromHours(24);
}
