using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Api.Access;
using Postroom.Configuration;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>The file of tokens, and what is known of each.</summary>
public sealed class ApiTokenTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-tokens-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 28, 23, 0, 0, TimeSpan.Zero));

    private ApiTokens Tokens() => new(Folders.Tokens(_folder), _time, NullLogger.Instance);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_token_opens_until_its_last_day_is_over_and_stands_nowhere()
    {
        var (made, shown) = Tokens().Make("ci", Scopes.Submit | Scopes.Read, new DateOnly(2026, 11, 29));
        var tokens = Tokens();
        Assert.Equal(made with { UsedOn = null }, tokens.Find(shown));
        Assert.Null(tokens.Find(shown + "x"));
        Assert.Null(tokens.Find(made.Digest));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(tokens.IsOver(tokens.Find(shown)!));
        Assert.Equal(new DateOnly(2026, 11, 29), Assert.Single(Tokens().List()).UsedOn);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(tokens.IsOver(tokens.Find(shown)!));

        var file = File.ReadAllText(Folders.Tokens(_folder));
        for (var at = ApiTokens.Prefix.Length; at + 8 <= shown.Length; at++)
            Assert.DoesNotContain(shown.Substring(at, 8), file, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Folders.Tokens(_folder)));
    }

    [Fact]
    public void A_new_one_takes_the_place_of_its_namesake()
    {
        var tokens = Tokens();
        var (_, first) = tokens.Make("ci", Scopes.Read, null);
        var (_, other) = tokens.Make("grafana", Scopes.Read, null);
        var (_, second) = tokens.Make("ci", Scopes.Operate, null);
        Assert.Null(tokens.Find(first));
        Assert.Equal(Scopes.Operate, tokens.Find(second)?.Scopes);
        Assert.Equal("grafana", tokens.Find(other)?.Name);
        Assert.True(tokens.Remove("ci"));
        Assert.False(tokens.Remove("ci"));
        Assert.Null(Tokens().Find(second));
    }

    [Fact]
    public void Lines_that_are_none_let_nobody_in_and_hide_nobody()
    {
        var (_, shown) = Tokens().Make("ci", Scopes.Read, null);
        var digest = new string('0', 64);
        File.AppendAllText(Folders.Tokens(_folder), "\nhalf a line\n"
            + $"all everything 2026-11-28 - - {digest}\nbad read 2026-11-28 soon - {digest}\n");
        Assert.Equal("ci", Assert.Single(Tokens().List()).Name);
        Assert.NotNull(Tokens().Find(shown));
    }

    [Fact]
    public void Buckets_fill_as_time_passes_and_full_ones_are_forgotten()
    {
        var gate = new RateGate(rate: 2, burst: 4, _time);
        for (var i = 0; i < 4; i++)
            Assert.Null(gate.Wait("a"));
        Assert.Equal(TimeSpan.FromSeconds(0.5), gate.Wait("a"));
        Assert.Null(gate.Wait("b"));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Null(gate.Wait("a"));
        Assert.NotNull(gate.Wait("a"));
        for (var i = 0; i < 10_000; i++, _time.Advance(TimeSpan.FromSeconds(1)))
            gate.Wait($"caller {i}");
        Assert.InRange(gate.Callers, 1, 1_000);
    }
}
