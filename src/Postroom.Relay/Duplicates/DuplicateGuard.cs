using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Duplicates;

/// <summary>Knows the mail that an application hands over a second time, because it did not hear the answer.</summary>
/// <remarks>
/// <para>The same fingerprint, from the same reverse-path, for the same recipient, within the window: then the later id
/// is the duplicate. The earlier one must have been accepted, and must not have come to nothing: what was revoked,
/// cancelled, refused, captured, expired or suppressed is no original, and what comes after it is the real one.</para>
/// <list type="number">
/// <item><see cref="Offered"/>: a mail has its id, and is being stored.</item>
/// <item><see cref="Answered"/>: it has its receipt, or has none.</item>
/// <item>Marked, beside the road: an event on the timeline of the second, once.</item>
/// <item><see cref="FindAsync"/>, at each try, where the application's duplicates are not sent: looked up anew, for
/// what the original came to may have changed.</item>
/// </list>
/// <para>What became of an original is read from the index, after it has caught up: this is done only where there is a
/// duplicate. Whatever cannot be looked up is sent: between a duplicate and a loss we choose the duplicate.</para>
/// </remarks>
public sealed class DuplicateGuard(DuplicateSettings settings, ISpool spool, TimeProvider time, ILogger log)
{
    // Repetitions that wait to be looked at; of a flood of them some are not marked.
    private const int MostWaiting = 10_000;

    // A courier's place waits for that long at most.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly DuplicateMemory _memory = new();
    private readonly Channel<Sending> _found = Channel.CreateBounded<Sending>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private volatile DuplicateSettings _settings = settings;

    /// <summary>Counts what is found.</summary>
    public RelayMeters Meters { get; init; } = RelayMeters.Unwatched;

    private bool IsOn => _settings.Window > TimeSpan.Zero;

    /// <summary>Goes on by other settings; what a longer window would have kept is not called back.</summary>
    public void Use(DuplicateSettings changed)
    {
        _settings = changed;
        if (!IsOn)
            _memory.Clear();
    }

    /// <summary>Remembers the mails of the last window, before the first one comes: an application whose hand-over
    /// was cut by the end of the last life sends again now.</summary>
    public async Task RecallAsync(CancellationToken cancel)
    {
        if (!IsOn)
            return;
        try
        {
            await CaughtUpAsync(cancel);
            var all = _settings;
            foreach (var mail in spool.Index.Printed(time.GetUtcNow() - all.Window, all.Most).Reverse())
                Look(_memory.Recall(Sending.Of(mail.Id, mail.Envelope, mail.Print), all));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            DuplicateLog.NotLookedUp(log, "mail of the last window", e.Message);
        }
    }

    /// <summary>A mail has its id, and is about to be stored.</summary>
    public void Offered(MailId id, Envelope envelope, HeaderFacts header)
    {
        if (IsOn && header.Fingerprint is { } print)
            _memory.Offer(Sending.Of(id, envelope, print), _settings);
    }

    /// <summary>It has its answer.</summary>
    public void Answered(MailId id, bool isAccepted) => Look(_memory.Answer(id, isAccepted));

