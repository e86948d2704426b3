using Microsoft.Extensions.Logging;
using Postroom.Mail.Sandbox;

namespace Postroom.Host;

/// <summary>What the program itself has to say.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1001, LogLevel.Information,
        "Postroom {Version} started: mode {Mode}, listens on {Listeners}, data in {DataFolder}")]
    public static partial void Started(ILogger log, string version, Mode mode, string listeners, string dataFolder);

    [LoggerMessage(1002, LogLevel.Information, "stopping: {Why}")]
    public static partial void Stopping(ILogger log, string why);

    [LoggerMessage(1003, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(1004, LogLevel.Critical,
        "the disk failed, nothing more is acknowledged, the next start recovers: {Why}")]
    public static partial void DiskFailed(ILogger log, string why);

    [LoggerMessage(1005, LogLevel.Information, "configuration {File} is in use, mode {Mode}")]
    public static partial void Reloaded(ILogger log, string file, Mode mode);

    [LoggerMessage(1006, LogLevel.Error,
        "configuration {File} was refused whole: {Mistakes} mistakes; what ran before still runs")]
    public static partial void ReloadRefused(ILogger log, string file, int mistakes);

    [LoggerMessage(1007, LogLevel.Error, "{Mistake}")]
    public static partial void Mistake(ILogger log, string mistake);

    [LoggerMessage(1008, LogLevel.Information, "{Recipients} recipients that no route fitted go on: one fits now")]
    public static partial void RouteFits(ILogger log, int recipients);

    [LoggerMessage(1009, LogLevel.Warning, "what was held for want of a route stays so until the next start: {Why}")]
    public static partial void NotReleased(ILogger log, string why);

    [LoggerMessage(1010, LogLevel.Error, "what needs it waits: {Trouble}")]
    public static partial void SecretClosed(ILogger log, string trouble);

    [LoggerMessage(1011, LogLevel.Error, "addresses are masked in this log, for they cannot be hashed: {Why}")]
    public static partial void NotHashed(ILogger log, string why);

    [LoggerMessage(1012, LogLevel.Warning,
        "that route '{Route}' is refused could not be kept for the next start: {Why}")]
    public static partial void RefusalNotKept(ILogger log, string route, string why);

    [LoggerMessage(1013, LogLevel.Warning, "{What}")]
    public static partial void Expiring(ILogger log, string what);

    [LoggerMessage(1014, LogLevel.Warning, "what the calendar told could not be kept, and is told again: {Why}")]
    public static partial void CalendarNotKept(ILogger log, string why);

    [LoggerMessage(1017, LogLevel.Warning, "what alarm {Alarm} is about could not be read: {Why}")]
    public static partial void NotMeasured(ILogger log, string alarm, string why);

    [LoggerMessage(1018, LogLevel.Error, "the postmaster ended, and nobody is told of alarms: {Why}")]
    public static partial void PostmasterEnded(ILogger log, string why);

    [LoggerMessage(1019, LogLevel.Warning, "mode: {What}")]
    public static partial void ModeChanged(ILogger log, string what);

    [LoggerMessage(1020, LogLevel.Error, "that the time of a mode is over could not be kept; it is over: {Why}")]
    public static partial void ModeNotKept(ILogger log, string why);

    [LoggerMessage(1016, LogLevel.Error, "no metrics and traces are sent to the collector: {Why}")]
    public static partial void NothingReported(ILogger log, string why);

    [LoggerMessage(1015, LogLevel.Warning, "a consent that idles could not be used: {Why}")]
    public static partial void ConsentIdles(ILogger log, string why);
}
