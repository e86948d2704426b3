using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Telemetry;
using Xunit;

namespace Postroom.Tests.Relay.Telemetry;

public sealed class MeterReaderTests
{
    [Fact]
    public void What_is_counted_is_read_and_another_relays_is_not()
    {
        using var meters = new RelayMeters();
        using var other = new RelayMeters();
        using var reader = new MeterReader(meters);
        meters.Submission.Accepted("jira", "jira", 5_000, 2);
        meters.Submission.Accepted("jira", null, 3_000, 1);
        other.Submission.Accepted("jira", "jira", 1, 1);
        Assert.Equal(1, Value(reader, "postroom.mails.accepted", "jira", "jira"));
        Assert.Equal(1, Value(reader, "postroom.mails.accepted", "jira", "unrecognised"));
        Assert.Equal(3, Value(reader, "postroom.recipients.accepted", "jira"));
        Assert.Equal(8_000, Value(reader, "postroom.mail.size", "jira"));
    }

    [Fact]
    public void Many_threads_lose_nothing()
    {
        using var meters = new RelayMeters();
        using var reader = new MeterReader(meters);
        Parallel.For(0, 40_000, at =>
        {
            meters.Submission.Answered("a", TimeSpan.FromSeconds(at % 2 == 0 ? 0.5 : 2));
            meters.Queue.Tried("r", "delivered");
        });
        var answers = Sample(reader, "postroom.acceptance.duration", "a");
        Assert.Equal(40_000, answers.Buckets.Sum());
        Assert.Equal(50_000, answers.Value);
        Assert.Equal(40_000, Value(reader, "postroom.attempts", "r", "delivered"));
    }

    [Fact]
    public void However_many_values_a_label_takes_the_series_are_bounded_and_nothing_is_lost()
    {
        using var meters = new RelayMeters();
        using var reader = new MeterReader(meters);
        for (var i = 0; i < 10_000; i++)
            meters.Submission.Accepted("listener", "made-up-" + i, 1, 1);
        var family = reader.Read().Single(one => one.Declared.Name == "postroom.mails.accepted");
        Assert.Equal(Declaration.MostSeries + 1, family.Samples.Count);
        Assert.Equal(10_000, family.Samples.Sum(sample => sample.Value));
        Assert.Equal(10_000 - Declaration.MostSeries, Value(reader, "postroom.mails.accepted", "other", "other"));
    }

    [Fact]
    public void What_is_only_looked_at_tells_what_is_so_now_and_forgets_what_was()
    {
        using var meters = new RelayMeters();
        using var reader = new MeterReader(meters);
        string[] lanes = ["a", "b"];
        meters.Observe(QueueInstruments.InFlight, () => lanes.Select(lane =>
            new System.Diagnostics.Metrics.Measurement<double>(7, new KeyValuePair<string, object?>("lane", lane))));
        Assert.Equal(2, Family(reader, "postroom.lane.in_flight").Samples.Count);
        lanes = ["b"];
        Assert.Equal(["b"], Assert.Single(Family(reader, "postroom.lane.in_flight").Samples).Labels);
    }

    [Fact]
    public void To_measure_allocates_nothing()
    {
        using var meters = new RelayMeters();
        using var reader = new MeterReader(meters);
        var attempt = new AttemptFacts("127.0.0.1:25", null, null, true, [new Step("mail", 1), new Step("dot", 2)]);
        Measure(meters, attempt); // the series are there
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            Measure(meters, attempt);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1_001, Value(reader, "postroom.reports", "route"));
    }

    [Fact]
    public void What_the_runtime_measures_is_there_too()
    {
        using var meters = new RelayMeters();
        using var reader = new MeterReader(meters);
        Assert.True(Value(reader, "dotnet.process.cpu.time", "user") >= 0);
        Assert.True(Value(reader, "dotnet.process.memory.working_set") > 1 << 20);
        var unsaid = reader.Read().Where(family => family.Declared.Meter == RelayInstruments.RuntimeMeter
            && family.Samples.Count == 0).Select(family => family.Declared.Name);
        Assert.Empty(unsaid);
    }

    private static void Measure(RelayMeters meters, AttemptFacts attempt)
    {
        meters.Submission.Opened("listener");
        meters.Submission.Accepted("listener", "jira", 1_000, 1);
        meters.Submission.Answered("listener", TimeSpan.FromMilliseconds(3));
        meters.Submission.CommandRefused("listener", "452 4.3.1 Insufficient system storage\r\n"u8);
        meters.Submission.Closed("listener");
        meters.Journal.Written(4_096);
        meters.Journal.Synced(TimeSpan.FromMilliseconds(2), 3);
        meters.Queue.Tried("route", "delivered");
        meters.Queue.Took("route", TimeSpan.FromMilliseconds(5), attempt);
        meters.Queue.Ruled("route", Happening.Accepted);
        meters.Queue.Delivered("route", TimeSpan.FromMilliseconds(9));
        meters.Queue.Reported("route");
        meters.Queue.Paused("route", Fault.NextHop);
    }

    private static Family Family(MeterReader reader, string name) =>
        reader.Read().Single(family => family.Declared.Name == name);

    private static Sample Sample(MeterReader reader, string name, params string[] labels) =>
        Family(reader, name).Samples.Single(sample => sample.Labels.SequenceEqual(labels));

    private static double Value(MeterReader reader, string name, params string[] labels) =>
        Sample(reader, name, labels).Value;
}
