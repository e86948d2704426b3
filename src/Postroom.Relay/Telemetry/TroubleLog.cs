using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry;

/// <summary>What is said of trouble that is made on purpose; ids 6600 to 6699.</summary>
internal static partial class TroubleLog
{
    [LoggerMessage(6600, LogLevel.Information, "trouble made on purpose: {What} at {Stage} of {Client}, by {By}")]
    public static partial void Made(ILogger log, string what, string stage, string client, string by);

    [LoggerMessage(6601, LogLevel.Warning, "{What} (by {Who})")]
    public static partial void Changed(ILogger log, string what, string who);
}
