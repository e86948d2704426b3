using System.Diagnostics.Metrics;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Telemetry;

/// <summary>What goes out.</summary>
public sealed class QueueMeters
{
    private readonly Counter<long> _pauses;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _verdicts;
    private readonly Histogram<double> _attempt;
    private readonly Histogram<double> _step;
    private readonly Histogram<double> _delay;
    private readonly Counter<long> _reports;
    private readonly Counter<long> _parked;
    private readonly Counter<long> _renewals;

    internal QueueMeters(Meter meter)
    {
        _pauses = RelayMeters.CounterOf(meter, QueueInstruments.Pauses);
        _attempts = RelayMeters.CounterOf(meter, QueueInstruments.Attempts);
        _verdicts = RelayMeters.CounterOf(meter, QueueInstruments.Verdicts);
        _attempt = RelayMeters.HistogramOf(meter, QueueInstruments.AttemptDuration);
        _step = RelayMeters.HistogramOf(meter, QueueInstruments.StepDuration);
        _delay = RelayMeters.HistogramOf(meter, QueueInstruments.DeliveryDelay);
        _reports = RelayMeters.CounterOf(meter, QueueInstruments.Reports);
        _parked = RelayMeters.CounterOf(meter, QueueInstruments.Parked);
        _renewals = RelayMeters.CounterOf(meter, QueueInstruments.TokenRenewals);
    }

    /// <summary>A lane is opened; see <see cref="SubmissionMeters.Begins"/>.</summary>
    public void Begins(string lane)
    {
        _parked.Add(0, RelayMeters.Label("lane", lane));
        foreach (var fault in (Fault[])[Fault.Account, Fault.NextHop, Fault.Ourselves])
            _pauses.Add(0, RelayMeters.Label("lane", lane), RelayMeters.Label("fault", Words.Of(fault)));
        foreach (var outcome in (string[])["delivered", "in_doubt", "damaged"])
            _attempts.Add(0, Of(lane), RelayMeters.Label("outcome", outcome));
        foreach (var verdict in (Happening[])[Happening.Accepted, Happening.Deferred, Happening.Refused,
            Happening.Expired])
            _verdicts.Add(0, Of(lane), RelayMeters.Label("verdict", Words.Of(verdict)));
    }

    /// <summary>An account is in use; see <see cref="SubmissionMeters.Begins"/>.</summary>
    public void TokensBegin(string account)
    {
        foreach (var result in (string[])["renewed", "refused", "away"])
            _renewals.Add(0, RelayMeters.Label("account", account), RelayMeters.Label("result", result));
    }

    public void Paused(string lane, Fault fault) =>
        _pauses.Add(1, RelayMeters.Label("lane", lane), RelayMeters.Label("fault", Words.Of(fault)));

    /// <summary>A parcel went through a try, or none was made.</summary>
    public void Tried(string route, string outcome) =>
        _attempts.Add(1, Of(route), RelayMeters.Label("outcome", outcome));

    /// <summary>How long the try took, and each step of it.</summary>
    public void Took(string route, TimeSpan all, AttemptFacts? attempt)
    {
        _attempt.Record(all.TotalSeconds, Of(route));
        if (attempt is null || !_step.Enabled)
            return;
        for (var i = 0; i < attempt.Steps.Count; i++)
            _step.Record(attempt.Steps[i].Milliseconds / 1000, Of(route),
                RelayMeters.Label("step", attempt.Steps[i].Name));
    }

    public void Ruled(string route, Happening verdict) =>
        _verdicts.Add(1, Of(route), RelayMeters.Label("verdict", Words.Of(verdict)));

    /// <param name="after">Since it was accepted; a clock that was put back makes it nothing.</param>
    public void Delivered(string route, TimeSpan after) => _delay.Record(Math.Max(0, after.TotalSeconds), Of(route));

    public void Reported(string route) => _reports.Add(1, Of(route));

    public void Parked(string lane) => _parked.Add(1, RelayMeters.Label("lane", lane));

    /// <param name="result"><c>renewed</c>, <c>refused</c> or <c>away</c>.</param>
    public void TokenAsked(string account, string result) =>
        _renewals.Add(1, RelayMeters.Label("account", account), RelayMeters.Label("result", result));

    private static KeyValuePair<string, object?> Of(string route) => RelayMeters.Label("route", route);
}
