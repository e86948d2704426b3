using Postroom.Relay.Spool;

namespace Postroom.Shared;

/// <content>A file of it: what is seen of it now, what of it is durable, and what lies between the two.</content>
public sealed partial class SimulatedDisk
{
    private const int Sector = 512;

    private static readonly byte[] Zeros = new byte[8 << 20];

    // Without octets: zeros.
    private readonly record struct Unsynced(long Offset, int Length, byte[]? Octets)
    {
        public ReadOnlySpan<byte> Piece(int at, int count) => 
            Octets is null ? Zeros.AsSpan(0, count) : Octets.AsSpan(at, count);
    }

    private sealed class SimulatedFile(SimulatedDisk disk, Pages durable) : IDiskFile
    {
        private readonly List<Unsynced> _unsynced = [];
        private Pages _durable = durable;
        private Pages _now = durable.Copy();

        public long Length
        {
            get
            {
                lock (disk._lock)
                    return _now.Length;
            }
        }

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            lock (disk._lock)
            {
                disk.Check();
                var isFatal = disk.IsFatal?.Invoke() == true;
                if (!isFatal)
                    disk.Count(DiskCall.Write);
                var length = pieces.Sum(piece => piece.Length);
                if (isFatal)
                    length = disk._dice.Next(length + 1);
                var growth = Math.Max(0, offset + length - _now.Length);
                if (growth > disk.FreeSpace)
                    throw new DiskFullException("no space left on the simulated disk");
                disk.FreeSpace -= growth;
                var write = new Unsynced(offset, length, Joined(pieces, length));
                _now.Write(offset, write.Piece(0, length));
                _unsynced.Add(write);
                if (!isFatal)
                    return;
                disk.Died!();
                disk.Check();
            }
        }

        // Null if all of it is zeros: a segment is full of them.
        private static byte[]? Joined(IReadOnlyList<ReadOnlyMemory<byte>> pieces, int length)
        {
            if (pieces.All(piece => !piece.Span.ContainsAnyExcept((byte)0)))
                return null;
            var octets = new byte[length];
            var at = 0;
            foreach (var piece in pieces)
            {
                var count = Math.Min(piece.Length, length - at);
                piece.Span[..count].CopyTo(octets.AsSpan(at));
                at += count;
            }

            return octets;
        }

        public int Read(long offset, Span<byte> into)
        {
            lock (disk._lock)
            {
                disk.Check();
                return _now.Read(offset, into);
            }
        }

        public void Sync()
        {
            disk.SyncGate.Wait();
            lock (disk._lock)
            {
                disk.Change();
                try
                {
                    disk.Count(DiskCall.Sync);
                }
                catch (IOException)
                {
                    // As Linux does: what could not be written is clean from now on. Reads see it, no sync writes it.
                    _durable = TornBy(disk._dice);
                    _unsynced.Clear();
                    throw;
                }

                if (disk.SyncsLie)
                    return;
                foreach (var write in _unsynced)
                    _durable.Write(write.Offset, write.Piece(0, write.Length));
                _durable.SetLength(_now.Length);
                _unsynced.Clear();
            }
        }

        public void Truncate(long length)
        {
            lock (disk._lock)
            {
                disk.Change();
                disk.FreeSpace += Math.Max(0, _now.Length - length);
                _now.SetLength(length);
            }
        }

        public void GiveBack(long offset, long length)
        {
            lock (disk._lock)
            {
                // A hole that is a hole already gives nothing.
                var before = new byte[length];
                _now.Read(offset, before);
                Write(offset, [new byte[length]]);
                disk.FreeSpace += length - before.AsSpan().Count((byte)0);
            }
        }

        public void Dispose()
        {
            // All openings of a file are this one object.
        }

        /// <summary>The durable content, and of each unsynced write every sector or not.</summary>
        public Pages TornBy(Random dice)
        {
            var content = _durable.Copy();
            foreach (var write in _unsynced)
                for (var at = 0; at < write.Length;)
                {
                    var count = (int)Math.Min(write.Length - at, Sector - ((write.Offset + at) % Sector));
                    if (dice.Next(2) == 0)
                        content.Write(write.Offset + at, write.Piece(at, count));
                    at += count;
                }

            return content;
        }

        public SimulatedFile MovedTo(SimulatedDisk other)
        {
            var moved = new SimulatedFile(other, _durable.Copy()) { _now = _now.Copy() };
            moved._unsynced.AddRange(_unsynced);
            return moved;
        }

        public void FlipBit(long offset)
        {
            _now.FlipBit(offset);
            if (offset < _durable.Length)
                _durable.FlipBit(offset);
        }
    }
}
