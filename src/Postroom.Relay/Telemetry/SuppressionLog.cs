using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry;

/// <summary>What the suppression list says in the log; ids 6000 to 6099.</summary>
internal static partial class SuppressionLog
{
    [LoggerMessage(6000, LogLevel.Error, "{File} could not be read, and no address is suppressed: {Why}")]
    public static partial void NotRead(ILogger log, string file, string why);

    [LoggerMessage(6001, LogLevel.Warning, "no mail is sent to {Address} until {Until:yyyy-MM-dd}: {Failures} in a row "
        + "failed, the last with {Reason}")]
    public static partial void FoundDead(
        ILogger log, string address, DateTimeOffset until, int failures, string reason);

    [LoggerMessage(6002, LogLevel.Warning, "whether {Mail} went to a dead address could not be looked up: {Why}")]
    public static partial void NotJudged(ILogger log, string mail, string why);
}
