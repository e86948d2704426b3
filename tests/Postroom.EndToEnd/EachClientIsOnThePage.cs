using System.Reflection;
using System.Text.RegularExpressions;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Holds docs/interoperability.md to the tests: no row without one, and none of them without a row.</summary>
public sealed partial class EachClientIsOnThePage
{
    private static readonly Type[] OfClients = [typeof(AnyClientIsServed), typeof(AnyApplicationIsServed)];

    private static readonly IReadOnlyList<(string Name, IReadOnlyList<string> Tests)> Rows =
        [.. from line in Interoperability.Page.Split('\n')
            where line.Contains("IsServed.", StringComparison.Ordinal)
                || line.Contains("`NextHopIs", StringComparison.Ordinal)
            select (line.Split('|')[1].Trim(), (IReadOnlyList<string>)[.. Test().Matches(line).Select(m => m.Value)])];

    [Fact]
    public void Each_row_names_tests_that_try_it()
    {
        Assert.True(Rows.Count > 20);
        foreach (var (name, tests) in Rows)
            foreach (var test in tests)
            {
                var parts = test.Split('.');
                var method = typeof(EachClientIsOnThePage).Assembly.GetType($"Postroom.EndToEnd.{parts[0]}")
                    ?.GetMethod(parts[1]);
                Assert.True(method?.GetCustomAttribute<FactAttribute>() is not null, $"{name}: no test is {test}");
                var tried = Tried(method).ToList();
                Assert.True(tried.Count == 0 || tried.Contains(name), $"{test} does not try {name}");
                Assert.True(!parts[0].StartsWith("NextHopIs", StringComparison.Ordinal)
                    || parts[0].Equals($"NextHopIs{name}", StringComparison.OrdinalIgnoreCase), $"{name}: {test}");
            }
    }

    [Fact]
    public void Each_client_and_next_hop_that_is_tried_has_its_row()
    {
        var onPage = Rows.Select(row => row.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Assert.Equal(Rows.Count, onPage.Count);
        var clients = OfClients.SelectMany(type => type.GetMethods()).SelectMany(Tried).Where(name => name != "ours");
        var hops = typeof(EachClientIsOnThePage).Assembly.GetTypes()
            .Where(t => t.Name.StartsWith("NextHopIs", StringComparison.Ordinal))
            .Except([typeof(NextHopIsAway), typeof(NextHopIsHostile)])
            .Where(t => t.IsPublic).Select(t => t.Name["NextHopIs".Length..]);
        Assert.Equal("", string.Join(", ", clients.Concat(hops).Distinct().Where(name => !onPage.Contains(name))));
    }

    private static IEnumerable<string> Tried(MethodInfo method) =>
        method.GetCustomAttributes<InlineDataAttribute>().Select(data => data.Data[0]).OfType<string>();

    [GeneratedRegex("(?<=`)(?:Any[A-Za-z]+IsServed|NextHopIs[A-Za-z]+)\\.[A-Za-z0-9_]+(?=`)")]
    private static partial Regex Test();
}
