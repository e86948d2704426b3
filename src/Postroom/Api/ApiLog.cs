using Microsoft.Extensions.Logging;
using Postroom.Mail;

namespace Postroom.Api;

/// <summary>What the API says in the log; ids 3000 to 3099.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(3001, LogLevel.Error, "API request {Path} failed: {Why}")]
    public static partial void Failed(ILogger log, string? path, string why);

    [LoggerMessage(3002, LogLevel.Debug, "a list was answered from an index that is behind")]
    public static partial void Behind(ILogger log);

    [LoggerMessage(3003, LogLevel.Warning, "Line {Line} of {File} is no token: nobody gets in by it")]
    public static partial void BadToken(ILogger log, int line, string file);

    [LoggerMessage(3004, LogLevel.Warning, "The day on which the token {Name} was used could not be noted: {Why}")]
    public static partial void UseNotNoted(ILogger log, string name, string why);

    [LoggerMessage(3005, LogLevel.Warning, "API request from {Client} was refused: {Why}")]
    public static partial void Refused(ILogger log, string client, string why);

    [LoggerMessage(3006, LogLevel.Information, "The API is served at {Address}")]
    public static partial void Serving(ILogger log, string address);

    [LoggerMessage(3007, LogLevel.Warning,
        "The API is not served at {Address} ({Why}); api.sock serves the command line. Set [api] address")]
    public static partial void NotServing(ILogger log, string address, string why);

    [LoggerMessage(3010, LogLevel.Error, "A bug ended the API request {Path}")]
    public static partial void Bug(ILogger log, string? path, Exception why);

    [LoggerMessage(3009, LogLevel.Debug, "{Mail} accepted by the API from {Caller}: {Recipients} recipients")]
    public static partial void Taken(ILogger log, MailId mail, string caller, int recipients);

    [LoggerMessage(3008, LogLevel.Information, "No TLS with {Client} at the API: {Why}")]
    public static partial void TlsFailed(ILogger log, string client, string why);
}
