using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Storms;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Storms;

/// <summary>What the brake is made from.</summary>
/// <param name="File">In the data folder.</param>
public sealed record StormParts(SmallFile File, ISpool Spool, TimeProvider Time, ILogger Log);

/// <summary>Holds the mail of a burst until a person has decided, and lets all other mail pass.</summary>
/// <remarks>
/// <list type="number">
/// <item><see cref="Seen"/>: a mail comes in. A storm is noticed here, before that mail is leased.</item>
/// <item><see cref="JudgeAsync"/> at each try: what is of a storm is held, also what came before it was noticed and
/// still waits. The first verdict waits until the storm is on disk: a mark on a mail always means one storm.</item>
/// <item>A person decides, through <see cref="Decisions"/>; what is let go is known by its timeline.</item>
/// <item><see cref="RunAsync"/>, beside the road: tells, ends what has passed, lets go what goes slowly.</item>
/// </list>
/// Held mail is mail like any other that is held: nothing bounces, and its age stands still.
/// </remarks>
public sealed class StormBrake
{
    private static readonly TimeSpan KeepEvery = TimeSpan.FromHours(1);

    private readonly StormParts _parts;
    private readonly StormBook _book;
    private readonly StormWatch _watch;
    private readonly Lock _gate = new();
    private readonly Lock _writing = new(); // outside of the gate: what comes in does not wait for the disk
    private readonly Dictionary<int, int> _kept; // of each storm, how many of its traits are on disk
    private volatile StormSettings _settings;
    private volatile IReadOnlyList<Storm> _all;
    private volatile TaskCompletionSource _changed = Promise.New();
    private DateTimeOffset _keptAt;
    private readonly List<(EventKind Kind, Storm Storm)> _news = [];

    public StormBrake(StormSettings settings, StormParts parts)
    {
        (_settings, _parts) = (settings, parts);
        _book = new StormBook(parts.File, parts.Log);
        Decisions = new StormDecisions(this, parts);
        _watch = _book.Read(Decisions.NextNumber);
        _all = _watch.Storms;
        _kept = _all.ToDictionary(one => one.Number, one => one.Traits.Count);
        _keptAt = parts.Time.GetUtcNow();
    }

    /// <summary>What people do about storms.</summary>
    public StormDecisions Decisions { get; }

    /// <summary>All that are remembered, the oldest first.</summary>
    public IReadOnlyList<Storm> All => _all;

    /// <summary>Those that blow, or wait for a person, or go slowly: what people are to know of.</summary>
    public IReadOnlyList<Storm> Open =>
        [.. _all.Where(one => !one.Passes && (one.Over is null || one.Decision is null || one.Slowly > 0))];

    /// <summary>Goes on by other settings. Storms that were noticed stay until they are decided.</summary>
    public void Use(StormSettings changed) => _settings = changed;

    /// <summary>A mail comes in.</summary>
    public void Seen(MailId id, Origin origin, Envelope envelope, HeaderFacts header)
    {
        var rule = _settings;
        if (!rule.IsOn || rule.Spares(new LastingFacts(envelope.From, origin, header, 0)))
            return;
        var now = _parts.Time.GetUtcNow();
        var mail = Likeness.Of(id, origin, envelope, header) with { At = now };
        lock (_gate)
        {
            var found = _watch.See(mail, header.Subject ?? "", rule);
            if (found is not null)
            {
                _all = _watch.Storms;
                _news.Add((EventKind.StormNoticed, found));
            }
            else if ((now - _keptAt).Duration() < KeepEvery)
                return;
        }

        _changed.TrySetResult();
    }

    /// <summary>What is to become of a recipient for a storm; null: nothing is in the way.</summary>
    public async ValueTask<Keeping?> JudgeAsync(Lease lease, LeasedRecipient to)
    {
        if (_all.Count == 0 || lease.Origin.Replay is not null || lease.Envelope.From == ReversePath.Null)
            return null; // a replay, a released copy or a report, none of which is counted either
        var mail = Likeness.Of(lease.Id, lease.Origin, lease.Envelope, lease.Header);
        var storm = _all.LastOrDefault(one => one.Has(mail));
        if (storm is null or { Passes: true } || IsSpared(lease) || await WasHeldAsync(lease.Id, to.Index, storm))
            return null;
        if (!IsKept(storm))
            lock (_writing)
                if (!IsKept(storm))
                    Keep();
        return new Keeping(Hold: true, storm.Rule);
    }

    /// <summary>Tells, ends and lets go, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var changed = _changed.Task; // before the look: what comes during it counts
            TimeSpan next;
            try
            {
                next = await StepAsync(cancel);
            }
            catch (Exception e) when (e is not (OutOfMemoryException or SpoolFailedException)
                && !cancel.IsCancellationRequested)
            {
                StormLog.StepFailed(_parts.Log, e.Message);
                next = TimeSpan.FromSeconds(30);
            }
            catch (Exception e) when (e is OperationCanceledException or SpoolFailedException)
            {
                break;
            }

