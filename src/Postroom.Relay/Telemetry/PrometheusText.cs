using System.Globalization;
using System.Text;

namespace Postroom.Relay.Telemetry;

/// <summary>The two forms in which Prometheus reads.</summary>
public enum TextForm
{
    /// <summary>Text exposition format 0.0.4.</summary>
    Plain,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}

/// <summary>Writes what instruments say as Prometheus reads it.</summary>
/// <remarks>
/// The two forms differ little. OpenMetrics names a counter's family without <c>_total</c>, escapes quotes in HELP,
/// writes whole bounds of buckets as <c>1.0</c>, and ends with <c># EOF</c>, so that half an answer is known as such.
/// </remarks>
public static class PrometheusText
{
    public static string ContentType(TextForm form) => form == TextForm.OpenMetrics
        ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
        : "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The form a client likes best of those it accepts; plain where it does not say.</summary>
    public static TextForm Choose(string? accept)
    {
        var (best, form) = (0.0, TextForm.Plain);
        foreach (var range in (accept ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = range.Split(';', StringSplitOptions.TrimEntries);
            var weight = Weight(parts);
            if (parts[0].Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
            {
                if (weight > best && IsOurs(parts))
                    (best, form) = (weight, TextForm.OpenMetrics);
            }
            else if (parts[0].ToLowerInvariant() is "text/plain" or "text/*" or "*/*" && weight > best)
                (best, form) = (weight, TextForm.Plain);
        }

        return form;
    }

    public static string Write(IReadOnlyList<Family> families, TextForm form)
    {
        var text = new StringBuilder();
        foreach (var family in families)
            if (family.Samples.Count > 0)
                WriteFamily(text, family, form);
        if (form == TextForm.OpenMetrics)
            text.Append("# EOF\n");
        return text.ToString();
    }

    private static void WriteFamily(StringBuilder text, Family family, TextForm form)
    {
        var declared = family.Declared;
        var name = form == TextForm.OpenMetrics ? declared.Family : declared.Prometheus;
        text.Append("# HELP ").Append(name).Append(' ');
        Escape(text, declared.Manual, withQuotes: form == TextForm.OpenMetrics);
        text.Append("\n# TYPE ").Append(name).Append(' ').Append(Word(declared.Kind)).Append('\n');
        foreach (var sample in family.Samples)
            if (declared.Kind == InstrumentKind.Histogram)
                WriteHistogram(text, declared, sample, form);
            else
                WriteLine(text, declared.Prometheus, declared, sample, (null, sample.Value));
    }

    private static void WriteHistogram(StringBuilder text, Declaration declared, Sample sample, TextForm form)
    {
        var count = 0L;
        for (var i = 0; i < sample.Buckets.Count; i++)
        {
            count += sample.Buckets[i];
            var bound = i < declared.Buckets.Count ? Bound(declared.Buckets[i], form) : "+Inf";
            WriteLine(text, declared.Prometheus + "_bucket", declared, sample, (bound, count));
        }

        WriteLine(text, declared.Prometheus + "_sum", declared, sample, (null, sample.Value));
        WriteLine(text, declared.Prometheus + "_count", declared, sample, (null, count));
    }

    private static void WriteLine(
        StringBuilder text, string name, Declaration declared, Sample sample, (string? Bound, double Is) value)
    {
        text.Append(name);
        var before = '{';
        for (var i = 0; i < declared.Labels.Count; i++)
        {
            text.Append(before).Append(NameOf(declared.Labels[i])).Append("=\"");
            Escape(text, sample.Labels[i], withQuotes: true);
            text.Append('"');
            before = ',';
        }

        if (value.Bound is not null)
        {
            text.Append(before).Append("le=\"").Append(value.Bound).Append('"');
            before = ',';
        }

        if (before == ',')
            text.Append('}');
        text.Append(' ').Append(Number(value.Is)).Append('\n');
    }

    /// <summary>A label's name as Prometheus takes it.</summary>
    public static string NameOf(Label label) => label.Name.Replace('.', '_');

    private static string Word(InstrumentKind kind) => kind switch
    {
        InstrumentKind.Counter => "counter",
        InstrumentKind.Gauge => "gauge",
        InstrumentKind.Histogram => "histogram",
    };

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Bound(double bound, TextForm form)
    {
        var number = Number(bound);
        return form == TextForm.OpenMetrics && !number.AsSpan().ContainsAny('.', 'E') ? number + ".0" : number;
    }

    private static void Escape(StringBuilder text, string value, bool withQuotes)
    {
        foreach (var c in value)
            switch (c)
            {
                case '\\':
                    text.Append(@"\\");
                    break;
                case '\n':
                    text.Append(@"\n");
                    break;
                case '"' when withQuotes:
                    text.Append("\\\"");
                    break;
                default:
                    text.Append(c);
                    break;
            }
    }

    private static bool IsOurs(string[] parts) => !Array.Exists(parts,
        part => part.StartsWith("version=", StringComparison.OrdinalIgnoreCase) && part != "version=1.0.0");

    private static double Weight(string[] parts)
    {
        var given = Array.Find(parts, part => part.StartsWith("q=", StringComparison.OrdinalIgnoreCase));
        return given is null ? 1
            : double.TryParse(given.AsSpan(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var weight) ? weight : 0;
    }
}
