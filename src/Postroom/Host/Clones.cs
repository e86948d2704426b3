using System.Diagnostics.Metrics;
using Postroom.Api.Live;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Identity;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Host;

/// <summary>The clone guard's place in the house: it is asked before anything goes out.</summary>
internal sealed class Clones
{
    private readonly ISpool _spool;
    private readonly Wiring _wiring;
    private readonly CloneGuard _guard;
    private readonly SourceMemory _sources;
    private RelayConfiguration _all;

    public Clones(ISpool spool, RelayConfiguration all, Wiring wiring)
    {
        (_spool, _wiring, _all) = (spool, wiring, all);
        var dataFolder = all.DataFolder;
        var log = wiring.Logs.CreateLogger("postroom.identity");
        _guard = new CloneGuard(Folders.Binding(dataFolder), spool, wiring.Time, log);
        _sources = new SourceMemory(Folders.Sources(dataFolder), wiring.Time, log);
        wiring.Meters.Observe(RelayInstruments.Foreign,
            IEnumerable<Measurement<double>> () => [new(IsForeign ? 1 : 0)]);
        wiring.Meters.Observe(RelayInstruments.Elsewhere,
            IEnumerable<Measurement<double>> () => [new(_sources.Elsewhere.Count)]);
    }

    /// <summary>Nobody is mailed from here.</summary>
    public bool IsForeign => _guard.Standing.IsForeign;

    /// <summary>Why, in a sentence.</summary>
    public string Why => _guard.Standing.Why;

    /// <summary>Goes on by another configuration, from the next weighing on.</summary>
    public void Use(RelayConfiguration all) => _all = all;

    /// <summary>Weighs where it stands: before the first mail comes, and whenever it changes what may leave.</summary>
    /// <param name="mayLeave">By the modes, some mail may leave: a machine that nobody has bound yet is bound.</param>
    /// <param name="isLive">The mode is live: from where each application comes is learned.</param>
    /// <returns>Why nothing leaves this machine; null where the modes decide.</returns>
    public async Task<string?> WeighAsync(bool mayLeave, bool isLive)
    {
        var all = _all;
        await _guard.WeighAsync(_wiring.Machine(all.DataFolder, all.Identity), all.LiveOn, mayLeave);
        _sources.Use(all.Sources, isLive && !IsForeign);
        return IsForeign ? $"clone guard: {Why}" : null;
    }

    /// <summary>A mail came in.</summary>
    public void Met(Origin origin, HeaderFacts header) =>
        _sources.Hear(origin, header.App, _wiring.Time.GetUtcNow(), isTried: false);

    /// <summary>Where the machine is its own, the source has a say. Of a replay it is what it had to say of the mail it
    /// is of. Nothing is learned by that, nor by a released copy, which has no reverse-path: their source does not send
    /// from there now.</summary>
    public async ValueTask<Keeping?> JudgeAsync(Lease lease, LeasedRecipient to)
    {
        if (await _guard.JudgeAsync(lease, to) is { } kept)
            return kept;
        var (origin, app, replay) = (lease.Origin, lease.Header.App, lease.Origin.Replay);
        return replay is null && lease.Envelope.From != ReversePath.Null
            ? _sources.Hear(origin, app, lease.AcceptedAt, isTried: true)
            : _sources.Look(origin, app, replay?.Of.At ?? lease.AcceptedAt);
    }

    /// <summary>What the source would have to say if a mail's turn were now.</summary>
    public Keeping? LookAt(MailRecord mail) => _sources.Look(mail.Origin, mail.Header.App, mail.AcceptedAt);

    /// <summary>A copy calls nobody for what its original has to tell: its sources are silent, its mail is held, and
    /// whoever is on call for the original would come for nothing. That it is a copy is told, by what is not
    /// mail: that would be the wire.</summary>
    public PostmasterSettings Quiet(PostmasterSettings all) => !IsForeign ? all : all with
    {
        Receivers =
        [
            .. all.Receivers.Where(one => one.Kind != ReceiverKind.Mail
                && one.Wants(ShippedAlarms.Copy, Severity.Critical))
                .Select(one => one with { Alarms = [ShippedAlarms.Copy] }),
        ],
    };

    public IReadOnlyList<Measured> Foreign =>
        [new Measured("", IsForeign ? 1 : 0) { Detail = IsForeign ? _guard.Standing.Why : null }];

    public IReadOnlyList<Measured> Elsewhere =>
        [.. _sources.Elsewhere.Select(one => new Measured(one.Name, 1) { Detail = one.Why })];

    /// <summary>How it stands, and what would go out.</summary>
    public LiveAnswer Answer()
    {
        var (standing, kept) = (_guard.Standing, _guard.Binding);
        var counts = _spool.Index.Count(Filter.All).ByState;
        return new LiveAnswer(standing.Here.Name, standing.IsForeign)
        {
            LiveOn = standing.LiveOn,
            Since = kept.Machine is null ? null : kept.At,
            By = kept.By,
            Differs = standing.Differs,
            Overruled = kept.Overruled,
            Waiting = counts.GetValueOrDefault(State.Waiting) + counts.GetValueOrDefault(State.Trying),
            Held = counts.GetValueOrDefault(State.Held),
            Captured = counts.GetValueOrDefault(State.Captured),
            Sources = [.. _sources.Elsewhere.Select(one => new CopiedAnswer(one.Name, one.Why, one.Captured))],
        };
    }

    /// <summary>A person says that the installation, or a source, is at home where it is now. The installation is to be
    /// weighed anew then.</summary>
    /// <returns>False: there is nothing to confirm.</returns>
    /// <exception cref="IOException">It cannot be kept: nothing has changed.</exception>
    public async Task<bool> ConfirmAsync(Confirmation asked)
    {
        if (asked.Source is null && !IsForeign)
            return false;
        if (asked.Source is { } source && _sources.Elsewhere.All(one => one.Name != source
            && !one.Name.EndsWith($" {source}", StringComparison.Ordinal)))
            return false;
        // On record before it holds: nothing goes out on a word that nobody can look up.
        await _spool.NoteAsync(new TrailEvent(_wiring.Time.GetUtcNow(), EventKind.MachineConfirmed, null, null)
        {
            Who = asked.Who,
            Text = $"{(asked.Source is { } one ? $"source {one} is at home where it arrives from"
                : $"live on this machine: {_guard.Standing.Why}")} ({asked.Reason})",
        });
        if (asked.Source is { } name)
        {
            var isThere = _sources.Confirm(name) is not null;
            _sources.Keep();
            return isThere;
        }

        _guard.Confirm(asked.Who, _all.LiveOn);
        return true;
    }

    /// <summary>Keeps what is learned, until it is cancelled.</summary>
    public Task RunAsync(CancellationToken closing) => _sources.RunAsync(closing);
}
