using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Ends leases untried: what was leased and not wanted any more, or could not be read.</summary>
/// <remarks>What the disk does not take is in doubt at the next start, as after a crash.</remarks>
internal sealed class GivingBack(
    SpoolParts parts, LaneBoard board, Func<Settlement, ValueTask> settle, Func<Entry, bool, Task> append)
{
    // A mail that could not be read for its try is tried again after this.
    private static readonly TimeSpan UnreadWait = TimeSpan.FromSeconds(30);

    public void All(IReadOnlyList<Lease> leases)
    {
        foreach (var lease in leases)
            _ = OneAsync(lease);
    }

    public async Task UnreadAsync(Parcel parcel, int slot)
    {
        try
        {
            await append(new Entry(parcel.Returned(parts.Clock.Wall)), false);
            board.Unread(parcel, slot, UnreadWait);
        }
        catch (SpoolFailedException e)
        {
            SpoolLog.NotGivenBack(parts.Log, parcel.Id, e);
        }
    }

    private async Task OneAsync(Lease lease)
    {
        try
        {
            await settle(new Settlement(lease, [], null, []));
        }
        catch (SpoolFailedException e)
        {
            SpoolLog.NotGivenBack(parts.Log, lease.Id, e);
        }
    }
}
