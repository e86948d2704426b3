using System.Diagnostics;
using System.Diagnostics.Metrics;
using Postroom.Api;
using Postroom.Configuration;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Spool.Embedded.Aside;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Telemetry;

namespace Postroom.Host;

/// <summary>What is measured when somebody looks: how the house stands at that moment.</summary>
/// <param name="Spool">The store.</param>
/// <param name="Lanes">Every lane.</param>
/// <param name="Configuration">What holds now.</param>
/// <param name="Calendar">What will end.</param>
internal sealed record Gauges(
    EmbeddedSpool Spool, Func<IReadOnlyList<LaneStatus>> Lanes, Func<RelayConfiguration> Configuration,
    Func<IReadOnlyList<Expiry>> Calendar, TimeProvider Time)
{
    private static readonly Mode[] Modes = Enum.GetValues<Mode>();
    private static readonly Fault[] Faults = Enum.GetValues<Fault>();

    /// <summary>The mode that holds now.</summary>
    public required Func<Mode> Mode { get; init; }

    /// <summary>Declares them at a relay's meter, once in its life.</summary>
    public void Register(RelayMeters meters)
    {
        var store = Spool.Gauges;
        Observe(meters, QueueInstruments.Recipients, () => store.Counts().Select(count => Of(count.Count,
            ("lane", count.Lane), ("state", AnswerOf.Name(count.State)))));
        Observe(meters, QueueInstruments.OldestWaiting, () => store.Oldest().Select(lane => Of(
            lane.AcceptedAt is { } at ? Math.Max(0, (Time.GetUtcNow() - at).TotalSeconds) : 0, ("lane", lane.Lane))));
        Observe(meters, QueueInstruments.InFlight,
            () => Lanes().Select(lane => Of(lane.InFlight, ("lane", lane.Lane))));
        Observe(meters, QueueInstruments.Paused, () => Lanes().SelectMany(Paused));
        Observe(meters, QueueInstruments.PausedSince, () => Lanes().Where(lane => lane.PausedSince is not null)
            .Select(lane => Of(Seconds(lane.PausedSince!.Value), ("lane", lane.Lane))));
        Observe(meters, StoreInstruments.Segments, () => [Of(store.Segments.Count)]);
        Observe(meters, StoreInstruments.SegmentOctets, () => [Of(store.Segments.Octets)]);
        Observe(meters, StoreInstruments.IndexBehind, () => [Of(store.IndexBehind)]);
        Observe(meters, StoreInstruments.DiskFree, () => [Of(store.FreeSpace)]);
        Observe(meters, StoreInstruments.DiskFloor, () => [Of(Configuration().Spool.FreeSpaceFloor)]);
        Observe(meters, RelayInstruments.Build, () => [Of(1, ("version", House.Version))]);
        Observe(meters, RelayInstruments.Mode, () => Modes.Select(mode => Of(Mode() == mode ? 1 : 0,
            ("mode", AnswerOf.Name(mode)))));
        Observe(meters, RelayInstruments.Expiry, () => Calendar().Select(expiry => Of(
            Seconds(new DateTimeOffset(expiry.Day.ToDateTime(default), TimeSpan.Zero)), ("what", expiry.What))));
        Observe(meters, RelayInstruments.Started, () => [Of(Seconds(Process.GetCurrentProcess().StartTime))]);
        if (OperatingSystem.IsLinux())
            Observe(meters, RelayInstruments.Descriptors,
                () => [Of(Directory.EnumerateFileSystemEntries("/proc/self/fd").Count())]);
        Observe(meters, RelayInstruments.MostDescriptors, () => [Of(SpoolGauges.MostDescriptors)]);
    }

    // A series for each fault: one that goes is told as 0, and no rule has to guess what its absence means.
    private static IEnumerable<Measurement<double>> Paused(LaneStatus lane)
    {
        yield return Of(0, ("lane", lane.Lane), ("fault", "none"));
        foreach (var fault in Faults)
            if (fault is Fault.Account or Fault.NextHop or Fault.Ourselves)
                yield return Of(lane.IsPaused && lane.Cause?.Fault == fault ? 1 : 0,
                    ("lane", lane.Lane), ("fault", Words.Of(fault)));
    }

    // A store that closes, or has failed, is told by other means; what else there is to tell is told.
    private static void Observe(
        RelayMeters meters, Declaration declared, Func<IEnumerable<Measurement<double>>> values) =>
        meters.Observe(declared, IEnumerable<Measurement<double>> () =>
        {
            try
            {
                return [.. values()];
            }
            catch (Exception e) when (e is IOException or LedgerCorruptException or ObjectDisposedException
                or InvalidOperationException or UnauthorizedAccessException)
            {
                return [];
            }
        });

    private static Measurement<double> Of(double value, params (string Name, string Value)[] labels) => new(value,
        labels.Select(label => new KeyValuePair<string, object?>(label.Name, label.Value)));

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
