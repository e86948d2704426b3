using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;

namespace Postroom.Api;

/// <summary>What the API reaches of the house.</summary>
/// <param name="Spool">What is read, and what a person's directives go to.</param>
/// <param name="Status">How everything stands.</param>
/// <param name="Reload">Reads the configuration again and takes it into use, or refuses it whole.</param>
/// <param name="Time">For ages in filters.</param>
public sealed record ApiDoors(
    ISpool Spool, Func<StatusAnswer> Status, Func<CancellationToken, Task<ReloadAnswer>> Reload, TimeProvider Time)
{
    /// <summary>Called after a person asked for a try at once, so that a paused lane is probed too.</summary>
    public Action Hurry { get; init; } = () => { };

    /// <summary>Tries a route out; null if there is none of that name.</summary>
    public Func<string, TrialRequest, CancellationToken, Task<TrialAnswer?>> TryOut { get; init; } =
        (_, _, _) => Task.FromResult<TrialAnswer?>(null);

    /// <summary>Called with the name of a secret that was set or deleted: what waits for it goes at once.</summary>
    public Action<string> SecretChanged { get; init; } = _ => { };

    /// <summary>Everything that ends by itself, the next first.</summary>
    public Func<CalendarAnswer> Calendar { get; init; } = () => new CalendarAnswer([]);

    /// <summary>What every instrument says now.</summary>
    public Func<IReadOnlyList<Family>> Metrics { get; init; } = () => [];

    /// <summary>Where secrets go in, and what may be known of them.</summary>
    public required SecretVault Vault { get; init; }
}
