using System.Diagnostics.Metrics;

namespace Postroom.Relay.Telemetry;

/// <summary>The instruments of one relay, as code holds them. To measure costs nothing where nobody reads.</summary>
/// <remarks>
/// No measurement allocates or takes a lock: labels are texts that are there already, at most three of them, and
/// <see cref="MeterReader"/> counts with interlocked additions.
/// </remarks>
public sealed class RelayMeters : IDisposable
{
    public RelayMeters()
    {
        Meter = new Meter(Instruments.MeterName);
        Submission = new SubmissionMeters(Meter);
        Queue = new QueueMeters(Meter);
        Journal = new JournalMeters(Meter);
        Postmaster = new PostmasterMeters(Meter);
        _reloads = CounterOf(Meter, RelayInstruments.Reloads);
        _exports = CounterOf(Meter, RelayInstruments.Exports);
        _trouble = CounterOf(Meter, RelayInstruments.Trouble);
    }

    /// <summary>Somebody listens from now on; see <see cref="SubmissionMeters.Begins"/>.</summary>
    public void Begins()
    {
        _reloads.Add(0, Label("result", "taken"));
        _reloads.Add(0, Label("result", "refused"));
    }

    private readonly Counter<long> _reloads;
    private readonly Counter<long> _exports;
    private readonly Counter<long> _trouble;

    /// <summary>Of a relay that nobody watches: what is counted is heard by no one.</summary>
    public static RelayMeters Unwatched { get; } = new();

    public Meter Meter { get; }

    public SubmissionMeters Submission { get; }

    public QueueMeters Queue { get; }

    public JournalMeters Journal { get; }

    public PostmasterMeters Postmaster { get; }

    public RelayTraces Traces { get; } = new();

    public void Reloaded(bool isTaken) => _reloads.Add(1, Label("result", isTaken ? "taken" : "refused"));

    /// <param name="stage">Where it met mail.</param>
    public void TroubleMade(string stage) => _trouble.Add(1, Label("stage", stage));

    /// <summary>Something is to be sent; see <see cref="SubmissionMeters.Begins"/>.</summary>
    public void ExportBegins(string signal)
    {
        _exports.Add(0, Label("signal", signal), Label("result", "taken"));
        _exports.Add(0, Label("signal", signal), Label("result", "failed"));
    }

    /// <param name="signal"><c>metrics</c> or <c>traces</c>.</param>
    public void Exported(string signal, bool isTaken) =>
        _exports.Add(1, Label("signal", signal), Label("result", isTaken ? "taken" : "failed"));

    /// <summary>What is looked at only when somebody looks.</summary>
    public void Observe<T>(Declaration declared, Func<IEnumerable<Measurement<T>>> values) where T : struct =>
        Meter.CreateObservableGauge(declared.Name, values, declared.Unit, declared.Manual);

    public void Dispose()
    {
        Meter.Dispose();
        Traces.Dispose();
    }

    internal static Counter<long> CounterOf(Meter meter, Declaration declared) =>
        meter.CreateCounter<long>(declared.Name, declared.Unit, declared.Manual);

    internal static Histogram<double> HistogramOf(Meter meter, Declaration declared) =>
        meter.CreateHistogram(declared.Name, declared.Unit, declared.Manual, tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = declared.Buckets });

    internal static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}

/// <summary>What comes in.</summary>
public sealed class SubmissionMeters
{
    private readonly Counter<long> _connections;
    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _logins;
    private readonly Counter<long> _commandsRefused;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _recipients;
    private readonly Histogram<double> _size;
    private readonly Counter<long> _refused;
    private readonly Histogram<double> _duration;

