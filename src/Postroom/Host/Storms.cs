using System.Diagnostics.Metrics;
using System.Globalization;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Storms;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Storms;
using Postroom.Relay.Telemetry;

namespace Postroom.Host;

/// <summary>The storm brake's place in the house: it sees what comes in, and is asked before something goes
/// out.</summary>
internal sealed class Storms(StormBrake brake)
{
    /// <summary>Remembers the last life before the first mail comes.</summary>
    public static Storms Open(RelayConfiguration all, ISpool spool, Wiring wiring)
    {
        var brake = new StormBrake(all.Storms, new StormParts(
            new SmallFile(Folders.Storms(all.DataFolder)), spool, wiring.Time,
            wiring.Logs.CreateLogger("postroom.storms")));
        wiring.Meters.Observe(RelayInstruments.Storms,
            IEnumerable<Measurement<double>> () => [new(brake.Open.Count)]);
        return new Storms(brake);
    }

    public StormBrake Brake => brake;

    /// <summary>Sees what comes in and would leave: what is captured is nobody's storm.</summary>
    public Action<MailId, Origin, Envelope, HeaderFacts> Seen(ModeKeeper modes) => (id, origin, envelope, header) =>
    {
        if (envelope.Recipients is [var to, ..]
            && modes.WouldLeave(new LastingFacts(envelope.From, origin, header, 0), to.Path))
            brake.Seen(id, origin, envelope, header);
    };

    /// <summary>The clone guard has the first word, then the modes: where mail would not leave, no storm is
    /// held.</summary>
    public Func<Lease, LeasedRecipient, ValueTask<Keeping?>> After(
        Func<Lease, LeasedRecipient, ValueTask<Keeping?>> clones, ModeKeeper modes) =>
        async (lease, to) => await clones(lease, to)
            ?? (brake.All.Count > 0 && modes.WouldLeave(new LastingFacts(lease.Envelope.From, lease.Origin,
                lease.Header, lease.Content.Length), to.Recipient.Path) ? await brake.JudgeAsync(lease, to) : null);

    /// <summary>What is held, for the alarm: one subject for each storm.</summary>
    public IReadOnlyList<Measured> Look() =>
        [.. brake.Open.Select(storm => Measure(storm, brake.Decisions.CountOf(storm)))];

    /// <summary>How much of what a lane holds is a storm's, which has an alarm of its own.</summary>
    public long HeldOn(string lane) => brake.Open.Sum(storm => brake.Decisions.CountOf(storm, lane).Total);

    private static Measured Measure(Storm storm, FoundCount found) => new(
        string.Create(CultureInfo.InvariantCulture, $"storm {storm.Number} from {storm.Source}"), found.Total)
    {
        Detail = $"{storm.Traits[0]}, since {storm.Since:yyyy-MM-dd HH:mm}Z, like \"{storm.Subject}\".",
        Cure = string.Create(CultureInfo.InvariantCulture, $"`postroom storm show {storm.Number}`; then `postroom "
            + $"storm release {storm.Number}`, `thin {storm.Number}` or `discard {storm.Number}`."),
        IsAtLeast = !found.IsWhole,
    };
}
