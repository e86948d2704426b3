namespace Postroom.Relay.Telemetry;

/// <summary>Journal, index and disk.</summary>
public static class StoreInstruments
{
    public static readonly Declaration SyncDuration = new("postroom.journal.sync.duration", InstrumentKind.Histogram,
        "s", "How long the disk took to bring the journal onto stable storage. Its count is the number of commits.")
    {
        Buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        Alerts = [new("PostroomDiskSlow", "one commit in a hundred took longer than a second, for 10 minutes")],
    };

    public static readonly Declaration GroupSize = new("postroom.journal.group.size", InstrumentKind.Histogram,
        "{append}", "How much was made durable by one commit: mails, leases, settlements together.")
    {
        Buckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
        NoAlert = "For the dashboard: large groups mean that many share one sync, which is how it is meant.",
    };

    public static readonly Declaration Written = new("postroom.journal.written", InstrumentKind.Counter, "By",
        "Octets written to the journal.")
    {
        NoAlert = "For the dashboard, and to see what a disk will have to take.",
    };

    public static readonly Declaration Segments = new("postroom.journal.segments", InstrumentKind.Gauge,
        "{segment}", "Segments of the journal that still hold bodies of mail.")
    {
        NoAlert = "Room on the disk has the alert. What keeps segments is mail that waits, and captured mail.",
    };

    public static readonly Declaration SegmentOctets = new("postroom.journal.segments.size", InstrumentKind.Gauge,
        "By", "What they take on the disk, without what was given back.")
    {
        NoAlert = "Room on the disk has the alert.",
    };

    public static readonly Declaration IndexBehind = new("postroom.index.behind.records", InstrumentKind.Gauge,
        "{record}", "Durable records that the index has not taken yet: lists and searches lag by so much. Intake slows "
            + "down beyond `index_lag` (100,000 by default).")
    {
        Alerts = [new("PostroomIndexBehind", "more than 10,000 for 10 minutes")],
    };

    public static readonly Declaration DiskFree = new("postroom.disk.free", InstrumentKind.Gauge, "By",
        "Free space where the data folder is.")
    {
        Alerts = [new("PostroomDiskFills", "at the pace of the last six hours the floor is reached within four")],
    };

    public static readonly Declaration DiskFloor = new("postroom.disk.floor", InstrumentKind.Gauge, "By",
        "With less free space than this no mail is accepted (`free_space_floor`).")
    {
        Alerts = [new("PostroomDiskAtFloor", "less than the floor is free: applications are told 452")],
    };

    public static IReadOnlyList<Declaration> All { get; } =
        [SyncDuration, GroupSize, Written, Segments, SegmentOctets, IndexBehind, DiskFree, DiskFloor];
}
