using System.Collections.Concurrent;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Wire;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>A next hop that is not there.</summary>
public sealed class RefusedTests
{
    [Fact]
    public async Task The_first_refusal_answers_all_that_wait_and_nobody_dials_again()
    {
        await using var house = new CourierHouse(new ScriptedPeer());
        var dialer = new PatientDialer();
        var route = new Route("upstream", "hop.example", 25) { Tls = TlsMode.None, Connections = 4, InFlight = 1 };
        await using var courier = new SmtpCourier(route, new CourierSettings("relay.example"), dialer, house.Time);
        var tries = Enumerable.Range(0, 4)
            .Select(i => courier.DeliverAsync(house.Mail("x\r\n", $"u{i}@example.org"), CancellationToken.None))
            .ToArray();
        Assert.Equal(4, dialer.Calls.Count);
        dialer.Refuse(); // one of the four: the others are still on their way
        foreach (var outcome in await Task.WhenAll(tries).WaitAsync(
            CourierHouse.Patience, TestContext.Current.CancellationToken))
            Assert.Equal(Fault.NextHop, outcome.Results[0].Failure!.Fault);
        Assert.Equal(4, dialer.Calls.Count);
        for (var i = 1; i < 4; i++)
            dialer.Refuse();
        Assert.Equal(4, dialer.Calls.Count);
    }

    private sealed class PatientDialer : IDialer
    {
        private int _refused;

        public ConcurrentQueue<TaskCompletionSource<Stream>> Calls { get; } = new();

        public void Refuse() => Calls.ElementAt(_refused++).SetException(new DialException("refused"));

        public Task<IReadOnlyList<string>> ResolveAsync(string host, CancellationToken cancel) =>
            Task.FromResult<IReadOnlyList<string>>(["192.0.2.1"]);

        public Task<Stream> ConnectAsync(string address, int port, CancellationToken cancel)
        {
            var call = new TaskCompletionSource<Stream>();
            Calls.Enqueue(call);
            return call.Task;
        }
    }
}
