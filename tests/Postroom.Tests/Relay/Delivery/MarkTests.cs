using Postroom.Relay.Delivery;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>
/// The mark stands before the octets leave that end a mail. Set later, a crash in between would send the mail again
/// without a word of doubt; set earlier, it would cry wolf.
/// </summary>
public sealed class MarkTests
{
    // What is gathered goes out in pieces of 64 KB: a mail just below, on and above one, and on two.
    public static TheoryData<string, int> Mails
    {
        get
        {
            var all = new TheoryData<string, int>();
            foreach (var way in HopWay.All)
                foreach (var size in (int[])[0, 27, 65_500, 65_536, 65_537, 131_072, 200_000])
                    all.Add(way.Name, size);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public async Task It_stands_before_the_write_that_carries_the_end_and_not_before_the_body(string name, int size)
    {
        var way = HopWay.All.Single(way => way.Name == name);
        await using var house = new CourierHouse(new ScriptedPeer { Offer = way.Offer });
        var writes = new List<(int Octets, bool IsMarked)>();
        house.Dialer.Around = wire => new WatchedWire(wire, octets => writes.Add((octets, house.AtWire.Count > 0)));
        var body = string.Concat(Enumerable.Repeat(".x\r\n", size / 4 + 1))[..size];
        var mail = house.Mail(body, "a@example.org");
        if (!way.IsInMemory)
            mail = mail with { Content = FromSpool(System.Text.Encoding.ASCII.GetBytes(body)) };

        using var outcome = await house.SendAsync(mail);

        Assert.All(outcome.Results, result => Assert.Null(result.Failure));
        Assert.Single(house.AtWire);
        Assert.True(writes[^1].IsMarked, "the end left unmarked");
        Assert.False(writes[0].IsMarked, "EHLO left marked");
        if (size > 100_000 && way.Name != "ahead")
            Assert.True(writes.Where(write => !write.IsMarked).Sum(write => write.Octets) > 60_000,
                "it was marked before there was anything to be in doubt about");
    }

    private static Content FromSpool(byte[] body) => new(body.Length, [], (offset, into, _) =>
    {
        var piece = body.AsMemory((int)offset);
        piece = piece[..Math.Min(piece.Length, into.Length)];
        piece.CopyTo(into);
        return ValueTask.FromResult(piece.Length);
    });

    // Tells of each write before it is done.
    private sealed class WatchedWire(Stream wire, Action<int> onWrite) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get; set; }

        public override void Flush() => throw new NotSupportedException();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            wire.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            onWrite(buffer.Length);
            return wire.WriteAsync(buffer, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            wire.Dispose();
            base.Dispose(disposing);
        }
    }
}
