using Postroom.Mail.Status;

namespace Postroom.Mail.Dsn;

/// <summary>A report to be written, about one mail and some or all of its recipients.</summary>
/// <param name="Mail">The mail it is about.</param>
/// <param name="Envelope">That mail's envelope; its reverse-path gets the report and is never null.</param>
/// <param name="ArrivedAt">When we accepted it.</param>
/// <param name="HostName">Our own name: Reporting-MTA, RFC 3464 §2.2.2.</param>
/// <param name="Recipients">At least one.</param>
public sealed record ReportRequest(
    MailId Mail,
    Envelope Envelope,
    DateTimeOffset ArrivedAt,
    string HostName,
    IReadOnlyList<ReportedRecipient> Recipients)
{
    /// <summary>The report's own Message-ID, with angle brackets; unique.</summary>
    public required string MessageId { get; init; }

    /// <summary>The report's own Date.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The address in the report's From; postmaster at <see cref="HostName"/> if null.</summary>
    public string? From { get; init; }

    /// <summary>
    /// What was noted of the mail's header: the report names its subject and refers to its Message-ID.
    /// </summary>
    public HeaderFacts Header { get; init; } = HeaderFacts.None;

    /// <summary>
    /// The mail from its first byte, trace block included: all of it up to <see cref="DeliveryReport.MostReturned"/>
    /// octets; of a longer one so many, in which the header is looked for.
    /// </summary>
    public ReadOnlyMemory<byte> Original { get; init; }

    /// <summary>The size of the whole mail.</summary>
    public long OriginalLength { get; init; }
}

/// <summary>What a report says of one recipient.</summary>
/// <param name="Recipient">Whom the mail was for.</param>
/// <param name="Action">What became of it.</param>
/// <param name="Status">Status, RFC 3464 §2.3.4.</param>
public sealed record ReportedRecipient(Recipient Recipient, ReportAction Action, EnhancedStatus Status)
{
    /// <summary>Diagnostic-Code, §2.3.6: the peer's own reply or our reason; null if there is none to give.</summary>
    public string? Diagnostic { get; init; }

    /// <summary>Remote-MTA, §2.3.5.</summary>
    public string? RemoteMta { get; init; }

    /// <summary>Last-Attempt-Date, §2.3.7.</summary>
    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>Will-Retry-Until, §2.3.9; of a delay only.</summary>
    public DateTimeOffset? WillRetryUntil { get; init; }

    /// <summary>Given up because the time was over, not because anybody said no for good.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Of a failed try: status, words and place come from the failure.</summary>
    /// <remarks>
    /// A mail that expired keeps the 4.x.x of its last try (the first example of RFC 3464, appendix E); one that is
    /// still being tried has class 4 although the try was refused with a 5.x.x, as a wrong password is.
    /// </remarks>
    /// <param name="action">Failed or Delayed.</param>
    /// <param name="isExpired">The schedule is over.</param>
    public static ReportedRecipient Of(
        Recipient recipient, ReportAction action, Failure failure, bool isExpired = false)
    {
        var status = failure.Status;
        if (action == ReportAction.Delayed)
            status = new EnhancedStatus(4, status.Subject, status.Detail);
        return new ReportedRecipient(recipient, action, status)
        {
            Diagnostic = failure.Diagnostic,
            RemoteMta = failure.RemoteMta,
            IsExpired = isExpired,
        };
    }
}
