using Microsoft.Extensions.Logging;
using Postroom.Mail;

namespace Postroom.Relay.Telemetry;

/// <summary>What is said in the log of Maildirs that captured mail is written into; ids 6400 to 6499.</summary>
internal static partial class MaildirLog
{
    [LoggerMessage(6400, LogLevel.Error, "Maildir '{Name}' cannot be written in {Folder}, and is tried again in "
        + "{Seconds} s; nothing else waits for it: {Why}")]
    public static partial void NotWritten(ILogger log, string name, string folder, double seconds, string why);

    [LoggerMessage(6401, LogLevel.Warning, "{Mail} is not written into Maildir '{Name}': {Why}")]
    public static partial void Gone(ILogger log, MailId mail, string name, string why);

    [LoggerMessage(6402, LogLevel.Debug, "{Count} mails written into Maildir '{Name}'")]
    public static partial void Written(ILogger log, int count, string name);
}
