using Xunit;

namespace Postroom.Simulation;

/// <summary>The simulator sees what it is there to see: each promise, broken on purpose, is found broken by the seeds
/// that find nothing in the relay as it is.</summary>
public sealed class PlantedFaultTests
{
    private const int Seeds = 10_000;

    [Fact]
    public void A_250_before_the_mail_is_on_disk() => Find(new PlantedFault(
        "early-250", "src/Postroom.Relay/Spool/Embedded/EmbeddedSpool.cs",
        "                await durable.WaitAsync(left, _parts.Time, CancellationToken.None);\n",
        "                _ = durable.WaitAsync(left, _parts.Time, CancellationToken.None);\n"),
        "is shorter than it was", "LOST");

    [Fact]
    public void A_mail_recorded_as_delivered_before_it_was_sent() => Find(new PlantedFault(
        "early-settlement", "src/Postroom.Relay/Queue/Attempt.cs",
        "                outcome = await TryAsync(cancel);\n",
        """
                {
                    await desk.Spool.SettleAsync(new Settlement(
                        lease, _cleared.ConvertAll(to => new Verdict(to.Index, Happening.Accepted)), null, []));
                    outcome = await TryAsync(cancel);
                    return;
                }

        """), "which no hop said of it");

    [Fact]
    public void A_new_segment_whose_name_is_not_on_disk() => Find(new PlantedFault(
        "lost-name", "src/Postroom.Relay/Spool/Journal/ActiveSegment.cs",
        "        disk.SyncFolder(JournalFiles.Segments);\n", ""), "cannot be read", "does not verify", "LOST");

    [Fact]
    public void A_failed_sync_that_nobody_looks_at() => Find(new PlantedFault(
        "unchecked-sync", "src/Postroom.Relay/Spool/Journal/ActiveSegment.cs",
        "        _file.Sync();\n        Synced = end;\n",
        "        try { _file.Sync(); } catch (IOException) { }\n        Synced = end;\n"),
        "does not verify", "is not what was accepted", "LOST");

    [Fact]
    public void A_mail_on_the_wire_before_its_lease_is_on_disk() => Find(new PlantedFault(
        "late-lease", "src/Postroom.Relay/Spool/Embedded/LaneBoard.cs",
        "            await durable;\n            Durable(entry.Position);\n            Deliver(lane, leases);\n",
        "            Deliver(lane, leases);\n            await durable;\n            Durable(entry.Position);\n"),
        "a copy of which the trail says nothing");

    [Fact]
    public void A_mark_set_after_the_end_of_the_mail_is_on_the_wire() => Find(new PlantedFault(
        "late-mark", "src/Postroom.Relay/Delivery/Transfer.cs",
        "        Assignment.AtWire();\n",
        "        _ = LaterAsync();\n        async Task LaterAsync() { await Task.Yield(); Assignment.AtWire(); }\n"),
        "a copy of which the trail says nothing");

    private static void Find(PlantedFault fault, params string[] signs)
    {
        var said = fault.Hunt(Seeds);
        Assert.True(said is not null, $"{Seeds} seeds do not see it");
        Assert.True(signs.Any(sign => said.Contains(sign, StringComparison.Ordinal)), said);
    }
}
