using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Embedded.Aside;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Forget;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Spool.Ledger.Forget;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded.Retention;

/// <summary>Forgets what its time is over of, and persons: in the ledger at once, in the journal segment by
/// segment.</summary>
/// <remarks>
/// A segment is gone through when its youngest mail's time is over, for each of the times there are: a few times in its
/// life, however large the journal is. It ends after a day at the latest, so what is kept for a month is gone after a
/// month and two days. One thing at a time; what a crash or an end leaves undone is done by the next pass.
/// </remarks>
public sealed class Forgetter : IDisposable
{
    private const int AtOnce = 500;
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SegmentAge = TimeSpan.FromDays(1);

    private readonly SpoolParts _parts;
    private readonly Action<Position> _durable;
    private readonly Journals _journals;
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<(Forgetting, int), MailId> _seen = [];
    private readonly ITimer _timer;
    private readonly BodyKeeping _bodies;
    private readonly IndexFeeder _feeder;
    private readonly Checkpoints _checkpoints;
    private volatile IReadOnlyList<RetentionRule> _rules = [];
    private IReadOnlyList<RetentionRule> _seenBy = [];
    private DateTimeOffset _rolledAt;

    /// <param name="durable">Told of what was put on stable storage here.</param>
    internal Forgetter(SpoolParts parts, BodyKeeping bodies, IndexFeeder feeder, Checkpoints checkpoints,
        Action<Position> durable)
    {
        (_parts, _bodies, _feeder, _checkpoints, _durable) = (parts, bodies, feeder, checkpoints, durable);
        _journals = new Journals(parts, bodies, record => AppendAsync([record]));
        _rolledAt = parts.Clock.Wall;
        _timer = parts.Time.CreateTimer(_ => _ = PassOrLogAsync(), null, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        if (parts.Ledger.Oblivion.IsErasing)
            _timer.Change(Soon, Every);
    }

    /// <summary>From now on; without any, the record of mail is kept for ever.</summary>
    public void Use(IReadOnlyList<RetentionRule> rules)
    {
        _rules = rules;
        _bodies.Rules = rules;
        _parts.Journal.Recycles = rules.Count == 0;
        if (rules.Count > 0)
            _timer.Change(Soon, Every);
    }

    /// <summary>Forgets what is due now.</summary>
    /// <exception cref="OperationCanceledException">The spool is being closed.</exception>
    public async Task PassAsync(CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        await _one.WaitAsync(either.Token);
        try
        {
            await CaughtUpAsync(either.Token);
            if (!ReferenceEquals(_rules, _seenBy))
                _seen.Clear(); // what was passed over by other rules may be due by these
            _seenBy = _rules;
            foreach (var what in (Forgetting[])[Forgetting.Events, Forgetting.Mail])
                await ForgetDueAsync(what, either.Token);
            await CaughtUpAsync(either.Token);
            if (await _parts.AskLedgerAsync(ledger => ledger.Oblivion.IsErasing))
                await EraseInJournalAsync(either.Token);
            await GoThroughDueAsync(either.Token);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Looks for what there is of a person, and erases it.</summary>
    /// <param name="really">False: looks only.</param>
    /// <param name="proof">What the record says of the erasure, without the address.</param>
    /// <exception cref="OperationCanceledException">The spool is being closed; the next start goes on.</exception>
    public async Task<Erasure> EraseAsync(
        string address, bool really, (string Who, string? Why, string Proof) proof, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        await _one.WaitAsync(either.Token);
        try
        {
            await CaughtUpAsync(either.Token);
            var (whole, places, events, open) = await FindAsync(address);
            var found = new Erasure(whole.Count, places.Count, events.Count, open);
            if (!really || open.Count > 0 || found.IsNothing)
                return found;
            _parts.Journal.Recycles = false;
            await _journals.DropSpareAsync();
            await RollAsync(); // all there is of what was found is before that
            _timer.Change(Soon, Every); // whatever comes between: it is gone on with
            await AppendAsync(
            [
                .. whole.Chunk(AtOnce).Select(chunk => Record(Forgetting.Mail, chunk, [], proof)),
                .. places.Chunk(AtOnce).Select(chunk => Record(Forgetting.Recipient, chunk, [], proof)),
                .. events.Chunk(AtOnce).Select(chunk => Record(Forgetting.Events, [], chunk, proof)),
                new NotedRecord(new TrailEvent(_parts.Clock.Wall, EventKind.Erased, null, null)
                {
                    Who = proof.Who, Text = proof.Proof,
                }),
            ]);
            await CaughtUpAsync(either.Token);
            var isComplete = await EraseInJournalAsync(either.Token);
            return found with
            {
                IsDone = true, IsComplete = isComplete,
                Checkpoint = isComplete ? await _checkpoints.WriteAsync() : null,
            };
        }
        finally
        {
            _parts.Journal.Recycles = _rules.Count == 0;
            _one.Release();
        }
    }

    /// <summary>Completes when none runs; none begins any more.</summary>
    internal async Task EndAsync()
    {
        _timer.Dispose();
        _closing.Cancel();
        await _one.WaitAsync();
    }

    public void Dispose()
    {
        _timer.Dispose();
        _one.Dispose();
        _closing.Dispose();
    }

    // All that is on stable storage.
    private Task CaughtUpAsync(CancellationToken cancel) =>
        _feeder.ReachedAsync(_parts.Journal.LastEntry).WaitAsync(cancel);

    private async Task PassOrLogAsync()
    {
        try
        {
            await PassAsync(CancellationToken.None);
            if (_rules.Count == 0 && !await _parts.AskLedgerAsync(ledger => ledger.Oblivion.IsErasing))
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        catch (OperationCanceledException)
        {
            return; // the next start goes on
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException or SpoolFailedException
            or ObjectDisposedException)
        {
            SpoolLog.NotForgotten(_parts.Log, e);
        }
    }

    private async Task ForgetDueAsync(Forgetting what, CancellationToken cancel)
    {
        List<(Filter Of, TimeSpan Keep)> rules = [];
        foreach (var rule in _seenBy)
            if ((what == Forgetting.Events ? rule.Events : rule.Metadata) is { } keep)
                rules.Add((rule.Of, keep));
        for (var i = 0; i < rules.Count; i++)
        {
            var until = _parts.Clock.Surely - rules[i].Keep;
            var filters = rules.Take(i + 1).Select(static rule => rule.Of).ToArray();
            var why = $"{(what == Forgetting.Events ? "events" : "metadata")} of rule {i + 1}";
            MailId? open = null;
            for (MailId? after = _seen.GetValueOrDefault((what, i), new MailId(-1)); after is { } from;)
            {
                cancel.ThrowIfCancellationRequested();
                var page = await _parts.AskLedgerAsync(ledger => ledger.Oblivion.Due(from, until, what, filters));
                foreach (var chunk in page.Due.Chunk(AtOnce))
                {
                    await AppendAsync([Record(what, [.. chunk.Select(static id => new Target(id, -1))], [],
                        (RetentionRule.Name, why, ""))]);
                    await CaughtUpAsync(cancel);
                }

                open ??= page.Open.Count > 0 ? new MailId(page.Open[0].Value - 1) : null;
                after = page.Next;
                _seen[(what, i)] = open ?? page.Next ?? from; // what is still open is looked at again
            }
        }
    }

    private ForgottenRecord Record(Forgetting what, IReadOnlyList<Target> targets, IReadOnlyList<EventName> events,
        (string Who, string? Why, string Proof) by) =>
        new(_parts.Clock.Wall, what, targets, by.Who, by.Why) { Events = events };

    // All or nothing.
    private async Task AppendAsync(IReadOnlyList<JournalRecord> records)
    {
        Entry[] entries = [.. records.Select(static record => new Entry(record))];
        await _parts.Journal.AppendAsync(entries, urgent: true);
        _durable(entries[^1].Position);
    }

    private async Task<(List<Target> Whole, List<Target> Places, IReadOnlyList<EventName> Events, List<MailId> Open)>
        FindAsync(string address) => await _parts.AskLedgerAsync(ledger =>
    {
        var (whole, places, open) = ledger.Oblivion.Of(address);
        var mails = whole.Concat(places).Select(static target => target.Mail).ToHashSet();
        var (reports, openReports) = ledger.Oblivion.ReportsOf(mails);
        whole = [.. whole.Union(reports)];
        places.RemoveAll(place => whole.Contains(place with { Recipient = -1 }));
        return (whole, places, ledger.Oblivion.EventsWith(address), (List<MailId>)[.. open.Union(openReports)]);
    });

    /// <summary>Goes through all of the journal, and says in it that this is done.</summary>
    private async Task<bool> EraseInJournalAsync(CancellationToken cancel)
    {
        foreach (var number in await _journals.NumbersAsync())
        {
            cancel.ThrowIfCancellationRequested();
            if (!await _journals.GoThroughAsync(number))
                return false;
        }

        await _journals.DropSpareAsync(); // given back before it could be gone through
        await AppendAsync([new NotedRecord(new TrailEvent(_parts.Clock.Wall, EventKind.Forgotten, null, null)
        {
            Text = Voucher.AllErased,
        })]);
        await CaughtUpAsync(cancel);
        await _parts.Offload(_parts.Ledger.EmptyLog);
        return true;
    }

    private async Task RollAsync()
    {
        await _journals.RollAsync();
        _rolledAt = _parts.Clock.Wall;
    }

    private async Task GoThroughDueAsync(CancellationToken cancel)
    {
        TimeSpan[] times = [.. _rules.SelectMany(static rule => (TimeSpan?[])[rule.Bodies, rule.Events, rule.Metadata])
            .OfType<TimeSpan>().Distinct()];
        if (times.Length == 0)
            return;
        if (_parts.Clock.Wall - _rolledAt >= SegmentAge)
        {
            await RollAsync();
            await CaughtUpAsync(cancel);
        }

        var through = await _parts.AskLedgerAsync(ledger => ledger.Oblivion.GoneThrough());
        var now = _parts.Clock.Surely;
        var isOldest = true;
        foreach (var number in await _journals.NumbersAsync())
        {
            cancel.ThrowIfCancellationRequested();
            var seen = through.TryGetValue(number, out var known) ? known : await _journals.LookAtAsync(number);
            isOldest = isOldest && await IsAllForgottenAsync(seen, now);
            if (isOldest)
                await _journals.DropAsync(seen);
            else if (times.Any(keep => seen.LastAt + keep + Every is var due && due <= now && seen.At < due))
                await _journals.GoThroughAsync(number);
        }
    }

    // The relay's own events go with the segment: they are kept as long as the mail that no rule names.
    private async Task<bool> IsAllForgottenAsync(GoneThrough segment, DateTimeOffset now)
    {
        if (_rules.FirstOrDefault(static rule => rule.Of.Terms.Count == 0) is not { Metadata: { } keep }
            || segment.LastAt + keep + Every > now
            || _parts.Journal.Segments.Any(other => other.Number == segment.Segment))
            return false;
        var oldest = await _parts.AskLedgerAsync(ledger => ledger.Oblivion.Oldest());
        return oldest is null || oldest.Value.At > segment.LastAt;
    }
}