    internal SubmissionMeters(Meter meter)
    {
        _connections = RelayMeters.CounterOf(meter, SubmissionInstruments.Connections);
        var open = SubmissionInstruments.OpenConnections;
        _open = meter.CreateUpDownCounter<long>(open.Name, open.Unit, open.Manual);
        _ended = RelayMeters.CounterOf(meter, SubmissionInstruments.SessionsEnded);
        _logins = RelayMeters.CounterOf(meter, SubmissionInstruments.Logins);
        _commandsRefused = RelayMeters.CounterOf(meter, SubmissionInstruments.CommandsRefused);
        _accepted = RelayMeters.CounterOf(meter, SubmissionInstruments.MailsAccepted);
        _duplicates = RelayMeters.CounterOf(meter, SubmissionInstruments.Duplicates);
        _recipients = RelayMeters.CounterOf(meter, SubmissionInstruments.RecipientsAccepted);
        _size = RelayMeters.HistogramOf(meter, SubmissionInstruments.MailSize);
        _refused = RelayMeters.CounterOf(meter, SubmissionInstruments.MailsRefused);
        _duration = RelayMeters.HistogramOf(meter, SubmissionInstruments.AcceptanceDuration);
    }

    /// <summary>A listener listens. What may be counted of it begins with 0: of a series that is first seen with 1,
    /// Prometheus knows no increase.</summary>
    public void Begins(string listener)
    {
        foreach (var reason in RefusalReasons.All)
            _refused.Add(0, Of(listener), RelayMeters.Label("reason", reason));
        foreach (var result in (string[])["taken", "turned_away"])
            _connections.Add(0, Of(listener), RelayMeters.Label("result", result));
        foreach (var result in (string[])["accepted", "refused"])
            _logins.Add(0, Of(listener), RelayMeters.Label("result", result));
    }

    public void Opened(string listener)
    {
        _connections.Add(1, Of(listener), RelayMeters.Label("result", "taken"));
        _open.Add(1, Of(listener));
    }

    public void Closed(string listener) => _open.Add(-1, Of(listener));

    public void TurnedAway(string listener) =>
        _connections.Add(1, Of(listener), RelayMeters.Label("result", "turned_away"));

    public void Ended(string listener, string ending) =>
        _ended.Add(1, Of(listener), RelayMeters.Label("ending", ending));

    public void LoggedIn(string listener, bool isLetIn) =>
        _logins.Add(1, Of(listener), RelayMeters.Label("result", isLetIn ? "accepted" : "refused"));

    /// <param name="reply">One of our fixed replies, as it goes onto the wire.</param>
    public void CommandRefused(string listener, ReadOnlySpan<byte> reply)
    {
        if (!_commandsRefused.Enabled)
            return;
        var status = Statuses.Of(reply);
        _commandsRefused.Add(1, Of(listener), RelayMeters.Label("status", status));
        if (status == "4.3.1")
            Refused(listener, RefusalReasons.DiskFull);
        if (status == "5.3.4")
            Refused(listener, RefusalReasons.TooLarge);
    }

    public void Accepted(string listener, string? application, long octets, int recipients)
    {
        _accepted.Add(1, Of(listener), RelayMeters.Label("application", application ?? "unrecognised"));
        _recipients.Add(recipients, Of(listener));
        _size.Record(octets, Of(listener));
    }

    /// <param name="recipients">Of one mail, that had been sent it before.</param>
    public void Duplicated(string? application, int recipients) =>
        _duplicates.Add(recipients, RelayMeters.Label("application", application ?? "unrecognised"));

    public void Refused(string listener, string reason) =>
        _refused.Add(1, Of(listener), RelayMeters.Label("reason", reason));

    public void Answered(string listener, TimeSpan after) => _duration.Record(after.TotalSeconds, Of(listener));

    private static KeyValuePair<string, object?> Of(string listener) => RelayMeters.Label("listener", listener);
}

/// <summary>The journal's writer.</summary>
public sealed class JournalMeters
{
    private readonly Histogram<double> _sync;
    private readonly Histogram<double> _group;
    private readonly Counter<long> _written;

    internal JournalMeters(Meter meter)
    {
        _sync = RelayMeters.HistogramOf(meter, StoreInstruments.SyncDuration);
        _group = RelayMeters.HistogramOf(meter, StoreInstruments.GroupSize);
        _written = RelayMeters.CounterOf(meter, StoreInstruments.Written);
    }

    public void Written(long octets) => _written.Add(octets);

    /// <param name="appends">How many became durable by it.</param>
    public void Synced(TimeSpan within, int appends)
    {
        _sync.Record(within.TotalSeconds);
        if (appends > 0)
            _group.Record(appends);
    }
}
