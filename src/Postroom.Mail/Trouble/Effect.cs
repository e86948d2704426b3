using System.Globalization;

namespace Postroom.Mail.Trouble;

/// <summary>Where a failure that is made on purpose meets mail.</summary>
public enum Stage
{
    /// <summary>In the place of the greeting (RFC 5321 §3.1).</summary>
    Connect,

    /// <summary>At EHLO and HELO.</summary>
    Hello,

    /// <summary>At AUTH, in the place of the exchange (RFC 4954 §4).</summary>
    Login,

    /// <summary>At a MAIL that would be taken.</summary>
    Mail,

    /// <summary>At a RCPT that would be taken.</summary>
    Rcpt,

    /// <summary>At the end of the mail data, before the mail is stored (RFC 5321 §4.1.1.4).</summary>
    Data,

    /// <summary>After acceptance, as if the next hop had said it: the mail waits, fails, and is reported as any
    /// other.</summary>
    Delivery,
}

/// <summary>What is made to happen: after a delay a reply, or the end of the connection, or what would have happened
/// anyway.</summary>
public sealed record Effect
{
    /// <summary>So long nobody answers; 0 to <see cref="LongestDelay"/>.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>4xx or 5xx, in the place of the true reply; null: none.</summary>
    public Reply? Reply { get; init; }

    /// <summary>The connection ends without a word.</summary>
    public bool Disconnects { get; init; }

    /// <summary>Nothing is put in the place of the true reply: it is only late.</summary>
    public bool GoesOn => Reply is null && !Disconnects;

    /// <summary>Longer than any client waits: RFC 5321 §4.5.3.2 asks for 10 minutes at most.</summary>
    public static TimeSpan LongestDelay { get; } = TimeSpan.FromMinutes(15);

    /// <summary>No answer, for longer than any client waits.</summary>
    public static Effect Silence { get; } = new() { Delay = LongestDelay, Disconnects = true };

    /// <summary>A reply, with its text or one that says what it is.</summary>
    /// <param name="code">400 to 599.</param>
    /// <param name="status">Null: the one that says least of this class.</param>
    public static Effect Saying(int code, EnhancedStatus? status, string? text) => new()
    {
        Reply = new Reply(code, status ?? new EnhancedStatus(code / 100, 0, 0), text ?? "Trouble made on purpose"),
    };

    /// <summary>The reply code that goes with an enhanced status (RFC 3463 says nothing of it; these are the plainest
    /// of RFC 5321 §4.2.3).</summary>
    public static int CodeOf(EnhancedStatus status) => (status.Class, status.Subject, status.Detail) switch
    {
        (4, 2, 2) or (4, 3, 1) or (4, 5, 3) => 452,
        (4, 2, _) or (4, 1, _) => 450,
        (4, _, _) => 451,
        (_, 2, 2) or (_, 3, 4) => 552,
        (_, 7, 8) => 535,
        (_, 5, 0) or (_, 6, _) or (_, 7, _) or (_, 0, _) => 554,
        _ => 550,
    };

    /// <summary>In a word or two: <c>451 4.3.0 after 5 s</c>.</summary>
    public override string ToString()
    {
        var what = Reply is { } reply ? reply.ToString() : Disconnects ? "connection cut" : "nothing else";
        return Delay == TimeSpan.Zero ? what
            : string.Create(CultureInfo.InvariantCulture, $"{what}, after {Delay.TotalSeconds} s");
    }
}

/// <summary>Trouble that was made: what, and by which rule or address.</summary>
/// <param name="By">For the trail and the reply: <c>rule "greylisting"</c>, or the address.</param>
public sealed record Made(Effect Effect, string By)
{
    /// <summary>The reply, which says whose it is: nobody is to look for the cause of it elsewhere.</summary>
    public Reply? Reply => Effect.Reply is { } reply
        ? reply with { Lines = [$"{reply.Text} (made by {By})"] } : null;

    /// <summary>The same where nobody can be cut off.</summary>
    public Reply Refusal => Reply ?? new Reply(421, new EnhancedStatus(4, 0, 0), $"Cut off (made by {By})");
}
