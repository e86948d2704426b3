using System.Security.Cryptography;

namespace Postroom.Relay.Spool.Journal;

/// <summary>The one segment that is written to. Used by one thread at a time; zeros ahead are another's (see
/// below).</summary>
internal sealed class ActiveSegment : IDisposable
{
    private static readonly byte[] Zeros = new byte[256 << 10];

    private readonly IDiskFile _file;

    // Its own opening of the file: the kernel tells a failed write-back once to each opening, and the writer's must
    // hear it.
    private readonly IDiskFile _ahead;
    private readonly ulong _salt = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private readonly uint _seed;
    private readonly Lock _zeroing = new();
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly byte[] _seal = new byte[Seal.Size];
    private byte[] _digests = new byte[Frame.DigestSize * 64];
    private long _zeroedTo;
    private long _records;
    private DateTimeOffset _at;

    private ActiveSegment(IDisk disk, int number, string name, byte[] chain)
    {
        Number = number;
        Chain = chain;
        _file = disk.Open(name, create: true);
        _ahead = disk.Open(name, create: false);
        _zeroedTo = Math.Max(_file.Length, SegmentHeader.Size);
        _seed = new SegmentHeader(0, number, _salt, default, 0, 0, chain).Seed;
    }

    public int Number { get; }

    /// <summary>Where the next group begins.</summary>
    public int End { get; private set; } = SegmentHeader.Size;

    /// <summary>Up to here everything is on stable storage.</summary>
    public int Synced { get; private set; } = SegmentHeader.Size;

    /// <summary>The chain's value at <see cref="End"/>.</summary>
    public byte[] Chain { get; private set; }

    /// <summary>How the chain stands at <see cref="End"/>.</summary>
    public ChainHead Head => new(new Position(Number, End), Chain, _records, _at);

    /// <summary>Makes the file, from the spare one if there is one. Without a header it is nothing yet.</summary>
    public static ActiveSegment Create(IDisk disk, int number, byte[] chain)
    {
        var name = JournalFiles.Segment(number);
        if (disk.List(JournalFiles.Segments).Contains(Path.GetFileName(JournalFiles.Spare)))
            disk.Rename(JournalFiles.Spare, name);
        return new ActiveSegment(disk, number, name, chain);
    }

    /// <summary>From here on the segment counts. What was written before is synced first, so the header vouches for
    /// it.</summary>
    public void Begin(IDisk disk, Position previous, byte[] chainBefore)
    {
        if (End > SegmentHeader.Size)
            Sync();
        var header = new SegmentHeader(SegmentHeader.CurrentVersion, Number, _salt, previous, Synced, 0, chainBefore);
        _file.Write(0, [header.ToBlock()]);
        _file.Sync();
        disk.SyncFolder(JournalFiles.Segments);
    }

    /// <summary>Octets a group takes that holds so many octets of frames.</summary>
    public static int GroupOctets(int frames) => frames + Seal.Size;

    /// <summary>Places the frames and their seal, and writes them with one call.</summary>
    public void WriteGroup(List<Frame> frames, DateTimeOffset at, bool cleanStop, Action<Position>? aboutToWrite)
    {
        var start = End;
        var offset = Place(frames, start);
        NextChain(frames);
        new Seal(start, frames.Count, Synced, at, cleanStop).Write(_seal, Chain);
        Frame.Place(_seal, _seed, offset);
        _pieces.Add(_seal);
        offset += Seal.Size;
        WaitForZeroing(offset);
        aboutToWrite?.Invoke(new Position(Number, offset));
        _file.Write(start, _pieces);
        _pieces.Clear();
        End = offset;
        (_records, _at) = (_records + frames.Count, at);
    }

    /// <summary>One checked sync for everything written so far.</summary>
    public void Sync()
    {
        var end = End;
        _file.Sync();
        Synced = end;
    }

    /// <summary>Where zeros end: beyond that a sync has to grow the file.</summary>
    public long ZeroedTo
    {
        get
        {
            lock (_zeroing)
                return _zeroedTo;
        }
    }

    /// <summary>
    /// Zeros ahead of the writer, by the housekeeping thread. A chunk is written under a lock: the writer waits for it
    /// where it catches up (a store to memory, a fraction of a millisecond), for its own octets must come last.
    /// </summary>
    /// <exception cref="IOException">The disk is failing; the writer will hear of it too.</exception>
    public void ZeroAhead(long to)
    {
        const int chunksPerSync = 4; // A megabyte at a time: the writer's own sync is never behind more than that.
        for (var chunks = 1; ZeroOneChunk(to); chunks++)
            if (chunks % chunksPerSync == 0)
                _ahead.Sync();
        _ahead.Sync();
    }

    public void Dispose()
    {
        _file.Dispose();
        lock (_zeroing)
        {
            _zeroedTo = long.MaxValue;
            _ahead.Dispose();
        }
    }

    private bool ZeroOneChunk(long to)
    {
        lock (_zeroing)
        {
            if (_zeroedTo >= to)
                return false;
            var count = (int)Math.Min(Zeros.Length, to - _zeroedTo);
            try
            {
                _ahead.Write(_zeroedTo, [Zeros.AsMemory(0, count)]);
            }
            catch (DiskFullException)
            {
                _zeroedTo = long.MaxValue; // Nothing is lost by it; whoever writes next will hear of it himself.
                return false;
            }

            _zeroedTo += count;
            return true;
        }
    }

    private int Place(List<Frame> frames, int offset)
    {
        foreach (var frame in frames)
        {
            Frame.Place(frame.HeadSpan, _seed, offset);
            _pieces.Add(frame.Head);
            if (frame.BodyLength > 0)
                _pieces.Add(frame.Body);
            if (frame.Octets - frame.HeadLength - frame.BodyLength is var padding and > 0)
                _pieces.Add(Zeros.AsMemory(0, padding));
            frame.Placed(new Position(Number, offset));
            offset += frame.Octets;
        }

        return offset;
    }

    /// <summary>chain = SHA-256(chain, digest of each record): one hash a group.</summary>
    private void NextChain(List<Frame> frames)
    {
        var needed = (frames.Count + 1) * Frame.DigestSize;
        if (_digests.Length < needed)
            _digests = new byte[needed];
        Chain.CopyTo(_digests, 0);
        for (var i = 0; i < frames.Count; i++)
            frames[i].Digest.CopyTo(_digests.AsSpan((i + 1) * Frame.DigestSize));
        Chain = SHA256.HashData(_digests.AsSpan(0, needed));
        if (_digests.Length > 64 << 10)
            _digests = new byte[Frame.DigestSize * 64];
    }

    private void WaitForZeroing(long groupEnd)
    {
        lock (_zeroing)
            _zeroedTo = Math.Max(_zeroedTo, groupEnd);
    }
}
