using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>OTLP, with a collector that reads the protobuf by hand; and with one that is away.</summary>
public sealed class CollectorListens : IDisposable
{
    [Fact]
    public async Task It_gets_metrics_and_a_trace_of_each_acceptance_and_each_try_without_addresses()
    {
        await using var collector = Collector.Start();
        await using var sink = Sink.Start();
        sink.Reply = command => command.StartsWith("RCPT TO:<nobody@", StringComparison.Ordinal)
            ? "550 5.1.1 nobody@example.com is not here" : null;
        await using var relay = new RealRelay();
        await StartAsync(relay, sink, collector.Port, "");
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-1")), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-2"), to: "nobody@example.com"),
            StringComparison.Ordinal);

        await collector.UntilAsync(c => c.Spans.Count(span => span.Name == "try") >= 3, "three tries");
        await collector.UntilAsync(c => c.MetricNames.Contains("postroom.delivery.delay"), "its metrics");
        Assert.Contains("dotnet.process.cpu.time", collector.MetricNames);
        Assert.Equal("postroom", collector.Resource["service.name"]);
        Assert.Equal("relay.example.test", collector.Resource["service.instance.id"]);
        Assert.Equal("test", collector.Resource["deployment.environment.name"]);
        Assert.All(collector.Taken, taken => Assert.Equal("s3cret", taken.Header));

        var spans = collector.Spans;
        var accepted = spans.Where(span => span.Name == "accept").ToList();
        Assert.Equal(2, accepted.Count);
        Assert.All(accepted, span => Assert.Empty(span.Parent));
        var tries = spans.Where(span => span.Name == "try").ToList();
        var delivered = tries.First(span => span.Attributes["messaging.message.id"]
            == accepted[0].Attributes["messaging.message.id"]);
        Assert.Equal("delivered", delivered.Attributes["postroom.outcome"]);
        Assert.Equal("upstream", delivered.Attributes["postroom.route"]);
        var steps = spans.Where(span => span.Parent == delivered.Id).OrderBy(span => span.From).ToList();
        Assert.Contains("dot", steps.Select(span => span.Name));
        Assert.All(steps, step => Assert.True(step.Trace == delivered.Trace && step.To >= step.From));
        Assert.Equal("recipient", tries.First(span => span.Attributes.ContainsKey("error.type"))
            .Attributes["postroom.outcome"]);
        Assert.DoesNotContain(spans.SelectMany(span => span.Attributes.Values),
            value => value.Contains('@', StringComparison.Ordinal));

        var scrape = await Scrape.OfAsync(relay);
        Assert.True(scrape.Sum("postroom_telemetry_exports_total", "metrics", "taken") >= 1);
        Assert.True(scrape.Sum("postroom_telemetry_exports_total", "traces", "taken") >= 1);
    }

    [Fact]
    public async Task Addresses_are_there_where_somebody_asked_for_them()
    {
        await using var collector = Collector.Start();
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        await StartAsync(relay, sink, collector.Port, "addresses = true\nmetrics = false");
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await collector.UntilAsync(c => c.Spans.Any(span => span.Name == "try"), "the try");
        Assert.Contains(collector.Spans, span => span.Attributes.GetValueOrDefault("postroom.to", "").Contains('@'));
        Assert.Empty(collector.MetricNames);
    }

    [Fact]
    public async Task One_that_is_away_costs_a_line_in_the_log_and_no_mail_and_a_reload_ends_it()
    {
        var port = Ports.Free();
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        await StartAsync(relay, sink, port, "");
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await sink.WaitAsync(1, relay);
        var scrape = await Scrape.UntilAsync(relay,
            now => now.Sum("postroom_telemetry_exports_total", "metrics", "failed") >= 3, "it was tried three times");
        Assert.Equal(0, scrape.Sum("postroom_telemetry_exports_total", "taken"));
        await relay.WaitForAsync("does not take metrics");
        Assert.Equal(2, relay.Printed.Split("does not take metrics").Length); // said once

        await using var collector = Collector.Start(port);
        await relay.WaitForAsync("takes metrics again");
        await collector.UntilAsync(c => c.MetricNames.Count > 0, "metrics again");

        await File.WriteAllTextAsync(relay.ConfigurationFile, relay.Live(sink.Port),
            TestContext.Current.CancellationToken);
        var reload = await relay.DoAsync("reload");
        Assert.True(reload.ExitCode == 0, reload.ToString());
        Assert.Equal(0, await relay.StopAsync());
    }

    private readonly string _keys = Directory.CreateTempSubdirectory("postroom-key-").FullName;

    public void Dispose() => Directory.Delete(_keys, recursive: true);

    private async Task StartAsync(RealRelay relay, Sink sink, int port, string more)
    {
        File.WriteAllText(relay.ConfigurationFile, relay.Live(sink.Port, rest: $"""
            [vault]
            key_file = '{_keys}/vault.key'
            [telemetry]
            endpoint = "http://127.0.0.1:{port}"
            headers = "secret:collector"
            interval = "1s"
            resource = [ "deployment.environment.name=test" ]
            {more}
            """));
        var kept = await relay.DoWithInputAsync("x-token=s3cret\n", "secret", "set", "collector",
            "--config", relay.ConfigurationFile);
        Assert.True(kept.ExitCode == 0, kept.ToString());
        await relay.StartAsync();
    }
}
