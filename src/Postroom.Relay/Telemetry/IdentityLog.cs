using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry;

/// <summary>What the clone guard says in the log; ids 6500 to 6599.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(6500, LogLevel.Information, "mail may leave for the first time: this installation is live on this "
        + "machine from now on, and a copy of it mails nobody. For the configuration: live_on = \"{Machine}\"")]
    public static partial void Bound(ILogger log, string machine);

    [LoggerMessage(6501, LogLevel.Error, "NOTHING IS SENT: {Why}. What comes in is captured, and what the other "
        + "machine had accepted is held. If this is a real move: postroom live confirm --reason TEXT")]
    public static partial void Foreign(ILogger log, string why);

    [LoggerMessage(6502, LogLevel.Warning, "this installation is live on {Machine} from now on: {Who} confirmed it")]
    public static partial void Confirmed(ILogger log, string machine, string who);

    [LoggerMessage(6503, LogLevel.Error, "{File} cannot be read, so that nobody knows where this installation is live: "
        + "{Why}")]
    public static partial void NotRead(ILogger log, string file, string why);

    [LoggerMessage(6504, LogLevel.Error, "{File} could not be written; it holds until the end of this process: {Why}")]
    public static partial void NotKept(ILogger log, string file, string why);

    [LoggerMessage(6505, LogLevel.Warning, "whether {Mail} was released could not be looked up, and it is held: {Why}")]
    public static partial void NotLookedUp(ILogger log, string mail, string why);

    [LoggerMessage(6506, LogLevel.Error, "mail of {Source} is captured, for it is a copy's: {Why}. If that is its new "
        + "home: postroom live confirm --source SOURCE --reason TEXT")]
    public static partial void Elsewhere(ILogger log, string source, string why);

    [LoggerMessage(6507, LogLevel.Warning, "what was known of sources cannot be read, and is learned anew: {File}: "
        + "{Why}")]
    public static partial void SourcesNotRead(ILogger log, string file, string why);

    [LoggerMessage(6508, LogLevel.Warning, "what is known of sources could not be kept: {Why}")]
    public static partial void SourcesNotKept(ILogger log, string why);
}
