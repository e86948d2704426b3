using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry;

/// <summary>What the storm brake says in the log; ids 6700 to 6799.</summary>
internal static partial class StormLog
{
    [LoggerMessage(6700, LogLevel.Warning, "{What}")]
    public static partial void Noticed(ILogger log, string what);

    [LoggerMessage(6701, LogLevel.Information, "storm {Number} has passed; what is held of it waits for a person")]
    public static partial void Passed(ILogger log, int number);

    [LoggerMessage(6702, LogLevel.Information, "storm {Number}: {What} (by {Who})")]
    public static partial void Decided(ILogger log, int number, string what, string who);

    [LoggerMessage(6703, LogLevel.Error, "storms cannot be kept, and are forgotten at the next start: {Why}")]
    public static partial void NotKept(ILogger log, string why);

    [LoggerMessage(6704, LogLevel.Error, "{File} cannot be read: what it said of storms is not known, and mail that "
        + "was held stays so: {Why}")]
    public static partial void NotRead(ILogger log, string file, string why);

    [LoggerMessage(6705, LogLevel.Warning, "{Mail} of storm {Number} could not be looked up, and is held: {Why}")]
    public static partial void NotLookedUp(ILogger log, string mail, int number, string why);

    [LoggerMessage(6706, LogLevel.Warning, "what storms wait for could not be done, and is tried again: {Why}")]
    public static partial void StepFailed(ILogger log, string why);
}
