using System.Collections.Concurrent;
using System.Diagnostics;
using Postroom.Mail;
using Postroom.Mail.Privacy;
using Postroom.Relay.Telemetry;
using Xunit;

namespace Postroom.Tests.Relay.Telemetry;

public sealed class RelayTracesTests
{
    [Theory]
    [InlineData(false, null, null)]
    [InlineData(true, "j***@example.com", "a***@example.com b***@example.com")]
    public void Addresses_are_in_traces_where_they_are_asked_for_and_as_the_log_has_them(
        bool namesPeople, string? from, string? to)
    {
        var told = new ConcurrentQueue<Activity>(); // other tests may be heard too
        var id = new MailId(0x4711_4711);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Instruments.MeterName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = told.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var traces = new RelayTraces { NamesPeople = namesPeople, Shown = AddressVeil.Masked.Of };
        var envelope = new Envelope(new ReversePath("jira@example.com"),
            [new Recipient(new ForwardPath("alice@example.com")), new Recipient(new ForwardPath("bob@example.com"))]);
        traces.Tried(new TriedMail(id, "upstream", envelope, 1, "failed"), null, (DateTimeOffset.UnixEpoch, default));
        var span = Assert.Single(told, one => (string?)one.GetTagItem("messaging.message.id") == id.ToString());
        Assert.Equal((from, to), (span.GetTagItem("postroom.from"), span.GetTagItem("postroom.to")));
    }
}
