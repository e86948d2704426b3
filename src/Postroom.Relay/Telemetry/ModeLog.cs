using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry;

/// <summary>What is said of modes that people set at run time; ids 6200 to 6299.</summary>
internal static partial class ModeLog
{
    [LoggerMessage(6200, LogLevel.Error,
        "{File} could not be read, and what people had said of the mode with it: all mail is held until one says it "
            + "again (postroom mode clear): {Why}")]
    public static partial void NotRead(ILogger log, string file, string why);
}
