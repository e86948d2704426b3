using Microsoft.Extensions.Logging;
using Postroom.Relay.Postmaster.Receivers;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Postmaster;

/// <summary>Carries notices to their receivers: each in order, again and again until it is told.</summary>
internal sealed class Messenger(Outbox outbox, ReceiverNeeds needs, PostmasterMeters meters, ILogger log)
{
    // After so long nobody is helped by it any more; what is raised stands in the status.
    private static readonly TimeSpan GiveUp = TimeSpan.FromDays(3);
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20); // the store answers within 8
    private const int HopelessTries = 3;

    private TaskCompletionSource _bell = Promise.New();

    /// <summary>Who is told.</summary>
    public IReadOnlyList<Receiver> Receivers { get; set; } = [];

    /// <summary>Something was put in.</summary>
    public void Ring() => Interlocked.Exchange(ref _bell, Promise.New()).TrySetResult();

    /// <summary>Runs until it is cancelled. A receiver that takes its time holds up no other.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var telling = new Dictionary<string, Task>(StringComparer.Ordinal);
        while (!cancel.IsCancellationRequested)
        {
            var bell = Volatile.Read(ref _bell).Task; // before the look: what comes during it counts
            foreach (var (receiver, task) in telling.ToList())
                if (task.IsCompleted)
                    telling.Remove(receiver);
            foreach (var notice in outbox.Due(LongestWait).Where(one => !telling.ContainsKey(one.Receiver)))
                telling[notice.Receiver] = TellAsync(notice, cancel);
            var wait = outbox.NextDue(telling.Keys) is { } next && next < LongestWait ? next : LongestWait;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny([bell, .. telling.Values,
                Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, needs.Time, over.Token)]);
            over.Cancel(); // no timer is left behind
        }

        await Task.WhenAll(telling.Values);
    }

    /// <summary>Tells a receiver once, outside the order; for a person who wants to see whether it works.</summary>
    public Task<Told> TestAsync(Receiver receiver, Notice notice, CancellationToken cancel) =>
        OnceAsync(receiver, notice, cancel);

    private async Task TellAsync(Notice notice, CancellationToken cancel)
    {
        if (Receivers.FirstOrDefault(one => one.Name == notice.Receiver) is not { } receiver
            || !receiver.Wants(notice.News.Alarm, notice.News.Severity)) // of a copy: what its original had to tell
        {
            outbox.Note(Outbox.Orphaned(notice, needs.Time.GetUtcNow()));
            return;
        }

        Told told;
        try
        {
            told = await OnceAsync(receiver, notice, cancel);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (cancel.IsCancellationRequested)
                return; // it is tried again after the next start
            told = new Told(false, e.Message);
        }

        var now = needs.Time.GetUtcNow();
        var tried = notice with { Tries = notice.Tries + 1, Last = told.Words };
        if (told.IsTold)
        {
            outbox.Note(tried with { ToldAt = now, NextTry = null, Tries = notice.Tries });
            PostmasterLog.Told(log, receiver.Name, notice.News.Alarm);
        }
        else if (now - notice.At > GiveUp || (told.IsHopeless && tried.Tries >= HopelessTries))
        {
            outbox.Note(tried with { GivenUpAt = now, NextTry = null });
            PostmasterLog.GivenUp(log, receiver.Name, notice.News.Alarm, told.Words);
        }
        else
        {
            var wait = WaitAfter(tried.Tries);
            wait = told.RetryAfter is { } asked && asked > wait ? asked < LongestWait ? asked : LongestWait : wait;
            outbox.Note(tried with { NextTry = now + wait });
            PostmasterLog.NotTold(log, receiver.Name, notice.News.Alarm, wait, told.Words);
        }

        meters.Told(receiver.Name, told.IsTold);
    }

    private async Task<Told> OnceAsync(Receiver receiver, Notice notice, CancellationToken cancel)
    {
        if (receiver.Kind != ReceiverKind.Mail)
            return await WebReceiver.TellAsync(receiver, notice, needs, cancel);
        var taken = await needs.Mail(receiver, notice, Bodies.Line(notice.News, needs.HostName),
            Bodies.OfMail(notice, needs.HostName)).WaitAsync(Patience, cancel);
        return new Told(taken.Id is not null, taken.Id is { } id ? $"handed over as {id}" : taken.Reply.ToString());
    }

    private static TimeSpan WaitAfter(int tries)
    {
        var wait = FirstWait * Math.Pow(2, Math.Min(tries - 1, 20));
        return wait < LongestWait ? wait : LongestWait;
    }
}
