using System.Globalization;
using System.Text;
using CsCheck;
using Postroom.Relay.Telemetry;
using Xunit;

namespace Postroom.Tests.Relay.Telemetry;

/// <summary>The text is read back by a reader of its own, written from the format's own words.</summary>
public sealed class PrometheusTextTests
{
    private static readonly Label[] Labels = [new("who", "any"), new("cpu.mode", "any")];

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.String, Gen.String[Gen.Char["\\\"\n\r{}=, ab#é"], 0, 12], Gen.Const("other"));

    private static readonly Gen<double> Values = Gen.OneOf(Gen.Double, Gen.Const(double.NaN),
        Gen.Const(double.PositiveInfinity), Gen.Const(double.NegativeInfinity), Gen.Int.Select(n => (double)n));

    [Theory]
    [InlineData(TextForm.Plain)]
    [InlineData(TextForm.OpenMetrics)]
    public void Whatever_a_label_or_a_value_is_it_is_read_back(TextForm form) =>
        Gen.Select(Texts, Texts, Values, Texts).Sample((first, second, value, manual) =>
        {
            var declared = new Declaration("a.b", InstrumentKind.Counter, "s", manual) { Labels = Labels };
            var text = PrometheusText.Write([new Family(declared, [new Sample([first, second], value)])], form);
            var line = Assert.Single(ScrapedText.Read(text).Lines);
            Assert.Equal("a_b_seconds_total", line.Name);
            Assert.Equal(first, line.Labels["who"]);
            Assert.Equal(second, line.Labels["cpu_mode"]);
            Assert.Equal(value, line.Value);
            var name = form == TextForm.Plain ? "a_b_seconds_total" : "a_b_seconds";
            Assert.Contains($"\n# TYPE {name} counter\n", text, StringComparison.Ordinal);
            Assert.StartsWith($"# HELP {name} ", text, StringComparison.Ordinal);
            Assert.Equal(form == TextForm.OpenMetrics, text.EndsWith("\n# EOF\n", StringComparison.Ordinal));
        }, iter: 2_000);

    [Theory]
    [InlineData(TextForm.Plain)]
    [InlineData(TextForm.OpenMetrics)]
    public void A_histogram_is_cumulative_and_its_last_bucket_is_its_count(TextForm form) =>
        Gen.OneOf(Values, Gen.Double[0, 12]).Array[0, 40].Sample(values =>
        {
            double[] bounds = [0.5, 1, 10];
            var declared = new Declaration("h", InstrumentKind.Histogram, "s", "") { Buckets = bounds };
            var series = new Series(default, bounds);
            foreach (var value in values)
                series.Record(value);
            var sample = new Sample([], series.Value) { Buckets = series.Buckets() };
            var lines = ScrapedText.Read(PrometheusText.Write([new Family(declared, [sample])], form)).Lines;
            var buckets = lines.Where(line => line.Name == "h_seconds_bucket").ToList();
            Assert.Equal(form == TextForm.Plain ? ["0.5", "1", "10", "+Inf"] : ["0.5", "1.0", "10.0", "+Inf"],
                buckets.Select(bucket => bucket.Labels["le"]));
            Assert.Equal(bounds.Select(bound => (double)values.Count(value => value <= bound)).Append(values.Length),
                buckets.Select(bucket => bucket.Value));
            Assert.Equal(values.Length, Assert.Single(lines, line => line.Name == "h_seconds_count").Value);
            Assert.Equal(values.Aggregate(0.0, (sum, value) => sum + value),
                Assert.Single(lines, line => line.Name == "h_seconds_sum").Value);
        }, iter: 500);

    [Theory]
    [InlineData(null, TextForm.Plain)]
    [InlineData("*/*", TextForm.Plain)]
    [InlineData("text/plain;version=0.0.4", TextForm.Plain)]
    [InlineData("application/openmetrics-text", TextForm.OpenMetrics)]
    [InlineData("application/openmetrics-text; version=1.0.0; charset=utf-8", TextForm.OpenMetrics)]
    [InlineData("application/openmetrics-text;version=0.0.1", TextForm.Plain)] // we speak 1.0.0
    [InlineData("text/plain;q=0.5,application/openmetrics-text;q=0.4", TextForm.Plain)]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TextForm.OpenMetrics)] // Prometheus 2
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,*/*;q=0.2", TextForm.OpenMetrics)] // Prometheus 3
    [InlineData("application/openmetrics-text;q=0,*/*", TextForm.Plain)]
    [InlineData(";;,q=,,text/html", TextForm.Plain)]
    public void A_client_gets_what_it_likes_best(string? accept, TextForm form) =>
        Assert.Equal(form, PrometheusText.Choose(accept));

    [Fact]
    public void What_says_nothing_is_left_out()
    {
        var declared = new Declaration("a", InstrumentKind.Gauge, "", "");
        Assert.Equal("", PrometheusText.Write([new Family(declared, [])], TextForm.Plain));
        Assert.Equal("# EOF\n", PrometheusText.Write([new Family(declared, [])], TextForm.OpenMetrics));
    }
}

/// <summary>Reads the text as the format says: https://prometheus.io/docs/instrumenting/exposition_formats/.</summary>
internal sealed record ScrapedText(IReadOnlyList<ScrapedLine> Lines)
{
    public static ScrapedText Read(string text)
    {
        Assert.True(text.Length == 0 || text[^1] == '\n', "the last line ends with a line feed");
        return new ScrapedText([.. text.Split('\n')[..^1].Where(line => line[0] != '#').Select(ReadLine)]);
    }

    private static ScrapedLine ReadLine(string line)
    {
        var at = line.IndexOfAny(['{', ' ']);
        var (name, labels) = (line[..at], new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Matches("^[a-zA-Z_:][a-zA-Z0-9_:]*$", name);
        if (line[at] == '{')
        {
            while (line[at] != '}')
            {
                var equals = line.IndexOf('=', at);
                var key = line[(at + 1)..equals];
                Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", key);
                Assert.Equal('"', line[equals + 1]);
                at = equals + 2;
                var value = new StringBuilder();
                for (; line[at] != '"'; at++)
                    value.Append(line[at] != '\\' ? line[at] : line[++at] switch { 'n' => '\n', var c => c });
                labels.Add(key, value.ToString());
                at++;
            }

            at++;
        }

        Assert.Equal(' ', line[at]);
        return new ScrapedLine(name, labels, Number(line[(at + 1)..]));
    }

    private static double Number(string text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };
}

internal sealed record ScrapedLine(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
