using Postroom.Relay.Delivery;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>How much a courier asks for: what may be on the wire, and what will have left in a moment.</summary>
public sealed class CapacityTests
{
    [Theory]
    [InlineData(0, 12)]     // a near hop never waits for a lease
    [InlineData(20, 6)]     // what leaves within 10 ms
    [InlineData(1_000, 4)]  // nothing waits behind a slow one but on the spool, where fresh mail overtakes it
    public async Task The_faster_the_hop_the_more_is_asked_for_ahead(int answersAfter, int capacity)
    {
        CourierHouse? house = null;
        var peer = new ScriptedPeer
        {
            Offer = ["PIPELINING", "CHUNKING"],
            Script = line =>
            {
                if (line.StartsWith("MAIL", StringComparison.Ordinal)) // with the whole mail behind it
                    house!.Time.Advance(TimeSpan.FromMilliseconds(answersAfter));
                return null;
            },
        };
        await using var opened = house = new CourierHouse(peer); // one connection, four in flight
        Assert.Equal(4, house.Courier.Capacity);
        using var outcome = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(capacity, house.Courier.Capacity);
    }

    // A crash sends again what was answered and not recorded: so that counts, too (promise 3).
    [Fact]
    public async Task What_is_answered_but_not_recorded_holds_its_place()
    {
        await using var house = new CourierHouse(new ScriptedPeer { Offer = ["PIPELINING", "CHUNKING"] });
        var waiting = Enumerable.Range(0, 16).Select(_ => house.SendAsync("x\r\n", "a@example.org")).ToList();
        var unrecorded = new Queue<Outcome>();
        for (var recorded = 0; waiting.Count > 0;)
        {
            var next = await Task.WhenAny(waiting);
            waiting.Remove(next);
            unrecorded.Enqueue(await next);
            Assert.InRange(house.AtWire.Count, recorded + unrecorded.Count, recorded + 4);
            if (unrecorded.Count < 4)
                continue;
            recorded++;
            unrecorded.Dequeue().Dispose();
        }
    }
}
