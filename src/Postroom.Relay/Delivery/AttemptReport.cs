using Postroom.Mail.Audit;
using Postroom.Mail.Smtp;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>Tells how a try went: steps always, the dialogue only where somebody will want to read it.</summary>
/// <param name="first">It is the first mail of its connection, whose own steps count with it.</param>
internal readonly struct AttemptReport(Opening opening, string? tls, bool first, TimeProvider time)
{
    /// <param name="isPlain">Nothing but refusals could make it worth a transcript.</param>
    public AttemptFacts Of(Transfer transfer, bool isPlain) => new(
        opening.Remote, opening.Greeting, tls, Reused: !first, transfer.Steps(first ? opening.Steps : [], time),
        isPlain && transfer.WentWell() ? Remark(transfer) : Recount(transfer));

    /// <summary>Sets the deadline for a reply, RFC 5321 §4.5.3.2.</summary>
    public static void AwaitReply(Connection connection, ClientStage stage, Deadlines within)
    {
        var (what, time) = stage switch
        {
            ClientStage.Rcpt => ("the reply to RCPT", within.Rcpt),
            ClientStage.Data => ("the reply to DATA", within.Data),
            ClientStage.End => ("the reply to the end of the mail", within.End),
            ClientStage.Reset => ("the reply to RSET", within.Command),
            _ => ("the reply to MAIL", within.Command),
        };
        connection.Await(what, time);
    }

    private static string? Remark(Transfer transfer) =>
        transfer.AddedLineEnd ? "-: the mail did not end with CRLF, which DATA needs: one was added\n" : null;

    private string Recount(Transfer transfer)
    {
        var all = new Transcript();
        all.Include(opening.Transcript!);
        transfer.Transaction?.Recount((ours, line) =>
        {
            if (ours)
                all.Sent(line);
            else
                all.Received(line);
        });
        return all + Remark(transfer);
    }
}
