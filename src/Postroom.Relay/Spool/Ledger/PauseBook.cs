using Postroom.Mail.Audit;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>When mail did not age: a lane was paused, or the relay was not running (promise 4).</summary>
internal sealed class PauseBook(Database database) : IDisposable
{
    private readonly Statement _open =
        database.Prepare("INSERT INTO pause(lane, since, until) VALUES(?1, ?2, ?3)");

    private readonly Statement _close =
        database.Prepare("UPDATE pause SET until = ?2 WHERE until IS NULL AND (?1 IS NULL OR lane IS ?1)");

    // The clock was put back: what it said of later times is not true, or mail would not age until they come.
    private readonly Statement _forgetAfter = database.Prepare(
        "UPDATE pause SET since = min(since, ?1), until = min(until, ?1) WHERE since > ?1 OR until > ?1");

    private readonly Statement _isOpen = database.Prepare("SELECT 1 FROM pause WHERE lane IS ?1 AND until IS NULL");

    private readonly Statement _forget = database.Prepare(
        """
        DELETE FROM pause WHERE until < (SELECT min(accepted_at) FROM mail WHERE id IN (
            (SELECT min(mail) FROM recipient INDEXED BY recipient_standing WHERE state = 1 AND state <> 4),
            (SELECT min(mail) FROM recipient INDEXED BY recipient_standing WHERE state = 2 AND state <> 4),
            (SELECT min(mail) FROM recipient INDEXED BY recipient_standing WHERE state = 3 AND state <> 4)))
        """);

    private readonly Statement _ofLane = database.Prepare(
        "SELECT since, until FROM pause WHERE lane = ?1 OR lane IS NULL ORDER BY since, id");

    /// <summary>Drops what ended before the oldest open mail came: it makes nothing younger.</summary>
    public void ForgetWhatAgesNothing() => _forget.Run();

    /// <param name="lastSign">The newest instant before it that the journal tells: a crash came after.</param>
    public void Note(TrailEvent happened, DateTimeOffset? lastSign)
    {
        switch (happened.Kind)
        {
            case EventKind.LanePaused when happened.Lane is { } lane && !IsOpen(lane):
                Open(lane, happened.At, null);
                break;
            case EventKind.LaneResumed when happened.Lane is { } lane:
                Close(lane, happened.At);
                break;
            case EventKind.Stopped when !IsOpen(null):
                Open(null, happened.At, null);
                break;
            case EventKind.Started:
                Start(happened.At, lastSign);
                break;
            case EventKind.ClockJumped when happened.NextDue is { } from && from < happened.At:
                Open(null, from, happened.At);
                break;
            case EventKind.ClockJumped:
                ForgetAfter(happened.At);
                break;
        }
    }

    /// <summary>Those of a lane and those of the whole relay; what overlaps becomes one.</summary>
    public IReadOnlyList<LanePause> Of(string lane)
    {
        var merged = new List<LanePause>();
        _ofLane.Bind(1, lane);
        while (_ofLane.Step())
        {
            var since = At(_ofLane.Long(0));
            DateTimeOffset? until = _ofLane.IsNull(1) ? null : At(_ofLane.Long(1));
            if (merged.Count > 0 && merged[^1] is var last && (last.Until is null || last.Until >= since))
                merged[^1] = last with { Until = Later(last.Until, until) };
            else
                merged.Add(new LanePause(since, until));
        }

        return merged;
    }

    public void Dispose()
    {
        _open.Dispose();
        _close.Dispose();
        _isOpen.Dispose();
        _ofLane.Dispose();
        _forget.Dispose();
        _forgetAfter.Dispose();
    }

    /// <summary>No lane stays paused over a start: the queue finds out anew which next hops are away.</summary>
    private void Start(DateTimeOffset at, DateTimeOffset? lastSign)
    {
        if (!IsOpen(null) && lastSign is { } crashed && crashed < at)
            Open(null, crashed, at);
        Close(null, at);
        ForgetAfter(at);
    }

    private void ForgetAfter(DateTimeOffset at) => _forgetAfter.Bind(1, at.UtcTicks).Run();

    private void Open(string? lane, DateTimeOffset since, DateTimeOffset? until) =>
        _open.Bind(1, lane).Bind(2, since.UtcTicks).Bind(3, until?.UtcTicks).Run();

    private void Close(string? lane, DateTimeOffset at) => _close.Bind(1, lane).Bind(2, at.UtcTicks).Run();

    private bool IsOpen(string? lane)
    {
        var isOpen = _isOpen.Bind(1, lane).Step();
        _isOpen.Reset();
        return isOpen;
    }

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) =>
        a is null || b is null ? null : a > b ? a : b;

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}
