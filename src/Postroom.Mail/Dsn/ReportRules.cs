namespace Postroom.Mail.Dsn;

/// <summary>What a report can be about, seen from one recipient.</summary>
public enum Fate
{
    /// <summary>Refused for good.</summary>
    Failed,

    /// <summary>Given up after the retry schedule's end.</summary>
    Expired,

    /// <summary>Still being tried, longer than a sender expects.</summary>
    Delayed,

    /// <summary>The next hop took it and offers DSN: whatever report is asked for is now its duty.</summary>
    PassedOn,

    /// <summary>The next hop took it and offers no DSN: nobody after us will report a success.</summary>
    Relayed,

    /// <summary>It has arrived where it was going: a mailbox of ours.</summary>
    Delivered,
}

/// <summary>What the report says became of a recipient: RFC 3464 §2.3.3.</summary>
public enum ReportAction { Failed, Delayed, Delivered, Relayed }

/// <summary>Which recipients get a report: RFC 3461 §4.1, §5.2, §6.2.</summary>
public static class ReportRules
{
    /// <summary>The report that is due for a recipient, or null for none.</summary>
    /// <remarks>
    /// Without NOTIFY a failure is reported, and nothing else: §4.1 leaves delays to our discretion, and a report
    /// that nobody asked for is one more mail to read. A null reverse-path never gets any (RFC 5321 §4.5.5).
    /// </remarks>
    public static ReportAction? Due(ReversePath from, Recipient recipient, Fate fate) =>
        from.IsNull ? null : Wanted(recipient.Notify, fate);

    /// <summary>A failure that cannot be reported, for the reverse-path is null: keep it and show it.</summary>
    public static bool CannotReturn(ReversePath from, Recipient recipient, Fate fate) =>
        from.IsNull && Wanted(recipient.Notify, fate) == ReportAction.Failed;

    /// <summary>
    /// Whether the whole mail comes back with a report: with a failure, unless RET=HDRS (RFC 3461 §4.3, where a
    /// report without a failure brings headers only), and only up to a size.
    /// </summary>
    /// <param name="octets">The size of the mail.</param>
    public static bool ReturnsWhole(Return asked, bool anyFailed, long octets) =>
        anyFailed && asked != Return.Headers && octets <= DeliveryReport.MostReturned;

    private static ReportAction? Wanted(Notify notify, Fate fate)
    {
        if (notify == Notify.Unspecified)
            notify = Notify.Failure;
        if (notify.HasFlag(Notify.Never))
            return null;
        return fate switch
        {
            Fate.Failed or Fate.Expired when notify.HasFlag(Notify.Failure) => ReportAction.Failed,
            Fate.Delayed when notify.HasFlag(Notify.Delay) => ReportAction.Delayed,
            Fate.Relayed when notify.HasFlag(Notify.Success) => ReportAction.Relayed,
            Fate.Delivered when notify.HasFlag(Notify.Success) => ReportAction.Delivered,
            _ => null,
        };
    }
}
