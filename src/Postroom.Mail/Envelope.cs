namespace Postroom.Mail;

/// <summary>
/// When to report on a recipient: NOTIFY of RFC 3461 §4.1. None given means failure, and delay if we like.
/// </summary>
[Flags]
public enum Notify
{
    Unspecified = 0,
    Never = 1,
    Success = 2,
    Failure = 4,
    Delay = 8,
}

/// <summary>How much of the mail a failure report brings back: RET of RFC 3461 §4.3.</summary>
public enum Return { Unspecified, Full, Headers }

/// <summary>What the client declared of the body: BODY of RFC 6152.</summary>
public enum BodyKind { SevenBit, EightBitMime }

/// <summary>One RCPT TO.</summary>
/// <param name="Path">Where to.</param>
/// <param name="Notify">NOTIFY, RFC 3461 §4.1.</param>
/// <param name="OriginalRecipient">
/// ORCPT as given, still in xtext: <c>rfc822;a+2Bb@example.com</c> (§4.2); or null.
/// </param>
public sealed record Recipient(ForwardPath Path, Notify Notify = Notify.Unspecified, string? OriginalRecipient = null);

/// <summary>
/// What travels outside a mail (RFC 5321 §2.3.1): whom it is from, whom it is for, and what was asked.
/// </summary>
public sealed record Envelope(ReversePath From, IReadOnlyList<Recipient> Recipients)
{
    /// <summary>RET, RFC 3461 §4.3.</summary>
    public Return Return { get; init; }

    /// <summary>ENVID as given, still in xtext (RFC 3461 §4.4); or null.</summary>
    public string? EnvelopeId { get; init; }

    public BodyKind Body { get; init; }

    /// <summary>
    /// SMTPUTF8 was given (RFC 6531 §3.4): addresses or header may be UTF-8, and the next hop must take that.
    /// </summary>
    public bool SmtpUtf8 { get; init; }
}

/// <summary>Who handed a mail over, and how: what the Received field and the trail say of it.</summary>
/// <param name="Listener">The listener's name in the configuration.</param>
/// <param name="Client">
/// The peer's address without port, <c>unix</c> for a socket, or a word of ours for our own mail.
/// </param>
/// <param name="Helo">The name given with EHLO or HELO; null if none.</param>
/// <param name="User">Who logged in; null if nobody.</param>
/// <param name="Protocol">The with-clause of RFC 3848: SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, UTF8SMTP…</param>
public sealed record Origin(string Listener, string Client, string? Helo, string? User, string Protocol)
{
    /// <summary>The key between whose holders the queue is fair: the user if there is one, else the client.</summary>
    public string Source => User ?? Client;

    /// <summary>By what whoever handed it over knows it; null where they said nothing of the kind.</summary>
    public OwnKey? Key { get; init; }

    /// <summary>Of which mail a person handed the bytes over once more; null where nobody did.</summary>
    public Replay? Replay { get; init; }
}

/// <summary>That a mail is another one once more, by a person's word: it is stored with the mail, in one record, so
/// that whoever asks whether it was done already always gets an answer.</summary>
/// <param name="Of">Whose bytes it has.</param>
/// <param name="Route">The route that was named for it; null: the route table says.</param>
/// <param name="Batch">The name of a repetition that was meant; null: the once that everything may be replayed.</param>
public sealed record Replay(MailId Of, string? Route, string? Batch);

/// <summary>A submitter's own key of a mail: what is handed over under the same one again is the same mail.</summary>
/// <param name="Text">As given.</param>
/// <param name="Digest">Of all that was handed over under it, to tell a repetition from another mail.</param>
public sealed record OwnKey(string Text, string Digest)
{
    /// <summary>The most characters of <see cref="Text"/>.</summary>
    public const int Longest = 128;
}

/// <summary>
/// What we noted of the header while the mail streamed by: to be found by, never to decide the wire by.
/// </summary>
public sealed record HeaderFacts
{
    public static HeaderFacts None { get; } = new();

    /// <summary>Decoded (RFC 2047), unfolded, cut at 500 characters.</summary>
    public string? Subject { get; init; }

    /// <summary>The From field, decoded, cut at 500 characters.</summary>
    public string? From { get; init; }

    /// <summary>Message-ID with its angle brackets, as it left: ours if there was none.</summary>
    public string? MessageId { get; init; }

    /// <summary>How many Received fields it came with: the loop count of RFC 5321 §6.3.</summary>
    public int ReceivedCount { get; init; }

    /// <summary>A byte over 127 in the header or body: what a 7-bit next hop cannot take.</summary>
    public bool EightBit { get; init; }

    /// <summary>A byte over 127 in the header: what a next hop without SMTPUTF8 cannot take.</summary>
    public bool EightBitHeader { get; init; }

    /// <summary>What the lenient profile repaired, in words; null if nothing.</summary>
    public string? Repaired { get; init; }

    /// <summary>Which application sent it, and about what; null where it was not recognised.</summary>
    public AppFacts? App { get; init; }

    /// <summary>By what it is known when it is sent again; null of our own mail, and where nobody looked.</summary>
    public Fingerprint? Fingerprint { get; init; }
}

/// <summary>Names the lane of a recipient: the next hop, by its route's name, that its mail waits for.</summary>
/// <remarks>Pure; made from the route table. The empty string where no route fits.</remarks>
/// <param name="named">The route that a person named for the mail, whatever routes fit; null: nobody did.</param>
public delegate string LaneOf(ReversePath from, ForwardPath to, string? named);
