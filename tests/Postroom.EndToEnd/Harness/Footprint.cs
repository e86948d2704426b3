using System.Globalization;

namespace Postroom.EndToEnd.Harness;

/// <summary>What a process takes of the machine.</summary>
/// <param name="Pss">Memory, shared pages by its share, in KiB (<c>smaps_rollup</c>).</param>
/// <param name="Rss">Memory in KiB.</param>
/// <param name="Descriptors">Open descriptors.</param>
/// <param name="Threads">Threads.</param>
internal sealed record Footprint(double Pss, double Rss, double Descriptors, double Threads)
{
    public static Footprint Of(int process)
    {
        var rollup = File.ReadAllLines($"/proc/{process}/smaps_rollup");
        var status = File.ReadAllLines($"/proc/{process}/status");
        return new Footprint(Number(rollup, "Pss:"), Number(rollup, "Rss:"),
            Directory.GetFileSystemEntries($"/proc/{process}/fd").Length, Number(status, "Threads:"));
    }

    /// <summary>What it was most of the time: the median of each.</summary>
    public static Footprint Usual(IReadOnlyList<Footprint> readings) => new(
        Median(readings.Select(r => r.Pss)), Median(readings.Select(r => r.Rss)),
        Median(readings.Select(r => r.Descriptors)), Median(readings.Select(r => r.Threads)));

    /// <summary>This as a multiple of an earlier one: the four, in order.</summary>
    public IReadOnlyList<double> Over(Footprint earlier) =>
        [Pss / earlier.Pss, Rss / earlier.Rss, Descriptors / earlier.Descriptors, Threads / earlier.Threads];

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Pss / 1_024:0} MiB PSS, {Rss / 1_024:0} MiB RSS, {Descriptors:0} descriptors, {Threads:0} threads");

    private static double Number(string[] lines, string name) => double.Parse(
        lines.First(line => line.StartsWith(name, StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        var inOrder = values.Order().ToList();
        return inOrder[inOrder.Count / 2];
    }
}
