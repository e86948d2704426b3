using System.Text.Json;
using System.Text.RegularExpressions;
using Postroom.Relay.Telemetry;
using Xunit;

namespace Postroom.Tests.Program.Deploy;

/// <summary>What ships for Prometheus and Grafana names what there is, and all that is to be alerted on.</summary>
public sealed partial class ShippedRulesTests
{
    private static readonly string Rules = File.ReadAllText(At("prometheus", "postroom.rules.yml"));
    private static readonly string[] OfPrometheus = ["instance", "job", "le", "alertname", "alertstate"];

    [Fact]
    public void The_reference_page_is_made_from_the_table_of_instruments() =>
        Golden.Equal(Path.Combine(Golden.Root, "docs", "reference", "metrics.md"), InstrumentManual.Write());

    [Fact]
    public void Every_alert_of_the_table_has_a_rule_about_its_instrument_and_no_rule_is_beside_the_table()
    {
        var shipped = RuleBlocks().ToDictionary(rule => rule.Name, rule => rule.Text);
        foreach (var declared in Instruments.All)
            foreach (var alert in declared.Alerts)
                Assert.Contains(declared.Family, Assert.Contains(alert.Name, shipped), StringComparison.Ordinal);
        Assert.Equal(Instruments.All.SelectMany(declared => declared.Alerts).Select(alert => alert.Name).Order(),
            shipped.Keys.Order());
    }

    [Fact]
    public void Every_rule_says_in_a_line_what_is_wrong_and_what_to_do()
    {
        foreach (var (name, text) in RuleBlocks())
        {
            Assert.True(SummaryLine().IsMatch(text), $"{name} has no summary");
            Assert.True(CureLine().IsMatch(text), $"{name} has no cure");
            Assert.True(SeverityLine().IsMatch(text), $"{name} has no severity");
        }
    }

    [Fact]
    public void Every_rule_is_tested_where_it_fires_and_where_it_nearly_does()
    {
        var tests = File.ReadAllText(At("prometheus", "postroom.tests.yml"));
        foreach (var (name, _) in RuleBlocks())
        {
            Assert.Contains($"name: {name} fires\n", tests, StringComparison.Ordinal);
            Assert.Contains($"name: {name} is silent\n", tests, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_rules_name_only_what_there_is() =>
        Assert.Empty(RuleBlocks().SelectMany(rule => Unknown(rule.Text.Split("annotations:")[0])));

    [Fact]
    public void The_dashboard_names_only_what_there_is_and_shows_most_of_it()
    {
        using var board = JsonDocument.Parse(File.ReadAllText(At("grafana", "postroom.json")));
        var asked = Expressions(board.RootElement).ToList();
        Assert.Empty(asked.SelectMany(Unknown));
        var all = string.Join('\n', asked);
        var unseen = Instruments.All.Where(declared => !all.Contains(declared.Family, StringComparison.Ordinal))
            .Select(declared => declared.Prometheus);
        Assert.Empty(unseen);
    }

    [Theory]
    [InlineData("sum(postroom_mails_refusd_total)", "postroom_mails_refusd_total")]
    [InlineData("postroom_lane_paused{lame=\"x\"}", "lame")]
    [InlineData("postroom_lane_paused{fault=\"nobody\"}", "nobody")]
    [InlineData("postroom_lane_paused{fault=~\"nexthop|nobody\"}", "nobody")]
    [InlineData("sum by (route) (postroom_mails_refused_total)", "route")]
    [InlineData("postroom_disk_free_bytes_bucket", "postroom_disk_free_bytes_bucket")]
    public void What_there_is_not_is_seen(string planted, string complaint) =>
        Assert.Contains(Unknown(planted), said => said.Contains(complaint, StringComparison.Ordinal));

    private static IEnumerable<string> Unknown(string expression)
    {
        var labels = new HashSet<string>(OfPrometheus, StringComparer.Ordinal);
        foreach (Match found in Selector().Matches(expression))
        {
            if (Named(found.Groups[1].Value) is not { } declared)
            {
                yield return $"there is no {found.Groups[1].Value}";
                continue;
            }

            labels.UnionWith(declared.Labels.Select(PrometheusText.NameOf));
            foreach (Match one in Matcher().Matches(found.Groups[2].Value))
                foreach (var complaint in Unknown(declared, one.Groups[1].Value, one.Groups[2].Value))
                    yield return complaint;
        }

        foreach (Match grouping in Grouping().Matches(expression))
            foreach (var label in grouping.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
                if (!labels.Contains(label))
                    yield return $"nothing in {expression} has the label {label}";
    }

    private static IEnumerable<string> Unknown(Declaration declared, string name, string values)
    {
        if (OfPrometheus.Contains(name))
            yield break;
        if (declared.Labels.FirstOrDefault(label => PrometheusText.NameOf(label) == name) is not { } label)
        {
            yield return $"{declared.Prometheus} has no label {name}";
            yield break;
        }

        if (label.Values.Count > 0 && !values.StartsWith('$'))
            foreach (var value in values.Split('|').Where(value => !label.Values.Contains(value)))
                yield return $"{declared.Prometheus} never has {name}=\"{value}\"";
    }

    private static Declaration? Named(string metric) => Instruments.All.FirstOrDefault(declared =>
        metric == declared.Prometheus && declared.Kind != InstrumentKind.Histogram
        || declared.Kind == InstrumentKind.Histogram
            && metric is [.. var family, '_', 'b', 'u', 'c', 'k', 'e', 't'] && family == declared.Family
        || declared.Kind == InstrumentKind.Histogram
            && (metric == declared.Family + "_sum" || metric == declared.Family + "_count"));

    private static IEnumerable<(string Name, string Text)> RuleBlocks() => Rules.Split("- alert: ")[1..]
        .Select(block => (block[..block.IndexOf('\n', StringComparison.Ordinal)], block.Split("- name:")[0]));

    private static IEnumerable<string> Expressions(JsonElement at) => at.ValueKind switch
    {
        JsonValueKind.Object => at.EnumerateObject().SelectMany(member =>
            member is { Name: "expr", Value.ValueKind: JsonValueKind.String }
                ? [member.Value.GetString()!] : Expressions(member.Value)),
        JsonValueKind.Array => at.EnumerateArray().SelectMany(Expressions),
        _ => [],
    };

    private static string At(params string[] path) => Path.Combine([Golden.Root, "deploy", .. path]);

    [GeneratedRegex(@"\b((?:postroom|process|dotnet)_[a-z_0-9]+)\b(?:\{([^}]*)\})?")]
    private static partial Regex Selector();

    [GeneratedRegex("([a-z_]+)\\s*=~?\\s*\"([^\"]*)\"")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\b(?:by|on)\s*\(([a-z_, ]+)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("^ +summary: .{10,}$", RegexOptions.Multiline)]
    private static partial Regex SummaryLine();

    [GeneratedRegex("^ +cure: .{20,}$", RegexOptions.Multiline)]
    private static partial Regex CureLine();

    [GeneratedRegex("severity: (page|ticket)")]
    private static partial Regex SeverityLine();
}