    /// <summary>Marks what is found, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (await _found.Reader.WaitToReadAsync(cancel))
                await MarkAsync(Waiting(), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return; // what waited is found again by the next start
        }
    }

    /// <summary>Why a mail is not sent to a recipient; null where it is.</summary>
    public async ValueTask<DuplicateMark?> FindAsync(Lease lease, LeasedRecipient to, CancellationToken cancel)
    {
        var all = _settings;
        if (!IsOn || lease.Header.Fingerprint is not { } print
            || !all.AreSuppressed(lease.Header.App?.App, lease.Origin.Source))
            return null;
        var address = to.Recipient.Path.Address;
        var sending = new Sending(
            lease.Id, to.Index, address, Sending.KeyOf(lease.Envelope.From.Address, address, print));
        try
        {
            var original = _memory.Knows(sending)
                ? await OriginalAsync(sending, cancel) : await MarkedAsync(sending, cancel);
            return original is not { } first || WasSuppressed(sending) ? null : DuplicateMark.Of(first, lease.Id);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            DuplicateLog.NotLookedUp(log, lease.Id.ToString(), e.Message);
            return null;
        }
    }

    /// <summary>The reason that a suppressed duplicate is told with.</summary>
    public static string Says(DuplicateMark mark) => string.Create(CultureInfo.InvariantCulture,
        $"the same mail as {mark.Original}, which was handed over {mark.Seconds} s before: it is sent once");

    private void Look(IReadOnlyList<Sending> repeated)
    {
        foreach (var sending in repeated)
            _found.Writer.TryWrite(sending);
    }

    private List<Sending> Waiting()
    {
        var waiting = new List<Sending>();
        while (waiting.Count < MostWaiting && _found.Reader.TryRead(out var sending))
            waiting.Add(sending);
        return waiting;
    }

    private async Task MarkAsync(List<Sending> found, CancellationToken cancel)
    {
        foreach (var mail in found.GroupBy(static sending => sending.Mail))
        {
            try
            {
                await MarkAsync(mail.Key, [.. mail.DistinctBy(static sending => sending.Recipient)], cancel);
            }
            catch (Exception e) when (e is not OutOfMemoryException && !cancel.IsCancellationRequested)
            {
                DuplicateLog.NotLookedUp(log, mail.Key.ToString(), e.Message);
            }
        }
    }

    private async Task MarkAsync(MailId id, List<Sending> found, CancellationToken cancel)
    {
        var marks = new List<(int Recipient, DuplicateMark Mark)>();
        foreach (var sending in found.Where(static one => !one.IsMarked))
        {
            if (await OriginalAsync(sending, cancel) is not { } original)
                continue;
            sending.IsMarked = true;
            marks.Add((sending.Recipient, DuplicateMark.Of(original, id)));
        }

        if (marks.Count == 0 || spool.Index.Show(id) is not { } record)
            return;
        marks.RemoveAll(one => DuplicateMark.Find(record.Trail, one.Recipient) is not null);
        var isWhole = marks.Count == record.Recipients.Count && marks.TrueForAll(one => one.Mark == marks[0].Mark);
        foreach (var (recipient, mark) in isWhole ? marks.Take(1) : marks)
        {
            spool.Note(new TrailEvent(time.GetUtcNow(), EventKind.DuplicateOf, id, isWhole ? null : recipient)
            {
                Text = mark.ToString(),
            });
            DuplicateLog.Found(log, id.ToString(), mark.Original.ToString(), mark.Seconds);
        }

        Meters.Submission.Duplicated(record.Header.App?.App, marks.Count);
    }

    // The first of the same that was accepted and has not come to nothing.
    private async ValueTask<MailId?> OriginalAsync(Sending sending, CancellationToken cancel)
    {
        while (_memory.Earlier(sending, _settings.Window) is [var first, ..])
        {
            if (first.Pending is { } pending)
                await pending.Task.WaitAsync(Patience, time, cancel);
            else
            {
                await CaughtUpAsync(cancel);
                if (IsOriginal(first.Mail, first.To))
                    return first.Mail;
                _memory.Forget(first);
            }
        }

        return null;
    }

    // It waited for longer than is remembered: its own timeline says what it is.
    private async ValueTask<MailId?> MarkedAsync(Sending sending, CancellationToken cancel)
    {
        if (time.GetUtcNow() - sending.Mail.At < _settings.Window)
            return null;
        await CaughtUpAsync(cancel);
        return spool.Index.Show(sending.Mail) is { } record
            && DuplicateMark.Find(record.Trail, sending.Recipient) is { } mark && IsOriginal(mark.Original, sending.To)
            ? mark.Original : null;
    }

    private bool IsOriginal(MailId id, string to) => spool.Index.Show(id) is { } record
        && record.Recipients.Any(row => row.To == to
            && row.State is State.Waiting or State.Trying or State.Held or State.Delivered);

    // Then a person let it go.
    private bool WasSuppressed(Sending sending) => spool.Index.Show(sending.Mail) is { } record
        && record.Trail.Any(e => e.Kind == EventKind.Suppressed && e.Recipient == sending.Recipient);

    private Task CaughtUpAsync(CancellationToken cancel) =>
        spool.Index.CaughtUpAsync(cancel).AsTask().WaitAsync(Patience, time, cancel);
}