            await Promise.ChangedAsync(changed, next, _parts.Time, cancel);
            if (changed.IsCompleted)
                Interlocked.Exchange(ref _changed, Promise.New());
        }

        Keep();
    }

    /// <summary>Does what is due.</summary>
    /// <returns>When to come back, if nothing changes before.</returns>
    internal async Task<TimeSpan> StepAsync(CancellationToken cancel)
    {
        Tell();
        var next = await Decisions.StepAsync(cancel);
        var look = _settings.Window / 5; // whether what blows has passed
        if (_all.Any(one => one.Over is null) && (next < TimeSpan.Zero || next > look))
            return look;
        return next < TimeSpan.Zero || next > KeepEvery ? KeepEvery : next; // what has become old is forgotten
    }

    /// <summary>Puts another in the place of a storm, as it is now; durable when this returns.</summary>
    /// <returns>It; null: there is none.</returns>
    /// <exception cref="IOException">It could not be kept, and is as it was.</exception>
    internal Storm? Change(int number, Func<Storm, Storm> change)
    {
        lock (_writing)
        {
            if (Find(number) is null)
                return null;
            if (!Keep(one => one.Number == number ? change(one) : one))
                throw new IOException("storms.json could not be written; see the relay's log");
            lock (_gate)
            {
                var before = Find(number)!; // it may have grown meanwhile
                var after = change(before);
                _watch.Change(after);
                if (after.Passes && !before.Passes)
                    _watch.Take(after, _parts.Time.GetUtcNow());
                _all = _watch.Storms;
                _changed.TrySetResult();
                return after;
            }
        }
    }

    private Storm? Find(int number)
    {
        lock (_gate)
            return _watch.Storms.FirstOrDefault(one => one.Number == number);
    }

    /// <summary>Forgets a storm of which nothing is left.</summary>
    internal void Forget(int number)
    {
        lock (_writing)
        {
            lock (_gate)
            {
                _watch.Forget(number);
                _all = _watch.Storms;
            }

            Keep();
        }
    }

    private void Tell()
    {
        var now = _parts.Time.GetUtcNow();
        List<(EventKind Kind, Storm Storm)> news;
        bool isDue;
        lock (_gate)
        {
            foreach (var calm in _watch.Calm(now, _settings))
                _news.Add((EventKind.StormOver, calm));
            news = [.. _news];
            _news.Clear();
            isDue = news.Count > 0 || now - _keptAt >= KeepEvery || now < _keptAt;
            _all = _watch.Storms;
        }

        if (isDue)
            Keep();

        foreach (var (kind, storm) in news)
            if (kind == EventKind.StormOver)
            {
                StormLog.Passed(_parts.Log, storm.Number);
                Note(kind, null, $"storm {storm.Number} has passed");
            }
            else
            {
                var what = $"{storm.Mark}{storm.Traits[^1]}, from {storm.Source}: its mail is held";
                StormLog.Noticed(_parts.Log, what);
                Note(kind, null, $"{what}, like \"{storm.Subject}\"");
            }
    }

    internal void Note(EventKind kind, string? who, string what) =>
        _parts.Spool.Note(new TrailEvent(_parts.Time.GetUtcNow(), kind, null, null) { Who = who, Text = what });

    private bool IsKept(Storm storm)
    {
        lock (_gate)
            return _kept.GetValueOrDefault(storm.Number) >= storm.Traits.Count;
    }

    // As it is, or as it is going to be.
    private bool Keep(Func<Storm, Storm>? going = null)
    {
        lock (_writing)
        {
            IReadOnlyList<Storm> storms;
            KeptStorms kept;
            lock (_gate)
            {
                _keptAt = _parts.Time.GetUtcNow();
                (storms, kept) = (_watch.Storms, new KeptStorms(_watch.Next, [], _watch.Known));
            }

            if (!_book.Keep(kept with { Storms = [.. storms.Select(going ?? (one => one)).Select(KeptStorm.Of)] }))
                return false;
            lock (_gate)
                foreach (var storm in storms)
                    _kept[storm.Number] = storm.Traits.Count;
            return true;
        }
    }

    private bool IsSpared(Lease lease) =>
        _settings.Spares(new LastingFacts(lease.Envelope.From, lease.Origin, lease.Header, lease.Content.Length));

    // What was held for it and is tried again was let go by a person: nothing else leads there.
    private async ValueTask<bool> WasHeldAsync(MailId mail, int recipient, Storm storm)
    {
        try
        {
            await _parts.Spool.Index.CaughtUpAsync(CancellationToken.None);
            return _parts.Spool.Index.Show(mail) is { } record && record.Trail.Any(one => one.Kind == EventKind.Held
                && (one.Recipient is null || one.Recipient == recipient)
                && one.Text?.StartsWith(storm.Mark, StringComparison.Ordinal) == true);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or SpoolFailedException))
        {
            StormLog.NotLookedUp(_parts.Log, mail.ToString(), storm.Number, e.Message);
            return false; // a person can let it go once more, and call back nothing
        }
    }
}
