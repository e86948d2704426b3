using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Postroom.Relay.Telemetry;
using Xunit;

namespace Postroom.Tests.Relay.Telemetry;

/// <summary>The table itself: names by the conventions, a manual each, and something to be said of alerts.</summary>
public sealed class InstrumentTests
{
    public static TheoryData<string> Names => [.. Instruments.All.Select(declared => declared.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Each_says_what_it_means_and_what_to_alert_on(string name)
    {
        var declared = Named(name);
        Assert.EndsWith(".", declared.Manual, StringComparison.Ordinal);
        Assert.True(declared.Alerts.Count > 0 != declared.NoAlert is not null,
            "either an alert, or why there is none");
        Assert.Equal(declared.Kind == InstrumentKind.Histogram, declared.Buckets.Count > 0);
        Assert.Equal(declared.Buckets.Order(), declared.Buckets);
        Assert.InRange(declared.Labels.Count, 0, 3);
    }

    [Theory, MemberData(nameof(Names))]
    public void Each_has_a_name_by_the_conventions(string name)
    {
        var declared = Named(name);
        Assert.Matches("^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$", declared.Name);
        Assert.Matches("^(s|By|\\{[a-z_]+\\})$", declared.Unit);
        Assert.Matches("^[a-z][a-z0-9_]*$", declared.Prometheus);
        Assert.All(declared.Labels, label => Assert.Matches("^[a-z][a-z0-9_.]*$", label.Name));
        Assert.Equal(declared.Kind == InstrumentKind.Counter,
            declared.Prometheus.EndsWith("_total", StringComparison.Ordinal));
        Assert.DoesNotMatch("_(count|sum|bucket|info_total|created)$", declared.Family);
    }

    [Fact]
    public void Each_is_declared_once()
    {
        Assert.Distinct(Instruments.All.Select(declared => declared.Name));
        Assert.Distinct(Instruments.All.Select(declared => declared.Prometheus));
        Assert.Distinct(Instruments.All.SelectMany(declared => declared.Alerts).Select(alert => alert.Name));
    }

    [Fact]
    public void Every_word_that_code_can_say_is_on_the_list()
    {
        Assert.Subset(SubmissionInstruments.SessionsEnded.Labels[1].Values.ToHashSet(),
            Enum.GetValues<Ending>().Except([Ending.None, Ending.Quit]).Select(EndingNames.Of).ToHashSet());
        Assert.Subset(QueueInstruments.Paused.Labels[1].Values.ToHashSet(),
            Enum.GetValues<Fault>().Select(Words.Of).ToHashSet());
        Assert.Subset(QueueInstruments.Verdicts.Labels[1].Values.ToHashSet(),
            Enum.GetValues<Happening>().Select(Words.Of).ToHashSet());
        Assert.Equal(Enum.GetValues<State>().Select(state => state.ToString().ToLowerInvariant()).Order(),
            QueueInstruments.Recipients.Labels[1].Values.Order());
    }

    [Theory]
    [InlineData("452 4.3.1 Insufficient system storage\r\n", "4.3.1")]
    [InlineData("538 5.7.11 Encryption required\r\n", "5.7.11")]
    [InlineData("554 mail.example No mail from your address\r\n", "none")]
    [InlineData("421\r\n", "none")]
    public void A_status_is_read_from_a_reply(string reply, string status) =>
        Assert.Equal(status, Statuses.Of(System.Text.Encoding.ASCII.GetBytes(reply)));

    private static Declaration Named(string name) => Instruments.All.Single(declared => declared.Name == name);
}
