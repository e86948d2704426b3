using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Smtp;

namespace Postroom.Relay.Telemetry;

/// <summary>What Submission says in the log; ids 2000 to 2099.</summary>
internal static partial class SubmissionLog
{
    [LoggerMessage(2000, LogLevel.Information, "Listener {Listener} takes mail at {Address}")]
    public static partial void Listening(ILogger log, string listener, string address);

    [LoggerMessage(2001, LogLevel.Information, "Listener {Listener} is closed")]
    public static partial void Unbound(ILogger log, string listener);

    [LoggerMessage(2002, LogLevel.Warning,
        "Listener {Listener} turned {Client} away: {Count} connections are the limit")]
    public static partial void TooManyConnections(ILogger log, string listener, string client, int count);

    [LoggerMessage(2003, LogLevel.Debug,
        "{Mail} accepted from {Client} by listener {Listener}: {Size} octets, {Recipients} recipients")]
    public static partial void Accepted(ILogger log, MailId mail, string client, string listener, long size,
        int recipients);

    [LoggerMessage(2004, LogLevel.Warning, "Mail from {Client} at listener {Listener} was refused: {Reply}")]
    public static partial void Refused(ILogger log, string client, string listener, Reply reply);

    [LoggerMessage(2005, LogLevel.Warning, "Session of {Client} at listener {Listener} was ended: {Ending}")]
    public static partial void Ended(ILogger log, string client, string listener, Ending ending);

    [LoggerMessage(2006, LogLevel.Warning, "Login from {Client} at listener {Listener} was refused")]
    public static partial void LoginFailed(ILogger log, string client, string listener);

    [LoggerMessage(2007, LogLevel.Debug, "{User} logged in from {Client} at listener {Listener}")]
    public static partial void LoggedIn(ILogger log, string user, string client, string listener);

    [LoggerMessage(2008, LogLevel.Information, "No TLS with {Client} at listener {Listener}: the handshake failed")]
    public static partial void TlsFailed(ILogger log, string client, string listener, Exception why);

    [LoggerMessage(2009, LogLevel.Information, "{Client} at listener {Listener} fell silent, or sent too slowly")]
    public static partial void TimedOut(ILogger log, string client, string listener);

    [LoggerMessage(2010, LogLevel.Debug, "The connection of {Client} at listener {Listener} broke")]
    public static partial void Broke(ILogger log, string client, string listener, Exception why);

    [LoggerMessage(2011, LogLevel.Error,
        "Out of memory in the session of {Client} at listener {Listener}: it alone is ended")]
    public static partial void OutOfMemory(ILogger log, string client, string listener, Exception why);

    [LoggerMessage(2012, LogLevel.Error, "The store failed under the session of {Client} at listener {Listener}")]
    public static partial void StoreFailed(ILogger log, string client, string listener, Exception why);

    [LoggerMessage(2013, LogLevel.Warning,
        "Line {Line} of the users file is not a user and a password: nobody can log in by it")]
    public static partial void BadUser(ILogger log, int line);

    [LoggerMessage(2014, LogLevel.Error, "The users file cannot be read: nobody can log in")]
    public static partial void NoUsers(ILogger log, Exception why);

    [LoggerMessage(2015, LogLevel.Error, "Listener {Listener} could not take a connection; it goes on")]
    public static partial void NotTaken(ILogger log, string listener, Exception why);

    [LoggerMessage(2016, LogLevel.Error, "A bug ended the session of {Client} at listener {Listener}")]
    public static partial void Bug(ILogger log, string client, string listener, Exception why);
}
