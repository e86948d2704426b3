namespace Postroom.Relay.Telemetry;

/// <summary>What an instrument measures with.</summary>
public enum InstrumentKind
{
    /// <summary>Only grows, from zero at each start.</summary>
    Counter,

    /// <summary>As it stands at the moment of the look.</summary>
    Gauge,

    /// <summary>How often, how much in all, and how many up to each bound.</summary>
    Histogram,
}

/// <summary>By what the values of an instrument are told apart.</summary>
/// <param name="Name">As Prometheus writes it; OpenTelemetry gets the same.</param>
/// <param name="Manual">What it names.</param>
/// <param name="Values">All there are; empty where the configuration bounds them: routes, listeners, accounts.</param>
public sealed record Label(string Name, string Manual, params IReadOnlyList<string> Values);

/// <summary>A rule that ships with the relay.</summary>
/// <param name="Name">Of the rule in <c>deploy/prometheus/postroom.rules.yml</c>.</param>
/// <param name="When">When it fires, in words.</param>
public sealed record Alert(string Name, string When);

/// <summary>One instrument, declared once: the meter, the text for Prometheus and the reference page are made from
/// it.</summary>
/// <param name="Name">By OpenTelemetry's convention: dots, no unit.</param>
/// <param name="Unit">UCUM: <c>s</c>, <c>By</c>, or what is counted, in braces.</param>
/// <param name="Manual">What it means, in a sentence or two.</param>
public sealed record Declaration(string Name, InstrumentKind Kind, string Unit, string Manual)
{
    /// <summary>The most series of one instrument. What comes beyond is counted as <see cref="Overflow"/>.</summary>
    public const int MostSeries = 500;

    /// <summary>The value of every label where there are too many.</summary>
    public const string Overflow = "other";

    public IReadOnlyList<Label> Labels { get; init; } = [];

    /// <summary>What to wake a person for.</summary>
    public IReadOnlyList<Alert> Alerts { get; init; } = [];

    /// <summary>Why there is no alert on it; what it is looked at for.</summary>
    public string? NoAlert { get; init; }

    /// <summary>The upper bounds of a histogram's buckets, without the last, which is infinite.</summary>
    public IReadOnlyList<double> Buckets { get; init; } = [];

    /// <summary>Whose meter it is.</summary>
    public string Meter { get; init; } = Instruments.MeterName;

    /// <summary>Without the <c>_total</c> of a counter: what OpenMetrics calls the family.</summary>
    public string Family { get => field ?? FamilyOf(Name, Unit); init; }

    /// <summary>As Prometheus knows it; OpenTelemetry's collector makes the same of the name.</summary>
    public string Prometheus => Kind == InstrumentKind.Counter ? Family + "_total" : Family;

    private static string FamilyOf(string name, string unit)
    {
        var flat = name.Replace('.', '_');
        var suffix = unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return flat.EndsWith(suffix, StringComparison.Ordinal) ? flat : flat + suffix;
    }
}
