using System.Globalization;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Mail.Storms;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Storms;

/// <summary>What a person does about a storm, and what is done of it bit by bit.</summary>
/// <remarks>Everything can be asked again: what was cut off by the end of the process is not done twice, for only what
/// is held is let go or cancelled.</remarks>
public sealed class StormDecisions
{
    private const int Page = 1_000;

    // Each directive lets the lanes read anew what waits in them: so few large ones, not many small.
    private const int Bite = 20_000;

    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    // Somebody may let go of it by other commands, and more of it may come to be held.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(5);

    // What has passed and of which nothing is held, is remembered for a month.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    private readonly StormBrake _brake;
    private readonly StormParts _parts;
    private readonly Dictionary<int, (Queue<Target> Waiting, DateTimeOffset Next)> _slow = [];
    private readonly HashSet<int> _underWay = []; // whose release is not done yet: it tells a person how many went

    internal StormDecisions(StormBrake brake, StormParts parts) => (_brake, _parts) = (brake, parts);

    /// <summary>What is held of a storm, newest mail first.</summary>
    public Task<IReadOnlyList<RecipientRow>> HeldAsync(Storm storm, CancellationToken cancel) =>
        HeldAsync(storm, int.MaxValue, cancel);

    private async Task<IReadOnlyList<RecipientRow>> HeldAsync(Storm storm, int most, CancellationToken cancel)
    {
        await _parts.Spool.Index.CaughtUpAsync(cancel);
        var held = new List<RecipientRow>();
        foreach (var rows in _parts.Spool.Index.FindAll(FilterOf(storm), Page))
        {
            cancel.ThrowIfCancellationRequested();
            held.AddRange(rows.Where(row => row.Last?.StartsWith(storm.Mark, StringComparison.Ordinal) == true));
            if (held.Count >= most)
                return held.GetRange(0, most);
        }

        return held;
    }

    /// <summary>How many recipients are held of a storm, as far as a moment is enough to count them.</summary>
    /// <param name="lane">Of those on one lane; null: of all.</param>
    public FoundCount CountOf(Storm storm, string? lane = null)
    {
        var filter = FilterOf(storm);
        if (lane is not null)
            filter = new Filter([.. filter.Terms, new Term(Field.Route, lane)]);
        return _parts.Spool.Index.FindAndCount(filter, null, 1, TimeSpan.FromSeconds(1)).Count;
    }

    /// <summary>Lets all of it go, at once; what else comes of it passes.</summary>
    /// <returns>How many recipients; null: there is no such storm.</returns>
    /// <exception cref="IOException">It could not be kept: nothing has changed.</exception>
    public async Task<int?> ReleaseAsync(int number, string who, CancellationToken cancel)
    {
        lock (_underWay)
            _underWay.Add(number);
        try
        {
            if (_brake.Change(number, one => one with
                {
                    Passes = true, Slowly = 0, Decision = $"released by {who}",
                }) is not { } storm)
                return null;
            var count = await DirectAsync(Happening.Released, await HeldAsync(storm, cancel),
                (who, $"{storm.Mark}released"), cancel);
            Decided(storm, who, string.Create(CultureInfo.InvariantCulture, $"{count} recipients released"));
            return count;
        }
        finally
        {
            lock (_underWay)
                _underWay.Remove(number);
        }
    }

    /// <summary>Lets it go so many recipients a minute, the oldest first, until nothing is held and it has
    /// passed.</summary>
    /// <returns>False: there is no such storm.</returns>
    /// <exception cref="IOException">It could not be kept: nothing has changed.</exception>
    public bool ReleaseSlowly(int number, int perMinute, string who)
    {
        var storm = _brake.Change(number, one => one with
        {
            Slowly = perMinute,
            Decision = string.Create(CultureInfo.InvariantCulture, $"released {perMinute} a minute by {who}"),
        });
        if (storm is not null)
            Decided(storm, who, string.Create(CultureInfo.InvariantCulture, $"released {perMinute} a minute"));
        return storm is not null;
    }

    /// <summary>Lets the newest of each recipient go, and cancels the others.</summary>
    /// <param name="held">What was shown to the person.</param>
    /// <returns>How many were let go, and how many cancelled.</returns>
    /// <remarks>Cancelled first: asked again after an end in between, it comes to the same.</remarks>
    public async Task<(int Released, int Cancelled)> ThinAsync(
        Storm storm, IReadOnlyList<RecipientRow> held, string who, CancellationToken cancel)
    {
        Stop(storm, $"thinned by {who}");
        var newest = NewestOf(held);
        var cancelled = await DirectAsync(Happening.Cancelled, [.. held.Except(newest)],
            (who, $"{storm.Mark}thinned to one of each recipient"), cancel);
        var released = await DirectAsync(Happening.Released, newest, (who, $"{storm.Mark}thinned"), cancel);
        Decided(storm, who, string.Create(CultureInfo.InvariantCulture,
            $"thinned: {released} recipients released, {cancelled} cancelled"));
        return (released, cancelled);
    }

    /// <summary>Cancels all of it.</summary>
    /// <param name="held">What was shown to the person.</param>
    public async Task<int> DiscardAsync(
        Storm storm, IReadOnlyList<RecipientRow> held, string who, CancellationToken cancel)
    {
        Stop(storm, $"discarded by {who}");
        var count = await DirectAsync(Happening.Cancelled, held, (who, $"{storm.Mark}discarded"), cancel);
        Decided(storm, who, string.Create(CultureInfo.InvariantCulture, $"{count} recipients discarded"));
        return count;
    }

