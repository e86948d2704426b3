using Postroom.Api;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Suppression;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>Erases a person everywhere: in the spool, on the suppression list, in the notices of alarms.</summary>
internal sealed class Erasers(
    EmbeddedSpool spool, SuppressionList suppressions, AlarmWatch alarms, SecretVault vault)
{
    /// <exception cref="OperationCanceledException">The house closes.</exception>
    /// <exception cref="IOException">A file would not be written.</exception>
    public async Task<ErasureAnswer> EraseAsync(
        string address, bool really, (string Who, string? Why) asked, CancellationToken cancel)
    {
        var word = WordOf(address);
        var looked = await spool.Forgetter.EraseAsync(address, really: false, (asked.Who, asked.Why, ""), cancel);
        var answer = new ErasureAnswer(word, Done: false)
        {
            Mails = looked.Mails,
            Places = looked.Places,
            Events = looked.Events,
            Suppressed = suppressions.All.Any(one =>
                one.Address.Equals(address, StringComparison.OrdinalIgnoreCase)),
            Notices = alarms.NoticesWith(address),
            Open = [.. looked.Open.Select(id => id.ToString())],
        };
        if (!really || answer.Open.Count > 0)
            return answer;

        // First what could come back: an address on the list is told of when it comes off it.
        var wasSuppressed = suppressions.Forget(address);
        alarms.Forget(address, word);
        if (looked.IsNothing)
            return answer with { Suppressed = wasSuppressed, Done = wasSuppressed || answer.Notices > 0 };
        var done = await spool.Forgetter.EraseAsync(address, really: true,
            (asked.Who, asked.Why, ProofOf(answer, word, asked.Why)), cancel);
        return answer with
        {
            Suppressed = wasSuppressed,
            Open = [.. done.Open.Select(id => id.ToString())],
            Done = done.IsDone,
            Complete = done.IsComplete,
            Checkpoint = done.Checkpoint,
        };
    }

    // In its place from then on, and the same in a hashed log.
    private string WordOf(string address)
    {
        try
        {
            return $"h:{AddressKey.OpenOrMake(vault).Hash(address)}";
        }
        catch (VaultException e)
        {
            throw new ApiProblem(503, "the vault does not open, and the key for addresses is in it: nothing was erased",
                e.Message);
        }
    }

    private static string ProofOf(ErasureAnswer found, string word, string? why) => FormattableString.Invariant(
        $"{word}: {found.Mails} mails, {found.Places} places among several recipients, {found.Events} events")
            + (why is null ? "" : $" ({why})");
}
