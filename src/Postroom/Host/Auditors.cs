using Postroom.Api;
using Postroom.Configuration;
using Postroom.Notary;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>Has the chain signed, and lets it be verified.</summary>
internal static class Auditors
{
    // As many as anybody lists; each is about a checkpoint's interval.
    public const int MostEvents = 100_000;

    public static KeyBook KeysOf(string dataFolder) =>
        new(Folders.Installation(dataFolder), Folders.CheckpointKeys(dataFolder));

    public static AuditDoors Of(EmbeddedSpool spool, string dataFolder, SecretVault vault, Wiring wiring)
    {
        var keys = KeysOf(dataFolder);
        var signer = new ChainSigner(vault, keys, wiring.Time, wiring.Logs.CreateLogger("postroom.notary"));
        signer.Begin();
        spool.KeepCheckpoints(signer.Sign);
        return new AuditDoors(
            (request, cancel) => JournalAudit.RunAsync(witness => spool.VerifyAsync(witness, cancel), keys, request,
                isRunning: true),
            () => JournalAudit.ListOf(spool.Index.RelayEvents(MostEvents)),
            () => keys.Answer);
    }
}
