using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Journal.Forget;

/// <summary>What of a mail is to be forgotten.</summary>
/// <param name="Recipients">Places in the envelope whose address goes; looked at only where
/// <paramref name="What"/> is <see cref="Forgetting.Recipient"/>.</param>
public sealed record Forgotten(Forgetting What, IReadOnlyList<int> Recipients)
{
    /// <summary>What was written later is kept: the mail was released after it was forgotten how it went.</summary>
    public DateTimeOffset At { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>In the place of an address that is forgotten (RFC 2606 §2: no mail can ever be for it).</summary>
    public const string Address = "erased@erased.invalid";

    /// <summary>The event of a trail as it stays; null where nothing of it does. Of one that stayed, itself.</summary>
    public TrailEvent? Of(TrailEvent happened) => Skeleton.Of(happened) is { } bones
        ? happened.Recipient is { } n && Recipients.Contains(n)
            ? bones with { Reply = null, Failure = null } : bones
        : null;

    /// <summary>A verdict as it stays.</summary>
    public Verdict Of(Verdict verdict) => Recipients.Contains(verdict.Index)
        ? verdict with { Reply = null, Failure = Bare(verdict.Failure), Text = null }
        : verdict;

    private static Failure? Bare(Failure? failure) =>
        failure is null ? null : failure with { Diagnostic = "", RemoteMta = null };
}

/// <summary>Which mails are forgotten, and which words of the relay's own events.</summary>
public sealed record ForgottenMails(
    IReadOnlyDictionary<MailId, Forgotten> Mails, IReadOnlySet<EventName> Events);
