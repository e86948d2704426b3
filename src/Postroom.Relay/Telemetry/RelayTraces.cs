using System.Diagnostics;
using System.Globalization;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Telemetry;

/// <summary>Traces: one for each acceptance and one for each try, made of what is recorded anyway.</summary>
/// <remarks>
/// Nothing is done, and nothing allocated, while nobody listens. A try is told when it is over: its steps are laid one
/// behind the other so that the last ends with it. The mail's id is in both traces and finds one by the other; a trace
/// that went on through days of retries would find no collector that waits for it.
/// </remarks>
public sealed class RelayTraces : IDisposable
{
    private readonly ActivitySource _source = new(Instruments.MeterName);

    /// <summary>Whether addresses, and the words of other machines, which may hold some, go into traces.</summary>
    public bool NamesPeople { get; set; }

    /// <summary>A text that may hold addresses, as it may be shown.</summary>
    public Func<string, string> Shown { get; set; } = static text => text;

    public bool IsWatched => _source.HasListeners();

    /// <summary>A mail was accepted, or refused at its end.</summary>
    /// <param name="mail">Null where it was refused.</param>
    public void Accepted(Origin origin, Envelope envelope, MailId? mail, string? refusal, (DateTimeOffset At,
        TimeSpan For) when)
    {
        using var span = Begin("accept", ActivityKind.Server, when.At);
        if (span is null)
            return;
        span.SetTag("messaging.operation.name", "accept").SetTag("messaging.operation.type", "receive");
        span.SetTag("messaging.system", "smtp").SetTag("messaging.message.id", mail?.ToString());
        span.SetTag("postroom.listener", origin.Listener).SetTag("network.protocol.name", origin.Protocol);
        span.SetTag("postroom.recipients", envelope.Recipients.Count);
        NamePeople(span, envelope);
        if (refusal is not null)
            span.SetTag("error.type", refusal).SetStatus(ActivityStatusCode.Error, refusal);
        span.SetEndTime((when.At + when.For).UtcDateTime);
    }

    /// <summary>A try is over.</summary>
    public void Tried(TriedMail mail, AttemptFacts? attempt, (DateTimeOffset At, TimeSpan For) when)
    {
        using var span = Begin("try", ActivityKind.Client, when.At);
        if (span is null)
            return;
        span.SetTag("messaging.operation.name", "try").SetTag("messaging.operation.type", "send");
        span.SetTag("messaging.system", "smtp").SetTag("messaging.message.id", mail.Id.ToString());
        span.SetTag("messaging.message.body.size", mail.Size).SetTag("postroom.route", mail.Route);
        span.SetTag("postroom.outcome", mail.Outcome).SetTag("postroom.recipients", mail.Envelope.Recipients.Count);
        NamePeople(span, mail.Envelope);
        if (attempt is not null)
            Describe(span, attempt, when.At + when.For);
        if (mail.Failure is { } failure)
        {
            span.SetTag("error.type", failure.Status.ToString());
            span.SetStatus(ActivityStatusCode.Error, NamesPeople ? Shown(failure.Diagnostic) : Words.Of(failure.Fault));
        }

        span.SetEndTime((when.At + when.For).UtcDateTime);
    }

    public void Dispose() => _source.Dispose();

    private Activity? Begin(string name, ActivityKind kind, DateTimeOffset at)
    {
        if (!IsWatched)
            return null;
        Activity.Current = null; // each is a trace of its own, whatever else this thread does
        return _source.StartActivity(name, kind, parentContext: default, tags: null, links: null, at);
    }

    private void Describe(Activity span, AttemptFacts attempt, DateTimeOffset end)
    {
        span.SetTag("network.peer.address", attempt.Remote).SetTag("server.address", attempt.Greeting);
        span.SetTag("postroom.tls", attempt.Tls).SetTag("postroom.connection.reused", attempt.Reused);
        var all = 0.0;
        foreach (var step in attempt.Steps)
            all += step.Milliseconds;
        var at = end - TimeSpan.FromMilliseconds(all);
        foreach (var step in attempt.Steps)
        {
            var next = at + TimeSpan.FromMilliseconds(step.Milliseconds);
            using var part = _source.StartActivity(step.Name, ActivityKind.Internal, span.Context, null, null, at);
            part?.SetEndTime(next.UtcDateTime);
            at = next;
        }
    }

    private void NamePeople(Activity span, Envelope envelope)
    {
        if (!NamesPeople)
            return;
        span.SetTag("postroom.from", Shown(envelope.From.Address));
        span.SetTag("postroom.to", string.Join(' ', envelope.Recipients.Take(20).Select(to =>
            Shown(to.Path.Address))));
        if (envelope.Recipients.Count > 20)
            span.SetTag("postroom.to.more", (envelope.Recipients.Count - 20).ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary>A mail that was tried, for its trace.</summary>
public readonly record struct TriedMail(MailId Id, string Route, Envelope Envelope, long Size, string Outcome)
{
    /// <summary>The worst of what was met.</summary>
    public Failure? Failure { get; init; }
}
