using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>How a route was tried out.</summary>
/// <param name="Steps">Each with what the other side said; the last is where it ended.</param>
/// <param name="Failure">Why a mail could not go this way now; null if one could.</param>
public sealed record TrialReport(IReadOnlyList<TrialStep> Steps, Failure? Failure);

/// <param name="Step">connect, tls, greeting, ehlo, auth, sender, and its milliseconds.</param>
/// <param name="Words">The other side's own.</param>
public readonly record struct TrialStep(Step Step, string Words);

/// <summary>Goes the way of a mail up to the point where the sender is accepted, and turns back: nothing is
/// sent.</summary>
public static class RouteTrial
{
    /// <summary>Never throws for anything the world does: that is in the report.</summary>
    /// <param name="from">The reverse-path to offer with MAIL FROM.</param>
    public static async Task<TrialReport> OfSmtpAsync(
        Route route, ReversePath from, CourierSettings settings, IDialer dialer, CancellationToken cancel)
    {
        var time = TimeProvider.System;
        var opening = await new LinkOpener(route, settings, dialer, time).OpenAsync(cancel);
        var steps = opening.Steps.Zip(opening.Words, (step, words) => new TrialStep(step, words)).ToList();
        if (opening.Connection is not { } connection)
            return new TrialReport(steps, opening.Failure);
        await using (connection)
            try
            {
                var began = time.GetTimestamp();
                var reply = await AskAsync(connection, $"MAIL FROM:<{from.Address}>", settings.Deadlines.Command);
                steps.Add(new TrialStep(
                    new Step("sender", time.GetElapsedTime(began).TotalMilliseconds), reply.Quote()));
                await connection.WriteAsync("QUIT\r\n"u8.ToArray());
                return new TrialReport(steps,
                    reply.IsPositive ? null : ClientVerdict.Of(ClientStage.Mail, reply, route.Host));
            }
            catch (ConnectionLostException lost)
            {
                return new TrialReport(steps,
                    ClientVerdict.NextHop(new EnhancedStatus(4, 4, 2), lost.Message, route.Host));
            }
    }

    private static async Task<Reply> AskAsync(Connection connection, string line, TimeSpan within)
    {
        connection.Await("the reply to MAIL", within);
        await connection.WriteAsync(System.Text.Encoding.UTF8.GetBytes(line + "\r\n"));
        var replies = new ReplyReader();
        var buffer = new byte[ReplyReader.LongestLine];
        while (true)
        {
            var read = await connection.ReadAsync(buffer);
            if (Complete(replies, buffer.AsSpan(0, read)) is { } reply)
                return reply;
        }
    }

    private static Reply? Complete(ReplyReader replies, ReadOnlySpan<byte> bytes) =>
        replies.Read(ref bytes, out var reply) == ReplyProgress.Garbage
            ? throw new ConnectionLostException(replies.Complaint!)
            : reply;
}
