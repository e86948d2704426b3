using Xunit;

namespace Postroom.Simulation;

/// <summary>The simulator sees what it is there to see: each promise, broken on purpose, is found broken by the seeds
/// that find nothing in the relay as it is.</summary>
public sealed class PlantedFaultTests
{
    private const int Seeds = 10_000;
    private const int Sandboxes = 2_000;

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

    [Fact]
    public void A_mail_judged_by_the_mode_in_which_it_was_accepted() => FindInSandbox(new PlantedFault(
        "early-clearance", "src/Postroom.Relay/Queue/Attempt.cs",
        "            var judged = desk.Orders.Policy.Judge(",
        """
                    var first = $"{System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(desk)} {lease.Id}";
                    AppContext.SetData(first, AppContext.GetData(first) ?? desk.Orders.Policy);
                    var judged = ((SandboxPolicy)AppContext.GetData(first)!).Judge(
        """), "and its lease was to be", "should be elsewhere");

    [Fact]
    public void A_mode_that_is_kept_in_memory_alone() => FindInSandbox(new PlantedFault(
        "lost-mode", "src/Postroom.Relay/Modes/ModeBook.cs",
        "            _file.Replace(JsonSerializer.Serialize(\n"
        + "                [.. fresh.Select(KeptMode.Of)], ModeJson.Default.KeptModeArray) + \"\\n\");\n", ""),
        "and there was said");

    [Fact]
    public void A_mode_whose_name_is_not_on_disk() => FindInSandbox(new PlantedFault(
        "lost-mode-name", "src/Postroom.Relay/Spool/Disk/WholeFile.cs", "        disk.SyncFolder(\"\");\n", ""),
        "and there was said", "is forgotten in life");

    [Fact]
    public void A_release_that_is_told_before_it_is_on_disk() => FindInSandbox(new PlantedFault(
        "early-release", "src/Postroom.Relay/Spool/Embedded/Reshaping.cs",
        "                await append(new Entry(new DirectedRecord(\n",
        "                _ = append(new Entry(new DirectedRecord(\n"),
        "was told that", "should be elsewhere");

    [Fact]
    public void A_brake_that_forgets_what_it_held() => FindInSandbox(new PlantedFault(
        "lost-storm", "src/Postroom.Relay/Storms/StormBook.cs",
        "            file.Replace(JsonSerializer.Serialize(kept, StormJson.Default.KeptStorms) + \"\\n\");\n", ""),
        "is forgotten in life");

    [Fact]
    public void A_redirected_copy_of_which_the_true_sender_hears() => FindInSandbox(new PlantedFault(
        "true-sender", "src/Postroom.Relay/Queue/RedirectedCopy.cs",
        "new ReversePath(mailbox.To.Address)", "lease.Envelope.From"), "which is in the place of");

    private static void Find(PlantedFault fault, params string[] signs) => Find(fault, (1, Seeds), signs);

    private static void FindInSandbox(PlantedFault fault, params string[] signs) => Find(fault, (-1, Sandboxes), signs);

    private static void Find(PlantedFault fault, (int First, int Count) seeds, string[] signs)
    {
        var said = fault.Hunt(seeds.First, seeds.Count);
        Assert.True(said is not null, $"{seeds.Count} seeds do not see it");
        Assert.True(signs.Any(sign => said.Contains(sign, StringComparison.Ordinal)), said);
    }
}
