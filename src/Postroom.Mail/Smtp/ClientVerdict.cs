using Postroom.Mail.Status;

namespace Postroom.Mail.Smtp;

/// <summary>Where in the dialogue with a next hop we are: what the next reply answers.</summary>
public enum ClientStage : byte
{
    Connect,
    Greeting,
    Hello,
    StartTls,
    Auth,
    Reset,
    Mail,
    Rcpt,
    Data,

    /// <summary>The final dot, or BDAT LAST.</summary>
    End,

    Done,
}

/// <summary>
/// Turns a negative reply, or none, into a failure: who is at fault, and the status a report will name.
/// </summary>
/// <remarks>
/// A table, first row that fits. It holds what the standards say about a mail; in front of it stands what single
/// providers mean by their words: <see cref="ProviderVerdict"/>.
/// </remarks>
public static class ClientVerdict
{
    // -1 and null fit anything. A status in Instead takes the place of the peer's.
    private sealed record Row(Fault Fault, Stages At = Stages.Any, int Code = -1, int Class = -1)
    {
        public int Subject { get; init; } = -1;
        public int Detail { get; init; } = -1;
        public EnhancedStatus? Instead { get; init; }
    }

    [Flags]
    private enum Stages
    {
        Session = 1 << (int)ClientStage.Connect | 1 << (int)ClientStage.Greeting | 1 << (int)ClientStage.Hello |
                  1 << (int)ClientStage.StartTls | 1 << (int)ClientStage.Reset,
        Auth = 1 << (int)ClientStage.Auth,
        Mail = 1 << (int)ClientStage.Mail,
        Rcpt = 1 << (int)ClientStage.Rcpt,
        Command = Mail | Rcpt | 1 << (int)ClientStage.Data,
        Content = 1 << (int)ClientStage.Data | 1 << (int)ClientStage.End,
        Any = ~0,
    }

    private static readonly EnhancedStatus OutOfStep = new(4, 5, 1);

    private static readonly Row[] Rows =
    [
        // RFC 5321 §4.2.3: the service is closing the channel; the mail was not looked at.
        new(Fault.NextHop, Code: 421),
        new(Fault.NextHop, Stages.Session),
        new(Fault.Account, Stages.Auth),

        // RFC 4954 §6: log in first, or with something stronger. The mail is as good as before.
        new(Fault.Account, Code: 530),
        new(Fault.Account, Code: 534),
        new(Fault.Account, Code: 535),
        new(Fault.Account, Code: 538),
        new(Fault.Account, Class: 5) { Subject = 7, Detail = 57 },
        new(Fault.Account, Stages.Mail, Code: 454),
        new(Fault.Account, Stages.Mail, Code: 432),

        // RFC 3463 §3.4: X.3.1 mail system full, X.3.2 not accepting mail now: so for every mail, not for this one.
        new(Fault.NextHop, Class: 4) { Subject = 3, Detail = 1 },
        new(Fault.NextHop, Class: 4) { Subject = 3, Detail = 2 },

        // Bad sequence: peer and we disagree about the session. That is no verdict on a mail, so it is tried again;
        // not the hop's fault either, or one mail that provokes it would stop all others.
        new(Fault.Message, Code: 503) { Instead = OutOfStep },

        // Nor is that the hop does not know the command (RFC 5321 §4.2.4): all it can say to everything. After the
        // final dot a bare 500 may mean a line of the mail.
        new(Fault.Message, Code: 502) { Instead = OutOfStep },
        new(Fault.Message, Stages.Command, Code: 500) { Instead = OutOfStep },
        new(Fault.Message, Code: 500) { Subject = 5, Instead = OutOfStep },

        new(Fault.Recipient, Stages.Rcpt),
        new(Fault.Message),
    ];

    /// <summary>What a negative reply means at a stage.</summary>
    /// <param name="remote">Remote-MTA, RFC 3464 §2.3.5.</param>
    public static Failure Of(ClientStage stage, Reply reply, string? remote)
    {
        var row = Rows.First(row => Fits(row, stage, reply)); // the last fits everything
        var failure = new Failure(row.Fault, row.Instead ?? StatusOf(reply), reply.Quote(), remote);
        return ProviderVerdict.Of(failure, TurnOf(stage)) is { } fault ? failure with { Fault = fault } : failure;
    }

    /// <summary>What a negative reply to RCPT means.</summary>
    /// <param name="isBehindOthers">Recipients were taken before: a bare 452 or 552 says that it has its fill.</param>
    /// <remarks>RFC 5321 §4.5.3.1.10: 552 was once the code for too many recipients: it is read as 452.</remarks>
    public static Failure OfRecipient(Reply reply, bool isBehindOthers, string? remote) =>
        IsTooManyRecipients(reply) && (isBehindOthers || reply.Status is not null)
            ? new Failure(Fault.Recipient, new EnhancedStatus(4, 5, 3), reply.Quote(), remote)
            : Of(ClientStage.Rcpt, reply, remote);

    /// <summary>A hop that is silent, gone or talks nonsense: everything to it waits.</summary>
    /// <param name="status">4.4.1 no answer, 4.4.2 bad connection, 4.5.0 protocol, 4.7.5 cryptography.</param>
    public static Failure NextHop(EnhancedStatus status, string why, string? remote) =>
        new(Fault.NextHop, status, why, remote);

    /// <summary>RFC 5321 §4.5.3.1.10: too many recipients in this transaction; the rest go in another.</summary>
    public static bool IsTooManyRecipients(Reply reply) =>
        reply.Code is 452 or 552 && (reply.Status is null or { Subject: 5, Detail: 3 });

    private static Turn TurnOf(ClientStage stage) => stage switch
    {
        ClientStage.Mail => Turn.Sender,
        ClientStage.Rcpt => Turn.Recipient,
        ClientStage.Data or ClientStage.End => Turn.Mail,
        _ => Turn.None,
    };

    private static bool Fits(Row row, ClientStage stage, Reply reply) =>
        ((int)row.At & (1 << (int)stage)) != 0 &&
        (row.Code < 0 || row.Code == reply.Code) &&
        (row.Class < 0 || row.Class == reply.Code / 100) &&
        (row.Subject < 0 || row.Subject == reply.Status?.Subject) &&
        (row.Detail < 0 || row.Detail == reply.Status?.Detail);

    // RFC 3463 §2: without a status of the peer's own, all we know is the class. A positive reply in the wrong place
    // is a fault of protocol.
    private static EnhancedStatus StatusOf(Reply reply) => reply.Code switch
    {
        _ when reply.IsPositive => new EnhancedStatus(4, 5, 0),
        421 when reply.Status is null => new EnhancedStatus(4, 3, 2),
        _ => reply.Status ?? new EnhancedStatus(reply.Code / 100, 0, 0),
    };
}
