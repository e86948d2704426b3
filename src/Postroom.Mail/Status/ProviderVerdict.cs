namespace Postroom.Mail.Status;

/// <summary>What a reply answers.</summary>
[Flags]
public enum Turn : byte
{
    /// <summary>Something of the session: no provider means anything else by it than the standards.</summary>
    None = 0,

    /// <summary>The reverse-path.</summary>
    Sender = 1,

    /// <summary>A forward-path.</summary>
    Recipient = 2,

    /// <summary>The mail data, begun or ended.</summary>
    Mail = 4,

    Any = Sender | Recipient | Mail,
}

/// <summary>Who is at fault by the words of single providers, where the standards would say something else.</summary>
/// <remarks>
/// A table, first row that fits. Most of it is a 5xx about the account: a day's quota that is used up, or a sender that
/// is blocked, is no verdict on a mail, so the account waits and nothing is returned. A status alone is in it only if
/// nobody else has it. What it means in plain words is in <see cref="ExplanationTable"/>.
/// </remarks>
public static class ProviderVerdict
{
    // Null fits anything.
    private sealed record Row(Fault Fault, EnhancedStatus? Status, string? Says = null, Turn At = Turn.Any)
    {
        /// <summary>The next hop is one of its hosts.</summary>
        public Provider? By { get; init; }
    }

    private static readonly Row[] Rows =
    [
        // Microsoft 365. 5.7.30 alone may be about DKIM (Gmail), 5.1.8 about the sender's domain (RFC 3463 §3.2).
        new(Fault.Account, new(5, 7, 30), "Basic authentication"),
        new(Fault.Account, new(5, 2, 0), "SubmissionQuotaExceeded"),
        new(Fault.Account, new(5, 2, 0), "24-hour sending limit"),
        new(Fault.Account, new(5, 2, 0), "RefuseQuota"),
        new(Fault.Account, new(5, 1, 8), "bad outbound sender"),
        new(Fault.Account, new(4, 2, 0), "mailbox logon failure"),
        .. Microsofts(2, 251, 252, 253, 254, 255), // throttled because of errors that it repeated
        .. Microsofts(7, 232, 233, 705, 708), // the tenant's limits and blocks

        // X.2.2, a full mailbox: before there is a recipient it is the sender's. After the end of the mail it is only
        // where one hands mail over; anybody else means the recipient's.
        new(Fault.Account, new(5, 2, 2), At: Turn.Sender),
        new(Fault.Account, new(5, 2, 2), At: Turn.Mail) { By = Provider.Microsoft },
        new(Fault.Account, new(5, 2, 2), "STOREDRV.Submission", Turn.Mail),

        // Google. X.4.5 alone is a busy system (RFC 3463 §3.5), 5.7.1 any policy, 4.2.1 a recipient who gets too much.
        new(Fault.Account, new(5, 4, 5), "Daily"),
        new(Fault.Account, new(5, 7, 1), "Daily SMTP relay limit"),
        new(Fault.Account, new(5, 7, 1), "Invalid credentials for relay"),
        new(Fault.Account, new(5, 7, 0), "Mail relay denied"),
        new(Fault.Account, new(4, 2, 1), "Peak SMTP relay limit"),

        // Amazon SES and SendGrid; no status. Too many in a second is over in a second; as the account's fault it would
        // take minutes.
        new(Fault.NextHop, null, "Throttling failure: Maximum sending rate exceeded"),
        new(Fault.Account, null, "Throttling failure"),
        new(Fault.Account, null, "Maximum credits exceeded"),

        // Postfix waits with its verdict on the sender for the recipient.
        new(Fault.Message, null, "Sender address rejected", Turn.Recipient),
    ];

    /// <summary>Who is at fault if the words are a provider's own; null where the standards hold.</summary>
    /// <remarks>With a 421 the service closes the channel, whatever it says (RFC 5321 §4.2.3): only this one, not the
    /// account.</remarks>
    public static Fault? Of(Failure failure, Turn turn)
    {
        if (failure.Diagnostic.StartsWith("421", StringComparison.Ordinal))
            return null;
        foreach (var row in Rows)
            if ((row.At & turn) != 0
                && (row.Status is null || row.Status == failure.Status)
                && (row.Says is null || failure.Diagnostic.Contains(row.Says, StringComparison.OrdinalIgnoreCase))
                && (row.By is null || row.By.IsAt(failure.RemoteMta)))
                return row.Fault;
        return null;
    }

    // Details that nobody else has: what is registered ends far below.
    private static IEnumerable<Row> Microsofts(int subject, params IEnumerable<int> details) =>
        details.Select(detail => new Row(Fault.Account, new(5, subject, detail)));
}