    /// <summary>The newest of each recipient, of rows that come newest first.</summary>
    public static IReadOnlyList<RecipientRow> NewestOf(IReadOnlyList<RecipientRow> held) =>
        [.. held.DistinctBy(row => row.To, StringComparer.OrdinalIgnoreCase)];

    /// <summary>Does what is due: goes on with what was released and is held all the same, lets go what goes slowly,
    /// forgets what is over.</summary>
    /// <returns>When to come back; infinite: when something changes.</returns>
    internal async Task<TimeSpan> StepAsync(CancellationToken cancel)
    {
        var wait = Timeout.InfiniteTimeSpan;
        foreach (var storm in _brake.All)
        {
            if (storm.Passes && !IsUnderWay(storm.Number))
                await DirectAsync(Happening.Released, await HeldAsync(storm, cancel),
                    ("postroom", $"{storm.Mark}{storm.Decision}"), cancel);
            if (storm is { Passes: false, Slowly: > 0 })
            {
                var next = await LetGoAsync(storm, cancel);
                wait = wait < TimeSpan.Zero || next < wait ? next : wait;
            }
            else if (storm.Over is { } over)
            {
                await LookAtAsync(storm, over, cancel);
                wait = wait < TimeSpan.Zero || LookAgain < wait ? LookAgain : wait;
            }
        }

        return wait;
    }

    // What of a storm that passes is held was judged before its release and settled after it, or the end of the last
    // life came between the two.
    private bool IsUnderWay(int number)
    {
        lock (_underWay)
            return _underWay.Contains(number);
    }

    // What waits on a lane that stands still is held when its turn comes: also after a decision, and then there is
    // something to be decided once more.
    private async Task LookAtAsync(Storm storm, DateTimeOffset over, CancellationToken cancel)
    {
        if ((await HeldAsync(storm, 1, cancel)).Count > 0)
        {
            if (storm is { Passes: false, Decision: not null })
                _brake.Change(storm.Number, one => one with { Decision = null });
        }
        else if (over < _parts.Time.GetUtcNow() - Remembered)
            _brake.Forget(storm.Number);
        else if (storm.Decision is null)
            _brake.Change(storm.Number, one => one with { Decision = "nothing of it is held any more" });
    }

    private async Task<TimeSpan> LetGoAsync(Storm storm, CancellationToken cancel)
    {
        var now = _parts.Time.GetUtcNow();
        var each = TimeSpan.FromMinutes(1) / storm.Slowly;
        var (waiting, due) = _slow.GetValueOrDefault(storm.Number, (new Queue<Target>(), now));
        if (waiting.Count == 0)
        {
            waiting = new Queue<Target>((await HeldAsync(storm, cancel)).Reverse()
                .Select(row => new Target(row.Mail, row.Recipient)));
            if (waiting.Count == 0 && storm.Over is not null)
            {
                _slow.Remove(storm.Number);
                _brake.Change(storm.Number, one => one with { Slowly = 0 });
                return Timeout.InfiniteTimeSpan;
            }
        }

        // The machine slept, the clock was set, or nothing was held: nothing is made up for.
        if (due < now - LeastWait - each || due > now + each)
            due = now;
        var some = new List<Target>();
        for (; due <= now && waiting.TryDequeue(out var one); due += each)
            some.Add(one);
        if (some.Count > 0)
            await _parts.Spool.DirectAsync(
                new Directive(Happening.Released, some, "postroom", $"{storm.Mark}{storm.Decision}")
                {
                    Only = State.Held, // a person may have let it go by itself, and it may have failed since
                }, cancel);
        _slow[storm.Number] = (waiting, due);
        return due - now > LeastWait ? due - now : LeastWait;
    }

    private async Task<int> DirectAsync(Happening what, IReadOnlyList<RecipientRow> rows,
        (string Who, string Why) by, CancellationToken cancel)
    {
        var count = 0;
        foreach (var bite in rows.Chunk(Bite))
            count += await _parts.Spool.DirectAsync(new Directive(what,
                [.. bite.Select(row => new Target(row.Mail, row.Recipient))], by.Who, by.Why) { Only = State.Held },
                cancel);
        if (count > 0)
            await _parts.Spool.Index.CaughtUpAsync(cancel);
        return count;
    }

    private void Stop(Storm storm, string decision) =>
        _brake.Change(storm.Number, one => one with { Slowly = 0, Decision = decision });

    private void Decided(Storm storm, string who, string what)
    {
        StormLog.Decided(_parts.Log, storm.Number, what, who);
        _brake.Note(EventKind.StormDecided, who, storm.Mark + what);
    }

    /// <summary>A number that no mail which is held has on it: of the storms themselves nothing may be left.</summary>
    internal int NextNumber()
    {
        var most = 0;
        foreach (var row in _parts.Spool.Index.FindAll(FilterOf("storm"), Page).SelectMany(static rows => rows))
            if (row.Last is ['s', 't', 'o', 'r', 'm', ' ', .. var rest] && rest.IndexOf(':', StringComparison.Ordinal)
                is > 0 and var end && int.TryParse(rest.AsSpan(0, end), NumberStyles.None,
                    CultureInfo.InvariantCulture, out var number))
                most = Math.Max(most, number);
        return most + 1;
    }

    private static Filter FilterOf(Storm storm) =>
        FilterOf(string.Create(CultureInfo.InvariantCulture, $"storm {storm.Number}"));

    private static Filter FilterOf(string said) => new(
    [
        new Term(Field.State, "held") { States = [State.Held] },
        new Term(Field.Reply, said),
    ]);
}
