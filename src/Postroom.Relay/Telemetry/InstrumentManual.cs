using System.Globalization;
using System.Text;

namespace Postroom.Relay.Telemetry;

/// <summary>The reference page of the instruments, made from their table.</summary>
public static class InstrumentManual
{
    private static readonly (string Heading, IReadOnlyList<Declaration> Instruments)[] Chapters =
    [
        ("What comes in", SubmissionInstruments.All), ("What waits and goes out", QueueInstruments.All),
        ("The store", StoreInstruments.All), ("Alarms and canaries", PostmasterInstruments.All),
        ("The relay and its process", RelayInstruments.All),
    ];

    public static string Write()
    {
        var page = new StringBuilder("# Metrics\n\n");
        page.Append("Made from the table of instruments in `src/Postroom.Relay/Telemetry`; how to use them is in ")
            .Append("[metrics.md](../metrics.md).\n")
            .Append("No label holds an address, a mail's id or anything else without bound; of an instrument with ")
            .Append(CultureInfo.InvariantCulture, $"more than {Declaration.MostSeries} series the rest is counted ")
            .Append(CultureInfo.InvariantCulture, $"as `{Declaration.Overflow}`.\n");
        foreach (var (heading, instruments) in Chapters)
        {
            page.Append("\n## ").Append(heading).Append('\n');
            foreach (var instrument in instruments)
                Describe(page, instrument);
        }

        return page.ToString();
    }

    private static void Describe(StringBuilder page, Declaration instrument)
    {
        page.Append("\n### `").Append(instrument.Prometheus).Append("`\n\n").Append(instrument.Manual).Append("\n\n");
        page.Append('*').Append(instrument.Kind).Append("*, OpenTelemetry `").Append(instrument.Name)
            .Append("`, unit `").Append(instrument.Unit).Append("`.");
        if (instrument.Buckets.Count > 0)
            page.Append(" Buckets up to ").AppendJoin(", ", instrument.Buckets.Select(
                bound => bound.ToString(CultureInfo.InvariantCulture))).Append('.');
        page.Append("\n\n");
        foreach (var label in instrument.Labels)
        {
            page.Append("- `").Append(PrometheusText.NameOf(label)).Append("`: ").Append(label.Manual);
            if (label.Values.Count > 0)
                page.Append(". One of ").AppendJoin(", ", label.Values.Select(value => $"`{value}`"));
            page.Append('\n');
        }

        if (instrument.Labels.Count > 0)
            page.Append('\n');
        foreach (var alert in instrument.Alerts)
            page.Append("**Alert** `").Append(alert.Name).Append("`: ").Append(alert.When).Append(".\n");
        if (instrument.NoAlert is { } why)
            page.Append("No alert: ").Append(why).Append('\n');
    }
}
