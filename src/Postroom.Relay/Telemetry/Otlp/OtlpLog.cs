using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry.Otlp;

/// <summary>What the sender says in the log; ids 4000 to 4099.</summary>
internal static partial class OtlpLog
{
    [LoggerMessage(4000, LogLevel.Information, "Telemetry goes to {Endpoint}")]
    public static partial void Sending(ILogger log, Uri endpoint);

    [LoggerMessage(4001, LogLevel.Warning,
        "The collector at {Endpoint} does not take {Signal}: {Why}. Mail is not touched by it; it is tried again")]
    public static partial void Away(ILogger log, string signal, Uri endpoint, string why);

    [LoggerMessage(4002, LogLevel.Information, "The collector at {Endpoint} takes {Signal} again")]
    public static partial void Back(ILogger log, string signal, Uri endpoint);
}
