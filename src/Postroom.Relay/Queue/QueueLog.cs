using Microsoft.Extensions.Logging;
using Postroom.Mail.Status;

namespace Postroom.Relay.Queue;

internal static partial class QueueLog
{
    [LoggerMessage(2001, LogLevel.Error,
        "A try of mail {Mail} in lane '{Lane}' ended in a fault of ours; it goes back and the lane pauses")]
    public static partial void AttemptBroke(this ILogger log, Exception why, string mail, string lane);

    [LoggerMessage(2002, LogLevel.Error, "The pump of lane '{Lane}' stumbled; it goes on in a second")]
    public static partial void PumpBroke(this ILogger log, Exception why, string lane);

    /// <summary>Says that a lane is paused, with what is known about the reason.</summary>
    public static void LanePaused(this ILogger log, string lane, Failure why)
    {
        if (Explanation.Of(why) is { } known)
            log.LanePausedAndExplained(lane, why.Diagnostic, known.Cause, known.Cure);
        else
            log.LanePausedSomehow(lane, why.Diagnostic);
    }

    [LoggerMessage(2003, LogLevel.Warning, "Lane '{Lane}' is paused: {Reason}")]
    private static partial void LanePausedSomehow(this ILogger log, string lane, string reason);

    [LoggerMessage(2011, LogLevel.Warning, "Lane '{Lane}' is paused: {Cause} {Cure} ({Reason})")]
    private static partial void LanePausedAndExplained(
        this ILogger log, string lane, string reason, string cause, string cure);

    [LoggerMessage(2004, LogLevel.Information, "Lane '{Lane}' flows again")]
    public static partial void LaneResumed(this ILogger log, string lane);

    [LoggerMessage(2005, LogLevel.Error,
        "No report could be written about mail {Mail}; what happened is on its timeline")]
    public static partial void ReportBroke(this ILogger log, Exception why, string mail);

    [LoggerMessage(2006, LogLevel.Warning,
        "{Count} transactions did not end in time and were cut off; their mail waits")]
    public static partial void CutOff(this ILogger log, int count);

    [LoggerMessage(2007, LogLevel.Debug, "The spool has failed; lane '{Lane}' leases nothing more")]
    public static partial void SpoolGone(this ILogger log, string lane);

    [LoggerMessage(2008, LogLevel.Error, "A courier could not be dismissed")]
    public static partial void CourierBroke(this ILogger log, Exception why);

    [LoggerMessage(2009, LogLevel.Error,
        "Lane '{Lane}': {What} waits since {Since}, longer than the park limit: nothing bounces, but look at it")]
    public static partial void Parked(this ILogger log, string lane, string what, DateTimeOffset since);

    [LoggerMessage(2010, LogLevel.Error,
        "Mail {Mail} cannot be read back as it was accepted, and is held: {What}")]
    public static partial void BodyDamaged(this ILogger log, string mail, string what);

    [LoggerMessage(2012, LogLevel.Warning,
        "Whether the account of lane '{Lane}' was refused before cannot be told; it is tried")]
    public static partial void RefusalUnknown(this ILogger log, Exception why, string lane);

    [LoggerMessage(2013, LogLevel.Warning,
        "Lane '{Lane}' was refused before the start and is not tried before {ProbeAt:u}: {Why}; to try it now: "
        + "postroom route test {Lane}")]
    public static partial void StillRefused(this ILogger log, string lane, DateTimeOffset probeAt, string why);
}
