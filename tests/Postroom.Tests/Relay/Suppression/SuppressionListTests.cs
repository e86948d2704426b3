using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Relay.Suppression;
using Xunit;

namespace Postroom.Tests.Relay.Suppression;

public sealed class SuppressionListTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-suppression-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatIsOnItHoldsInEitherCaseUntilItsDayAndOverARestart()
    {
        var list = Open();
        list.Add([Of("Alice@Example.com", days: 30), Of("bob@example.com", days: null)]);
        foreach (var one in new[] { list, Open() })
        {
            Assert.Equal(["alice@example.com", "bob@example.com"], one.All.Select(address => address.Address));
            Assert.NotNull(one.Find("ALICE@example.COM"));
            Assert.Null(one.Find("carol@example.com"));
        }

        _time.Advance(TimeSpan.FromDays(30));
        Assert.Null(list.Find("alice@example.com"));
        Assert.NotNull(list.Find("bob@example.com"));
        Assert.NotNull(list.Known("alice@example.com")); // how often it was dead is known still
    }

    [Fact]
    public void WhatAPersonTakesOffCountsFromThen()
    {
        var list = Open();
        list.Add([Of("alice@example.com", days: 30)]);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(list.Remove("Alice@example.com"));
        Assert.False(list.Remove("alice@example.com"));
        Assert.Equal(_time.GetUtcNow(), Open().CountsSince("alice@example.com"));
        Assert.Null(Open().Known("alice@example.com"));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"addresses\":{\"a@example.com\":null,\"b@example.com\":{\"address\":\"b\"}},\"cleared\":{}}")]
    public void AFileThatCannotBeReadSuppressesNobody(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "suppressions.json"), text);
        var list = Open();
        Assert.Null(list.Find("a@example.com"));
        Assert.Null(list.Find("b@example.com"));
        Assert.Empty(list.All);
    }

    [Fact]
    public void MoreThanItHoldsIsRefusedWhole()
    {
        var list = Open();
        Assert.Throws<IOException>(() => list.Add([.. Enumerable.Range(0, SuppressionList.Most + 1)
            .Select(i => Of($"a{i}@example.com", days: null))]));
        Assert.Empty(list.All);
    }

    private SuppressionList Open() =>
        new(Path.Combine(_folder, "suppressions.json"), _time, NullLogger.Instance);

    private SuppressedAddress Of(string address, int? days) => new(address, _time.GetUtcNow(),
        days is { } some ? _time.GetUtcNow().AddDays(some) : null, "550 5.1.1 no such user", null);
}
