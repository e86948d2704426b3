using System.Diagnostics.Metrics;

namespace Postroom.Relay.Telemetry;

/// <summary>Alarms, who is told of them, and canaries.</summary>
public static class PostmasterInstruments
{
    public static readonly Declaration Alarms = new("postroom.alarms.raised", InstrumentKind.Gauge, "{alarm}",
        "Alarms of the relay's own that are raised now; see [alarms.md](../alarms.md).")
    {
        Labels = [new("alarm", "its name"), new("severity", "how much it matters", "warning", "critical")],
        NoAlert = "The relay tells them itself, to `[[receiver]]`; the rules here are about the same things.",
    };

    public static readonly Declaration Notices = new("postroom.notices", InstrumentKind.Counter, "{try}",
        "Tries to tell a receiver of an alarm.")
    {
        Labels = [new("receiver", "a [[receiver]]"), new("result", "whether it took it", "told", "failed")],
        Alerts = [new("PostroomNoticesFail", "some failed and none was told during 30 minutes")],
    };

    public static readonly Declaration CanaryMissing = new("postroom.canary.missing.age", InstrumentKind.Gauge, "s",
        "How long ago the oldest canary was sent that has not arrived, where none after it has; 0 if none is missing.")
    {
        Labels = [new("canary", "a [[canary]]")],
        Alerts = [new("PostroomCanaryLost", "one is missing for more than 15 minutes")],
    };

    public static readonly Declaration CanaryTrip = new("postroom.canary.trip", InstrumentKind.Histogram, "s",
        "How long canaries were under way, until they were found in their mailbox, or were accepted where none is "
            + "named.")
    {
        Labels = [new("canary", "a [[canary]]")],
        Buckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600],
        NoAlert = "`postroom_canary_missing_age_seconds` has the alert; this shows a provider that grows slow.",
    };

    public static IReadOnlyList<Declaration> All { get; } = [Alarms, Notices, CanaryMissing, CanaryTrip];
}

/// <summary>What the postmaster counts.</summary>
public sealed class PostmasterMeters
{
    private readonly Counter<long> _notices;
    private readonly Histogram<double> _trip;

    internal PostmasterMeters(Meter meter)
    {
        _notices = RelayMeters.CounterOf(meter, PostmasterInstruments.Notices);
        _trip = RelayMeters.HistogramOf(meter, PostmasterInstruments.CanaryTrip);
    }

    /// <summary>There is a receiver; see <see cref="SubmissionMeters.Begins"/>.</summary>
    public void Begins(string receiver)
    {
        _notices.Add(0, RelayMeters.Label("receiver", receiver), RelayMeters.Label("result", "told"));
        _notices.Add(0, RelayMeters.Label("receiver", receiver), RelayMeters.Label("result", "failed"));
    }

    public void Told(string receiver, bool isTold) => _notices.Add(1, RelayMeters.Label("receiver", receiver),
        RelayMeters.Label("result", isTold ? "told" : "failed"));

    public void Arrived(string canary, TimeSpan after) =>
        _trip.Record(Math.Max(0, after.TotalSeconds), RelayMeters.Label("canary", canary));
}
