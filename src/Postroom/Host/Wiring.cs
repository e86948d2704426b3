using Microsoft.Extensions.Logging;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Mail.Privacy;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Delivery;
using Postroom.Relay.Identity;
using Postroom.Relay.OAuth;
using Postroom.Relay.Spool;
using Postroom.Relay.Submission;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>What a house is wired to: the doors to the world, and the rooms at both ends of the road.</summary>
public sealed record Wiring(TimeProvider Time, Random Dice, ILoggerFactory Logs)
{
    /// <summary>How addresses stand in <see cref="Logs"/>.</summary>
    public AddressesInLog Addresses { get; init; } = new(AddressForm.Plain);

    /// <summary>Counts and times what happens in this house.</summary>
    public RelayMeters Meters { get; init; } = new();

    /// <summary>Which machine this is, by a data folder and the identity of the configuration.</summary>
    public Func<string, string?, Machine> Machine { get; init; } = ThisMachine.Read;

    /// <summary>Makes the courier of a route.</summary>
    public required Func<Route, CourierNeeds, ICourier> CourierFor { get; init; }

    /// <summary>Tries a route out without sending anything.</summary>
    public required Func<Route, ReversePath, CourierNeeds, CancellationToken, Task<TrialReport>> TryOut { get; init; }

    /// <summary>Makes the near side: its listeners, which hand what they take to the spool, and tell of it.</summary>
    public required Func<SubmissionSettings, ISpool, Onlooker, NearSide> Submission { get; init; }
}

/// <summary>What a courier is made with, besides its route.</summary>
/// <param name="Vault">Where its password is.</param>
/// <param name="Tokens">Where its access tokens come from.</param>
public sealed record CourierNeeds(RelayConfiguration All, SecretVault Vault, TokenBook Tokens);

/// <summary>The near side, as the house needs it.</summary>
/// <param name="StartAsync">Completes when every listener listens.</param>
/// <param name="StopAsync">Takes no more connections, lets transactions end.</param>
/// <param name="ReloadAsync">Opens new listeners, closes those that are gone, leaves the unchanged.</param>
/// <param name="TakeAsync">Takes a mail that comes whole and by another way than SMTP.</param>
public sealed record NearSide(
    Func<CancellationToken, Task> StartAsync, Func<CancellationToken, Task> StopAsync,
    Func<SubmissionSettings, CancellationToken, Task> ReloadAsync,
    Func<Envelope, Func<Origin>, Stream, long, CancellationToken, Task<Taken>> TakeAsync);
