using CsCheck;
using Postroom.Relay.Postmaster;
using Xunit;

namespace Postroom.Tests.Relay.Postmaster;

public sealed class CounterWindowTests
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(10);

    [Fact]
    public void WhatHasGrownIsToldUntilItIsOld()
    {
        var window = new CounterWindow(Span);
        double[] told = [.. Enumerable.Range(0, 25).Select(minute =>
            window.Grown("a", TimeSpan.FromMinutes(minute), minute < 9 ? 3 : 5))];
        Assert.Equal([.. Enumerable.Repeat(3.0, 9), .. Enumerable.Repeat(5.0, 2), .. Enumerable.Repeat(2.0, 8)],
            told.Take(19)); // counters begin with 0
        Assert.Equal(0, told[^1]);
        Assert.Equal(0, window.Grown("b", TimeSpan.FromMinutes(9), 0));
    }

    [Fact]
    public void ACounterThatBeganAnewHasGrownByWhatItHas()
    {
        var window = new CounterWindow(Span);
        window.Grown("a", TimeSpan.Zero, 100);
        Assert.Equal(4, window.Grown("a", TimeSpan.FromMinutes(1), 4));
    }

    [Fact]
    public void WhateverTheLooksNothingIsForgottenTooEarlyAndNothingKeptTooLong() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[0, 5]).Array[1, 200].Sample(looks =>
        {
            var window = new CounterWindow(Span);
            var (at, value) = (TimeSpan.Zero, 0);
            var all = new List<(TimeSpan At, int Grown)>();
            foreach (var (seconds, grown) in looks)
            {
                at += TimeSpan.FromSeconds(seconds);
                value += grown;
                all.Add((at, grown));
                var told = window.Grown("a", at, value);
                Assert.InRange(told, all.Where(one => at - one.At < Span).Sum(one => one.Grown),
                    all.Where(one => at - one.At <= Span + TimeSpan.FromSeconds(200 + 60)).Sum(one => one.Grown));
            }
        });
}
