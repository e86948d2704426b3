using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Smtp;
using Postroom.Mail.Trouble;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Submission;

/// <summary>What is made to happen to one connection on purpose.</summary>
internal sealed class Mishaps(ConnectionContext context, SubmissionParts parts)
{
    private readonly TaskCompletionSource _stopping = Promise.New();

    /// <summary>The relay stops: nothing is late any more.</summary>
    public void Stop() => _stopping.TrySetResult();

    public Made? Ask(Stage stage, ReversePath from, ForwardPath? to, Origin origin) => parts.Onlooker.Meddle?.Invoke(
        new Occasion(stage, new LastingFacts(from, origin, HeaderFacts.None, 0), to is { } one ? [one] : [],
            parts.Clock.GetUtcNow()));

    /// <summary>At the connection itself: a reply in the place of the greeting is the last (RFC 5321 §3.1).</summary>
    /// <returns>False: the connection is over.</returns>
    public async ValueTask<bool> LetsGreetAsync(Origin origin, PipeWriter output, Func<ValueTask> flush) =>
        Ask(Stage.Connect, ReversePath.Null, null, origin) is not { } made
            || (await SufferAsync(made, output, flush) && made.Effect.GoesOn);

    /// <summary>Waits, answers, or cuts, as it was made.</summary>
    /// <param name="flush">Sends what came before it: that is not late.</param>
    /// <returns>False: the connection is over.</returns>
    public async ValueTask<bool> SufferAsync(Made made, PipeWriter output, Func<ValueTask> flush)
    {
        if (!made.Effect.GoesOn)
            await flush();
        if (made.Effect.Delay > TimeSpan.Zero)
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
            await Task.WhenAny(Task.Delay(made.Effect.Delay, parts.Clock, late.Token), _stopping.Task);
            late.Cancel(); // no timer is left behind
        }

        if (made.Effect.Disconnects)
            context.Abort();
        else if (made.Reply is { } reply)
            ServerReplies.Write(reply, output);
        return !made.Effect.Disconnects && made.Reply is not { Code: 421 };
    }
}
