using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Audit;

namespace Postroom.Relay.Telemetry;

/// <summary>What the spool says in the log; ids 1000 to 1099.</summary>
internal static partial class SpoolLog
{
    [LoggerMessage(1000, LogLevel.Warning, "{Mail} was answered 451 after 8 s and is revoked: the disk is too slow")]
    public static partial void Revoked(ILogger log, MailId mail);

    [LoggerMessage(1001, LogLevel.Error, "{Mail} was answered 451, but the disk failed before that could be recorded")]
    public static partial void NotRevoked(ILogger log, MailId mail, Exception why);

    [LoggerMessage(1002, LogLevel.Warning, "The event {Kind} is not in the trail: the disk failed")]
    public static partial void NotNoted(ILogger log, EventKind kind, Exception why);

    [LoggerMessage(1003, LogLevel.Warning,
        "The lease of {Mail} could not be given back: the disk failed; the next start will")]
    public static partial void NotGivenBack(ILogger log, MailId mail, Exception why);

    [LoggerMessage(1004, LogLevel.Error,
        "{Count} journal records could not be indexed; next try in {Wait}. Accepted mail is safe")]
    public static partial void NotIndexed(ILogger log, int count, TimeSpan wait, Exception why);

    [LoggerMessage(1005, LogLevel.Warning,
        "The index is damaged ({Why}); it is put aside and built anew from the journal")]
    public static partial void Rebuilding(ILogger log, string why);

    [LoggerMessage(1006, LogLevel.Information,
        "Recovered {Records} journal records; {InDoubt} tries in doubt, {Untried} not begun")]
    public static partial void Recovered(ILogger log, int records, int inDoubt, int untried);

    [LoggerMessage(1007, LogLevel.Error, "Damage in the journal at {Segment}:{Offset}, {Octets} octets: {What}")]
    public static partial void Damaged(ILogger log, int segment, int offset, long octets, string what);

    [LoggerMessage(1008, LogLevel.Warning, "The index could not be tidied up; it is tried again later")]
    public static partial void NotTidied(ILogger log, Exception why);

    [LoggerMessage(1009, LogLevel.Error, "{Mail} could not be read for its try; it goes back and waits")]
    public static partial void NotRead(ILogger log, MailId mail, Exception why);

    [LoggerMessage(1010, LogLevel.Error, "The waiting mail of lane '{Lane}' could not be read; next try in {Wait}")]
    public static partial void NotRefilled(ILogger log, string lane, TimeSpan wait, Exception why);

    [LoggerMessage(1012, LogLevel.Warning,
        "What is to be forgotten could not be taken out of the journal; it is tried again within the hour")]
    public static partial void NotForgotten(ILogger log, Exception why);

    [LoggerMessage(1011, LogLevel.Information, "{Checkpoint}")]
    public static partial void Checkpoint(ILogger log, string checkpoint);
}
