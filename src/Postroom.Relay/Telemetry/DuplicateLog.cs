using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry;

/// <summary>What the duplicate guard says in the log; ids 6100 to 6199.</summary>
internal static partial class DuplicateLog
{
    [LoggerMessage(6100, LogLevel.Information, "{Mail} is the same as {Original}, handed over {Seconds} s before: its "
        + "application did not wait for the answer")]
    public static partial void Found(ILogger log, string mail, string original, long seconds);

    [LoggerMessage(6101, LogLevel.Warning, "whether {Mail} had been handed over before could not be looked up, and it "
        + "is sent: {Why}")]
    public static partial void NotLookedUp(ILogger log, string mail, string why);
}
