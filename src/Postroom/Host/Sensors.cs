using Microsoft.Extensions.Logging;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Suppression;
using Postroom.Relay.Telemetry;

namespace Postroom.Host;

/// <summary>Where the sensors look.</summary>
/// <param name="Spool">The store.</param>
/// <param name="Lanes">Every lane.</param>
/// <param name="Mode">The mode that holds now.</param>
/// <param name="Calendar">What will end.</param>
/// <param name="Meters">What was counted.</param>
internal sealed record SensorParts(
    EmbeddedSpool Spool, Func<IReadOnlyList<LaneStatus>> Lanes, Func<Mode> Mode,
    Func<IReadOnlyList<Expiry>> Calendar, MeterReader Meters)
{
    public required TimeProvider Time { get; init; }

    /// <summary>Who has fallen silent.</summary>
    public required Func<IReadOnlyList<Measured>> Silence { get; init; }

    /// <summary>Whether this is a copy, or a source is one.</summary>
    public required Clones Clones { get; init; }

    /// <summary>Which mail is held as a burst.</summary>
    public required Storms Storms { get; init; }

    /// <summary>Which canary is missing.</summary>
    public required Func<IReadOnlyList<Measured>> Canaries { get; init; }

    /// <summary>The first notice of each receiver that was tried in vain.</summary>
    public required Func<IReadOnlyList<Notice>> Late { get; init; }

    /// <summary>The addresses that no mail is sent to.</summary>
    public required Func<IReadOnlyList<SuppressedAddress>> Suppressions { get; init; }

    /// <summary>The floor of free space that is in use, in octets.</summary>
    public required long Floor { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>When a reload was refused, and why; null where one was taken since.</summary>
    public required Func<(DateTimeOffset At, string Why)?> Refused { get; init; }
}

/// <summary>Reads what alarms are about: for each measure a function, all of one moment.</summary>
internal sealed class Sensors
{
    private const string NoRoute = "no route";
    private const int FewestJudged = 20; // recipients, before a part of them says anything
    private const int MostEvents = 500;

    private static readonly string[] OurReasons =
    [
        RefusalReasons.DiskFull, RefusalReasons.IndexBehind, RefusalReasons.TooSlow, RefusalReasons.StoreFailed,
        RefusalReasons.NoMemory,
    ];

    private static readonly Dictionary<Measure, Func<Sensors, Alarm, IReadOnlyList<Measured>>> Readers = new()
    {
        [Measures.PausedAccount] = static (all, _) => all.Paused(isAccount: true),
        [Measures.Paused] = static (all, _) => all.Paused(isAccount: false),
        [Measures.OldestWaiting] = static (all, _) => [.. all._parts.Spool.Gauges.Oldest(untried: true)
            .Select(lane => new Measured(Route(lane.Lane), lane.AcceptedAt is { } at ? all.Since(at) : 0))],
        [Measures.Waiting] = static (all, _) => all.InState(State.Waiting),
        [Measures.Held] = static (all, _) =>
            all._parts.Mode() == Mode.Live ? all.InState(State.Held, all._parts.Storms.HeldOn) : [],
        [Measures.Failing] = static (all, _) => all.Failing(),
        [Measures.InDoubt] = static (all, _) => all.Grown(QueueInstruments.Attempts, all._hour, "in_doubt"),
        [Measures.Damaged] = static (all, _) =>
            [new Measured("", all.Grown(QueueInstruments.Attempts, all._day, "damaged").Sum(one => one.Value))
            {
                IsAtLeast = all.Now < all._day.Span,
            }],
        [Measures.Parked] = static (all, _) => all.Grown(QueueInstruments.Parked, all._day),
        [Measures.Suppressed] = static (all, _) => [new Measured("", all._parts.Suppressions().Count(one =>
            one.Who is null && all.Since(one.Since) < 86_400))],
        [Measures.Refused] = static (all, _) => all.RefusedNear(),
        [Measures.LoginsRefused] = static (all, _) =>
            all.Grown(SubmissionInstruments.Logins, all._tenMinutes, "refused"),
        [Measures.Silence] = static (all, _) => all._parts.Silence(),
        [Measures.CanaryMissing] = static (all, _) => all._parts.Canaries(),
        [Measures.ExpiresIn] = static (all, _) => [.. all._parts.Calendar().Select(expiry => new Measured(expiry.What,
            -all.Since(new DateTimeOffset(expiry.Day.ToDateTime(default), TimeSpan.Zero))) { Cure = expiry.Cure })],
        [Measures.DiskFree] = static (all, _) => all.Disk(),
        [Measures.IndexBehind] = static (all, _) => [new Measured("", all._parts.Spool.Index.Behind)],
        [Measures.ClockJump] = static (all, _) =>
            [new Measured("", all.Jump()) { IsAtLeast = all.Now < TimeSpan.FromHours(1) }],
        [Measures.Restarts] = static (all, _) => [new Measured("", all.Starts())],
        [Measures.ConfigurationRefused] = static (all, _) => all._parts.Refused() is var (at, why)
            ? [new Measured("", Math.Max(1, all.Since(at))) { Detail = why }] : [new Measured("", 0)],
        [Measures.NoticesWaiting] = static (all, _) => [.. all._parts.Late().Select(notice =>
            new Measured(notice.Receiver, all.Since(notice.At)) { Detail = notice.Last })],
        [Measures.ForeignMachine] = static (all, _) => all._parts.Clones.Foreign,
        [Measures.SourceElsewhere] = static (all, _) => all._parts.Clones.Elsewhere,
        [Measures.Storm] = static (all, _) => all._parts.Storms.Look(),
        [Measures.Mails] = static (all, alarm) => all.Found(alarm),
    };

    /// <summary>What there is a sensor for.</summary>
    public static IReadOnlyCollection<Measure> Known => Readers.Keys;

    private readonly SensorParts _parts;
    private readonly CounterWindow _hour = new(TimeSpan.FromHours(1));
    private readonly CounterWindow _day = new(TimeSpan.FromDays(1));
    private readonly CounterWindow _tenMinutes = new(TimeSpan.FromMinutes(10));
    private readonly List<(long At, double Seconds)> _jumps = [];
    private readonly long _begin;
    private IReadOnlyList<DateTimeOffset>? _starts;
    private Dictionary<string, Family> _families = [];

    public Sensors(SensorParts parts)
    {
        (_parts, _begin) = (parts, parts.Time.GetTimestamp());
        parts.Spool.Index.Watch(Told);
    }

    /// <summary>Begins a look.</summary>
    public Func<Alarm, IReadOnlyList<Measured>?> Look()
    {
        _families = _parts.Meters.Read().ToDictionary(family => family.Declared.Name, StringComparer.Ordinal);
        return alarm =>
        {
            try
            {
                return Readers[alarm.Measure](this, alarm);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A store that closes, or has failed, is told by other means; no measure takes the others with it.
                if (e is not (IOException or LedgerCorruptException or ObjectDisposedException))
                    HostLog.NotMeasured(_parts.Log, alarm.Name, e.Message);
                return null;
            }
        };
    }

    private List<Measured> Paused(bool isAccount) =>
        [.. _parts.Lanes().Where(lane => lane.IsPaused && (lane.Cause?.Fault == Fault.Account) == isAccount)
            .Select(lane => new Measured(Route(lane.Lane), Math.Max(1, lane.PausedSince is { } at ? Since(at) : 0))
            {
                Detail = lane.Cause is { } cause ? $"{cause.Diagnostic}{Of(cause)}" : null,
                Cure = Explanation.Of(lane.Cause)?.Cure,
            })];

    private List<Measured> InState(State state, Func<string, long>? but = null) =>
        [.. _parts.Spool.Gauges.Counts().Where(one => one.State == state)
            .Select(one => new Measured(Route(one.Lane), Math.Max(0, one.Count - (but?.Invoke(one.Lane) ?? 0))))];

    private List<Measured> Failing()
    {
        var (good, bad) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var sample in Samples(QueueInstruments.Verdicts))
        {
            var (route, verdict) = (sample.Labels[0], sample.Labels[1]);
            var grown = _hour.Grown($"verdict {route} {verdict}", Now, sample.Value);
            if (verdict is "refused" or "expired")
                bad[route] = bad.GetValueOrDefault(route) + grown;
            else if (verdict == "accepted")
                good[route] = grown;
        }

        return [.. bad.Select(one => (Route: one.Key, Bad: one.Value, All: one.Value + good.GetValueOrDefault(one.Key)))
            .Select(one => new Measured(Route(one.Route), one.All < FewestJudged ? 0 : one.Bad / one.All)
            {
                Detail = one.All < FewestJudged || one.Bad == 0 ? null : LastFailure(one.Route),
                IsAtLeast = Now < _hour.Span,
            })];
    }

    // The newest of them, so that whoever is told needs not look it up.
    private string? LastFailure(string route) =>
        _parts.Spool.Index.Find(new Filter([new Term(Field.Route, route),
                new Term(Field.State, "failed,expired") { States = [State.Failed, State.Expired] }]), null, 1)
            .Rows is [{ Last: { } last } row] ? $"{row.To}: {last}" : null;

    private List<Measured> RefusedNear()
    {
        var (count, words) = (new Dictionary<string, double>(), new Dictionary<string, string>());
        foreach (var (family, reasons) in new[]
            {
                (SubmissionInstruments.MailsRefused, OurReasons), (SubmissionInstruments.Connections, ["turned_away"]),
            })
            foreach (var sample in Samples(family).Where(one => reasons.Contains(one.Labels[1])))
            {
                var (listener, reason) = (sample.Labels[0], sample.Labels[1]);
                var grown = _tenMinutes.Grown($"refused {listener} {reason}", Now, sample.Value);
                count[listener] = count.GetValueOrDefault(listener) + grown;
                if (grown > 0)
                    words[listener] = reason.Replace('_', ' ');
            }

        return [.. count.Select(one => new Measured(one.Key, one.Value)
        {
            Detail = words.GetValueOrDefault(one.Key), IsAtLeast = Now < _tenMinutes.Span,
        })];
    }

    private Measured[] Disk()
    {
        var (free, floor) = (_parts.Spool.Gauges.FreeSpace, _parts.Floor);
        var times = floor <= 0 ? double.MaxValue : (double)free / floor;
        return [new Measured("", _parts.Spool.HasRoom ? times : Math.Min(times, 0.99)) // it opens with room to spare
        {
            Detail = FormattableString.Invariant(
                $"{free / 1e9:0.0} GB are free, the floor is at {floor / 1e9:0.0} GB."),
        }];
    }

    // A filter with an age means another moment each time.
    private Measured[] Found(Alarm alarm) =>
        FilterParser.TryParse(alarm.Filter ?? "", _parts.Time.GetUtcNow(), out var filter, out _)
            && _parts.Spool.Index.FindAndCount(filter, null, 1, TimeSpan.FromSeconds(1)).Count is var found
            ? [new Measured("", found.Total) { IsAtLeast = !found.IsWhole }]
            : [];

    /// <param name="value">Of the second label; null where there is only one.</param>
    private List<Measured> Grown(Declaration declared, CounterWindow window, string? value = null) =>
        [.. Samples(declared).Where(sample => value is null || sample.Labels[1] == value)
            .Select(sample => new Measured(Route(sample.Labels[0]),
                window.Grown($"{declared.Name} {sample.Labels[0]} {value}", Now, sample.Value))
            {
                IsAtLeast = Now < window.Span, // what was before the start may be of it
            })];

    private double Jump()
    {
        lock (_jumps)
        {
            _jumps.RemoveAll(jump => _parts.Time.GetElapsedTime(jump.At) > TimeSpan.FromHours(1));
            return _jumps.Count == 0 ? 0 : _jumps.Max(jump => jump.Seconds);
        }
    }

    private double Starts()
    {
        _starts ??= [.. _parts.Spool.Index.RelayEvents(MostEvents).Where(one => one.Kind == EventKind.Started)
            .Select(one => one.At)];
        return _starts.Count(at => Since(at) is >= 0 and < 3_600);
    }

    private void Told(IReadOnlyList<TrailEvent> events)
    {
        foreach (var happened in events)
            if (happened is { Kind: EventKind.ClockJumped, NextDue: { } from })
                lock (_jumps)
                    _jumps.Add((_parts.Time.GetTimestamp(), Math.Abs((happened.At - from).TotalSeconds)));
    }

    private IReadOnlyList<Sample> Samples(Declaration declared) =>
        _families.TryGetValue(declared.Name, out var family) ? family.Samples : [];

    private TimeSpan Now => _parts.Time.GetElapsedTime(_begin);

    private double Since(DateTimeOffset at) => (_parts.Time.GetUtcNow() - at).TotalSeconds;

    private static string Route(string lane) => lane.Length > 0 ? lane : NoRoute;

    private static string Of(Failure cause) => cause.RemoteMta is { Length: > 0 } remote
        && !cause.Diagnostic.Contains(remote, StringComparison.OrdinalIgnoreCase) ? $" ({remote})" : "";
}
