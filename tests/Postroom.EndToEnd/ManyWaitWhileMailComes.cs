using System.Globalization;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Six applications hand over without a pause while a full house waits for its next hop.</summary>
public sealed class ManyWaitWhileMailComes
{
    [Fact]
    public async Task Every_final_dot_is_answered_with_a_250()
    {
        await OursAsync(waiting: 2_000, timed: 500);
        await PostfixAsync(waiting: 50, timed: 20); // that it can be compared
    }

    [Fact]
    [Trait("Long", "yes")]
    public async Task The_final_dot_is_answered_as_soon_as_by_Postfix_and_never_late_with_a_hundred_thousand_waiting()
    {
        var ours = await OursAsync(waiting: 100_000, timed: 20_000);
        var postfix = await PostfixAsync(waiting: 100_000, timed: 20_000);
        Figures.Note("answer to the final dot with 100,000 waiting", $"{ours}; Postfix {postfix}");
        Assert.InRange(ours.At(0.5), 0, postfix.At(0.5));
        Assert.InRange(ours.At(0.999), 0, 1_000);
        Assert.InRange(ours.At(1), 0, 8_000);
    }

    /// <summary>How long the answers took, in milliseconds.</summary>
    private sealed class Answers
    {
        private readonly List<double> _took = [];

        public void Add(TimeSpan time)
        {
            lock (_took)
                _took.Add(time.TotalMilliseconds);
        }

        public double At(double part)
        {
            lock (_took)
                return _took.Order().ElementAt(Math.Min((int)(part * _took.Count), _took.Count - 1));
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"p50 {At(0.5):0.0} ms, p99.9 {At(0.999):0.0} ms, longest {At(1):0} ms");
    }

    private static async Task<Answers> OursAsync(int waiting, int timed)
    {
        await using var relay = new RealRelay();
        await using var traffic = new Traffic(relay.Port, new Book(new Letters(4_000)))
        {
            Told = () => relay.LastPrinted,
        };
        await relay.StartAsync(relay.Live(traffic.Hop.Port));
        var answers = await TimedAsync(traffic, waiting, timed);
        Assert.Equal(traffic.Book.Begun, traffic.Book.Acknowledged);
        return answers;
    }

    private static async Task<Answers> PostfixAsync(int waiting, int timed)
    {
        var port = Ports.Free();
        await using var traffic = new Traffic(port, new Book(new Letters(4_000)));
        await using var postfix = await PostfixRelay.StartAsync(port, traffic.Hop.Port);
        var answers = await TimedAsync(traffic, waiting, timed);
        Assert.InRange(postfix.Waiting, waiting, int.MaxValue);
        return answers;
    }

    private static async Task<Answers> TimedAsync(Traffic traffic, int waiting, int timed)
    {
        traffic.Start();
        await traffic.BusyAsync(waiting);
        await traffic.StopAsync();
        var answers = new Answers();
        traffic.Start(answers.Add);
        await traffic.BusyAsync(timed);
        await traffic.StopAsync();
        return answers;
    }
}
