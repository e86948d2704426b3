using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry;

/// <summary>What the postmaster says in the log; ids 5000 to 5099.</summary>
internal static partial class PostmasterLog
{
    [LoggerMessage(5000, LogLevel.Warning, "alarm {Alarm}: {Text} {Cure}")]
    public static partial void Warned(ILogger log, string alarm, string text, string cure);

    [LoggerMessage(5001, LogLevel.Error, "alarm {Alarm}: {Text} {Cure}")]
    public static partial void Alarmed(ILogger log, string alarm, string text, string cure);

    [LoggerMessage(5002, LogLevel.Information, "alarm {Alarm} is over: {Text}")]
    public static partial void Over(ILogger log, string alarm, string text);

    [LoggerMessage(5003, LogLevel.Information, "{Receiver} was told of alarm {Alarm}")]
    public static partial void Told(ILogger log, string receiver, string alarm);

    [LoggerMessage(5004, LogLevel.Warning, "{Receiver} could not be told of alarm {Alarm}, next try in {Wait}: {Why}")]
    public static partial void NotTold(ILogger log, string receiver, string alarm, TimeSpan wait, string why);

    [LoggerMessage(5005, LogLevel.Error, "{Receiver} will not be told of alarm {Alarm}: {Why}")]
    public static partial void GivenUp(ILogger log, string receiver, string alarm, string why);

    [LoggerMessage(5006, LogLevel.Warning, "alarms could not be kept, a restart may tell them again: {Why}")]
    public static partial void NotKept(ILogger log, string why);

    [LoggerMessage(5007, LogLevel.Warning, "{File} could not be read, and is begun anew: {Why}")]
    public static partial void NotRead(ILogger log, string file, string why);

    [LoggerMessage(5008, LogLevel.Warning, "the alarms could not be looked at, next look in {Wait}: {Why}")]
    public static partial void NotLooked(ILogger log, TimeSpan wait, string why);

    [LoggerMessage(5012, LogLevel.Warning, "when {Source} sends is not learned: there are {Most} others already")]
    public static partial void TooManySources(ILogger log, string source, int most);

    [LoggerMessage(5009, LogLevel.Warning, "canary {Canary} could not be sent: {Why}")]
    public static partial void CanaryNotSent(ILogger log, string canary, string why);

    [LoggerMessage(5010, LogLevel.Information, "canary {Canary} arrived after {Seconds:0.0} s")]
    public static partial void CanaryArrived(ILogger log, string canary, double seconds);

    [LoggerMessage(5011, LogLevel.Warning, "the mailbox of canary {Canary} could not be looked into: {Why}")]
    public static partial void MailboxClosed(ILogger log, string canary, string why);
}
