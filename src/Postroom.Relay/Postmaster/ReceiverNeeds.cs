using Postroom.Relay.Submission;
using Postroom.Relay.Vault;

namespace Postroom.Relay.Postmaster;

/// <summary>What it takes to tell somebody.</summary>
/// <param name="Vault">Where addresses and keys are.</param>
/// <param name="HostName">Who tells.</param>
/// <param name="Mail">Hands a notice over as mail: to whom, its subject, its text.</param>
public sealed record ReceiverNeeds(
    SecretVault Vault, string HostName, TimeProvider Time, Func<Receiver, Notice, string, string, Task<Taken>> Mail);
