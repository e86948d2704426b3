using Postroom.Api.Access;
using Postroom.Api.Live;
using Postroom.Api.Modes;
using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Dns;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Spool;
using Postroom.Relay.Storms;
using Postroom.Relay.Submission;
using Postroom.Relay.Suppression;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Trouble;
using Postroom.Relay.Vault;

namespace Postroom.Api;

/// <summary>What the API reaches of the house.</summary>
/// <param name="Spool">What is read, and what a person's directives go to.</param>
/// <param name="Status">How everything stands.</param>
/// <param name="Reload">Reads the configuration again and takes it into use, or refuses it whole; for whom.</param>
/// <param name="Time">For ages in filters.</param>
public sealed record ApiDoors(
    ISpool Spool, Func<StatusAnswer> Status, Func<string, CancellationToken, Task<ReloadAnswer>> Reload,
    TimeProvider Time)
{
    /// <summary>Called after a person asked for a try at once, so that a paused lane is probed too.</summary>
    public Action Hurry { get; init; } = () => { };

    /// <summary>Tries a route out; null if there is none of that name.</summary>
    public Func<string, TrialRequest, CancellationToken, Task<TrialAnswer?>> TryOut { get; init; } =
        (_, _, _) => Task.FromResult<TrialAnswer?>(null);

    /// <summary>The routes of the configuration, by name.</summary>
    public Func<IReadOnlyList<string>> RouteNames { get; init; } = static () => [];

    /// <summary>Called with the name of a secret that was set or deleted: what waits for it goes at once.</summary>
    public Action<string> SecretChanged { get; init; } = _ => { };

    /// <summary>Called after a token was made or taken away.</summary>
    public Action TokensChanged { get; init; } = () => { };

    /// <summary>Everything that ends by itself, the next first.</summary>
    public Func<CalendarAnswer> Calendar { get; init; } = () => new CalendarAnswer([]);

    /// <summary>Takes a mail in that comes whole; who hands it over is asked when all of it was read.</summary>
    public required Func<Envelope, Func<Origin>, Stream, CancellationToken, Task<Taken>> Take { get; init; }

    /// <summary>Octets of a mail that is taken so.</summary>
    public long MessageSize { get; init; }

    /// <summary>Cancelled when the house closes: who waits for what may never come is sent home.</summary>
    public CancellationToken Closing { get; init; }

    /// <summary>Erases a person by an address, or only looks; who asks, and why. Null where the spool is not one of
    /// this machine.</summary>
    public Func<string, bool, (string Who, string? Why), CancellationToken, Task<ErasureAnswer>>? Erase { get; init; }

    /// <summary>Who gets in by TCP.</summary>
    public required ApiTokens Tokens { get; init; }

    /// <summary>Verification, checkpoints and their key; null where the spool is not one of this machine.</summary>
    public AuditDoors? Audit { get; init; }

    /// <summary>The file of who may log in at listeners.</summary>
    public required string UsersFile { get; init; }

    /// <summary>What people are told of, and who is told.</summary>
    public required AlarmWatch Alarms { get; init; }

    /// <summary>The addresses that no mail is sent to.</summary>
    public required SuppressionList Suppressions { get; init; }

    /// <summary>What is made to go wrong, on purpose.</summary>
    public required TroubleDesk Trouble { get; init; }

    /// <summary>What holds bursts.</summary>
    public required StormBrake Storms { get; init; }

    /// <summary>What becomes of mail.</summary>
    public required ModeDoors Modes { get; init; }

    /// <summary>On which machine mail is live.</summary>
    public Func<LiveAnswer> Live { get; init; } = static () => new LiveAnswer("", Foreign: false);

    /// <summary>What the clone guard would say of a mail if its turn were now; null: nothing.</summary>
    public Func<MailRecord, Keeping?> KeptBy { get; init; } = static _ => null;

    /// <summary>A person says that a move is meant; false: there is none.</summary>
    public Func<Confirmation, Task<bool>> Confirm { get; init; } = static _ => Task.FromResult(false);

    /// <summary>Whom DNS is asked of, where a person has it asked.</summary>
    public Func<DnsSettings> Dns { get; init; } = static () => DnsSettings.System;

    /// <summary>How an address stands in the log.</summary>
    public Func<string, LogWordAnswer> LogWord { get; init; } =
        static address => new LogWordAnswer(address, "plain");

    /// <summary>What every instrument says now.</summary>
    public Func<IReadOnlyList<Family>> Metrics { get; init; } = () => [];

    /// <summary>Where secrets go in, and what may be known of them.</summary>
    public required SecretVault Vault { get; init; }
}
