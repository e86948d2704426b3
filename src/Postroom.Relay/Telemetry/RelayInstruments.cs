namespace Postroom.Relay.Telemetry;

/// <summary>The relay itself: what it runs as, what will end, and what the process takes.</summary>
public static class RelayInstruments
{
    /// <summary>The runtime's own meter: what it measures is not measured twice.</summary>
    public const string RuntimeMeter = "System.Runtime";

    public static readonly Declaration Build = new("postroom.build.info", InstrumentKind.Gauge, "{relay}",
        "Always 1; says which version runs.")
    {
        Labels = [new("version", "of Postroom")],
        Alerts = [new("PostroomGone", "no relay answers Prometheus for 5 minutes, or none was ever seen")],
    };

    public static readonly Declaration Mode = new("postroom.mode", InstrumentKind.Gauge, "{mode}",
        "1 for the mode that holds, by the configuration or a person's word for all mail; 0 for the others.")
    {
        Labels = [new("mode", "what becomes of mail that no rule is about", "live", "capture", "hold",
            "redirect", "discard")],
        Alerts = [new("PostroomNotLive", "the mode is not `live` for an hour; delete the rule where that is meant")],
    };

    public static readonly Declaration Expiry = new("postroom.expiry.timestamp", InstrumentKind.Gauge, "s",
        "When something ends that a route needs, in seconds of UNIX time: the beginning of its last day. The same as "
            + "`postroom calendar`.")
    {
        Labels = [new("what", "the calendar's words: a secret, a consent, a certificate and its name")],
        Alerts = [new("PostroomExpiresSoon", "in less than 14 days"), new("PostroomExpired", "today or before")],
    };

    public static readonly Declaration Foreign = new("postroom.foreign_machine", InstrumentKind.Gauge, "{relay}",
        "1 while the installation is live on another machine: nothing is sent.")
    {
        Alerts = [new("PostroomIsACopy", "it is 1")],
    };

    public static readonly Declaration Elsewhere = new("postroom.sources_elsewhere", InstrumentKind.Gauge, "{source}",
        "Application instances that arrive from elsewhere than from home: their mail is captured.")
    {
        Alerts = [new("PostroomSourceIsACopy", "there is one")],
    };

    public static readonly Declaration Storms = new("postroom.storms", InstrumentKind.Gauge, "{storm}",
        "Storms that blow, or of which mail is held until a person decides; see [storms.md](../storms.md).")
    {
        Alerts = [new("PostroomHoldsAStorm", "there is one")],
    };

    public static readonly Declaration Trouble = new("postroom.trouble.made", InstrumentKind.Counter, "{failure}",
        "Failures that were made on purpose.")
    {
        Labels = [new("stage", "where they met mail", "connect", "hello", "login", "mail", "rcpt", "data", "delivery")],
        Alerts = [new("PostroomMakesTrouble", "any was made during 10 minutes")],
    };

    public static readonly Declaration Reloads = new("postroom.reloads", InstrumentKind.Counter, "{reload}",
        "Times that the configuration was read again.")
    {
        Labels = [new("result", "`refused`: it is wrong, and what ran before still runs", "taken", "refused")],
        Alerts = [new("PostroomConfigurationRefused", "one was refused during 10 minutes")],
    };

    public static readonly Declaration Exports = new("postroom.telemetry.exports", InstrumentKind.Counter,
        "{export}", "Batches that were sent to the OTLP endpoint of `[telemetry]`.")
    {
        Labels = [new("signal", "what was sent", "metrics", "traces"),
            new("result", "whether it was taken", "taken", "failed")],
        Alerts = [new("PostroomTelemetryLost", "more failed than were taken during 30 minutes")],
    };

    public static readonly Declaration Started = new("process.start_time", InstrumentKind.Gauge, "s",
        "When the process started, in seconds of UNIX time.")
    {
        Alerts = [new("PostroomRestarts", "it started more than three times in an hour")],
    };

    public static readonly Declaration Descriptors = new("process.open_fds", InstrumentKind.Gauge, "{file}",
        "File descriptors that are open.")
    {
        Alerts = [new("PostroomDescriptorsRunOut", "more than four in five of those allowed, for 5 minutes")],
    };

    public static readonly Declaration MostDescriptors = new("process.max_fds", InstrumentKind.Gauge, "{file}",
        "File descriptors that the process may open.")
    {
        NoAlert = "`process_open_fds` has the alert.",
    };

    public static readonly Declaration Processor = new("dotnet.process.cpu.time", InstrumentKind.Counter, "s",
        "Processor time of the process.")
    {
        Meter = RuntimeMeter,
        Labels = [new("cpu.mode", "where it was spent", "user", "system")],
        NoAlert = "For the dashboard; a relay that idles takes none.",
    };

    public static readonly Declaration Memory = new("dotnet.process.memory.working_set", InstrumentKind.Gauge, "By",
        "Memory of the process that is in RAM.")
    {
        Meter = RuntimeMeter,
        NoAlert = "The heap is limited to 512 MiB; a session that finds none left is ended alone, and "
            + "`postroom_mails_refused_total` counts it.",
    };

    public static readonly Declaration Collections = new("dotnet.gc.collections", InstrumentKind.Counter,
        "{collection}", "Garbage collections.")
    {
        Meter = RuntimeMeter,
        Labels = [new("gc.heap.generation", "how deep it went", "gen0", "gen1", "gen2")],
        NoAlert = "For the dashboard.",
    };

    public static readonly Declaration CollectionPause = new("dotnet.gc.pause.time", InstrumentKind.Counter, "s",
        "Time in which garbage collection stopped everything.")
    {
        Meter = RuntimeMeter,
        NoAlert = "For the dashboard.",
    };

    public static readonly Declaration Heap = new("dotnet.gc.last_collection.memory.committed_size",
        InstrumentKind.Gauge, "By", "Memory of the managed heap after the last collection.")
    {
        Meter = RuntimeMeter,
        NoAlert = "For the dashboard.",
    };

    public static readonly Declaration Threads = new("dotnet.thread_pool.thread.count", InstrumentKind.Gauge,
        "{thread}", "Threads of the pool.")
    {
        Family = "dotnet_thread_pool_threads", // a gauge must not end in _count
        Meter = RuntimeMeter,
        NoAlert = "For the dashboard.",
    };

    public static readonly Declaration ThreadQueue = new("dotnet.thread_pool.queue.length", InstrumentKind.Gauge,
        "{work_item}", "Work that waits for a thread of the pool.")
    {
        Meter = RuntimeMeter,
        NoAlert = "For the dashboard: more than a few for long means that the processor is the bottleneck.",
    };

    public static IReadOnlyList<Declaration> All { get; } =
    [
        Build, Mode, Foreign, Elsewhere, Storms, Expiry, Trouble, Reloads, Exports, Started, Descriptors,
        MostDescriptors,
        Processor, Memory, Collections, CollectionPause, Heap, Threads, ThreadQueue,
    ];
}
