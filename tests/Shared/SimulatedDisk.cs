using Postroom.Relay.Spool;

namespace Postroom.Shared;

/// <summary>What a plan makes fail.</summary>
public enum DiskCall { Write, Sync, SyncFolder }

/// <summary>A disk in memory that keeps only what it must: what was synced, and of the rest whatever the dice
/// leave.</summary>
/// <remarks>
/// <para>Each file has a durable content and a list of writes since; each folder has durable names and present ones.
/// <see cref="PowerCut"/> keeps, of every unsynced write, each sector of 512 octets or not, and of all names changed in
/// a folder that was not synced, each or not. <see cref="Kill"/> keeps everything: only the process is gone.</para>
/// <para>Both end this disk: what still holds it gets an <see cref="IOException"/> for everything, as a dead process
/// would do nothing more. They return the disk that the next process finds.</para>
/// <para>Deterministic from the dice handed in. For several threads at once.</para>
/// </remarks>
public sealed class SimulatedDisk : IDisk
{
    private const int Sector = 512;
    private readonly Lock _lock = new();
    private readonly Random _dice;
    private readonly Dictionary<string, SimulatedFile> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedFile> _durableNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _scratches = new(StringComparer.Ordinal);
    private readonly List<(DiskCall Call, int Left, Func<IOException> Error)> _plan = [];
    private readonly int _boot;
    private bool _isOver;

    public SimulatedDisk(Random dice) : this(dice, boot: 1)
    {
    }

    private SimulatedDisk(Random dice, int boot) => (_dice, _boot) = (dice, boot);

    /// <summary>More free space than anything here fills.</summary>
    public const long Roomy = 1L << 40;

    /// <summary>Octets that can still be written; a write beyond fails whole.</summary>
    public long FreeSpace { get; set; } = Roomy;

    public string? BootId => $"boot {_boot}";

    /// <summary>Counts calls of each kind: for tests that fail the first, then the second, until all went
    /// well.</summary>
    public Dictionary<DiskCall, int> Calls { get; } = new()
    {
        [DiskCall.Write] = 0, [DiskCall.Sync] = 0, [DiskCall.SyncFolder] = 0,
    };

    /// <summary>True: syncs return at once and do nothing. A suite that does not notice is void.</summary>
    public bool SyncsLie { get; set; }

    /// <summary>Syncs of files wait for it: a disk that is slow.</summary>
    public Task SyncGate { get; set; } = Task.CompletedTask;

    /// <summary>Asked before each call that changes something: true, and the process dies in it. Of a write a part may
    /// have been done.</summary>
    public Func<bool>? IsFatal { get; set; }

    /// <summary>Called when a call was fatal: to <see cref="Kill"/> or <see cref="PowerCut"/>.</summary>
    public Action? Died { get; set; }

    /// <summary>The n-th call of that kind from now (1: the next) fails, and every one after it.</summary>
    public void FailFrom(DiskCall call, int nth, Func<IOException> error)
    {
        lock (_lock)
            _plan.Add((call, nth, error));
    }

    /// <summary>The process dies; all that was written stays.</summary>
    public SimulatedDisk Kill()
    {
        lock (_lock)
        {
            _isOver = true;
            var next = new SimulatedDisk(_dice, _boot) { FreeSpace = FreeSpace };
            var files = new Dictionary<SimulatedFile, SimulatedFile>();
            foreach (var (name, file) in _names)
                next._names[name] = Moved(file, files, next);
            foreach (var (name, file) in _durableNames)
                next._durableNames[name] = Moved(file, files, next);
            foreach (var (name, memory) in _scratches)
                next._scratches[name] = [.. memory];
            return next;
        }
    }

    /// <summary>The machine loses its power.</summary>
    public SimulatedDisk PowerCut()
    {
        lock (_lock)
        {
            _isOver = true;
            var next = new SimulatedDisk(_dice, _boot + 1) { FreeSpace = FreeSpace };
            var after = new Dictionary<string, SimulatedFile>(_durableNames, StringComparer.Ordinal);
            foreach (var name in _names.Keys.Union(_durableNames.Keys).Order(StringComparer.Ordinal).ToArray())
            {
                var (now, then) = (_names.GetValueOrDefault(name), _durableNames.GetValueOrDefault(name));
                if (now != then && _dice.Next(2) == 0)
                    SetOrRemove(after, name, now);
            }

            var files = new Dictionary<SimulatedFile, SimulatedFile>();
            foreach (var (name, file) in after.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                if (!files.TryGetValue(file, out var copy))
                    files[file] = copy = new SimulatedFile(next, file.TornBy(_dice));
                next._names[name] = copy;
                next._durableNames[name] = copy;
            }

            return next;
        }
    }

    public IDiskFile Open(string name, bool create)
    {
        lock (_lock)
        {
            Check();
            if (!_names.TryGetValue(name, out var file))
            {
                if (!create)
                    throw new FileNotFoundException(name);
                Change();
                _names[name] = file = new SimulatedFile(this, []);
            }

            return file;
        }
    }

    public IReadOnlyList<string> List(string folder)
    {
        lock (_lock)
        {
            Check();
            var prefix = folder + "/";
            return [.. _names.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Select(name => name[prefix.Length..]).Order(StringComparer.Ordinal)];
        }
    }

    public void CreateFolder(string folder)
    {
        lock (_lock)
            Check();
    }

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            Change();
            if (!_names.Remove(from, out var file))
                throw new FileNotFoundException(from);
            _names[to] = file;
        }
    }

    public void Remove(string name)
    {
        lock (_lock)
        {
            Change();
            _names.Remove(name);
        }
    }

    public void SyncFolder(string folder)
    {
        lock (_lock)
        {
            Change();
            Count(DiskCall.SyncFolder);
            if (SyncsLie)
                return;
            foreach (var name in _names.Keys.Union(_durableNames.Keys).ToArray())
                if ((Path.GetDirectoryName(name) ?? "") == folder)
                    SetOrRemove(_durableNames, name, _names.GetValueOrDefault(name));
        }
    }

    public IScratch OpenScratch(string name, int size)
    {
        lock (_lock)
        {
            Check();
            if (!_scratches.TryGetValue(name, out var memory) || memory.Length != size)
                _scratches[name] = memory = new byte[size];
            return new SimulatedScratch(memory);
        }
    }

    /// <summary>Rot: turns one bit over, in what is durable as well.</summary>
    public void FlipBit(string name, long offset)
    {
        lock (_lock)
            _names[name].FlipBit(offset);
    }

    private static void SetOrRemove(Dictionary<string, SimulatedFile> names, string name, SimulatedFile? file)
    {
        if (file is null)
            names.Remove(name);
        else
            names[name] = file;
    }

    private static SimulatedFile Moved(
        SimulatedFile file, Dictionary<SimulatedFile, SimulatedFile> files, SimulatedDisk to)
    {
        if (!files.TryGetValue(file, out var moved))
            files[file] = moved = file.MovedTo(to);
        return moved;
    }

    private void Check()
    {
        if (_isOver)
            throw new IOException("this process is dead");
    }

    private void Change()
    {
        Check();
        if (IsFatal?.Invoke() != true)
            return;
        Died!();
        Check();
    }

    private void Count(DiskCall call)
    {
        Calls[call]++;
        for (var i = 0; i < _plan.Count; i++)
        {
            if (_plan[i].Call != call)
                continue;
            _plan[i] = _plan[i] with { Left = _plan[i].Left - 1 };
            if (_plan[i].Left <= 0)
                throw _plan[i].Error();
        }
    }

    private sealed class SimulatedScratch(byte[] memory) : IScratch
    {
        public Span<byte> Bytes => memory;

        public void Dispose()
        {
            // Memory needs no closing.
        }
    }

    private sealed class SimulatedFile(SimulatedDisk disk, byte[] durable) : IDiskFile
    {
        private readonly List<(long Offset, byte[] Octets)> _unsynced = [];
        private byte[] _durable = durable;
        private int _durableLength = durable.Length;
        private byte[] _now = [.. durable];
        private int _length = durable.Length;

        public long Length
        {
            get
            {
                lock (disk._lock)
                    return _length;
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
                var octets = new byte[pieces.Sum(piece => piece.Length)];
                var at = 0;
                foreach (var piece in pieces)
                {
                    piece.CopyTo(octets.AsMemory(at));
                    at += piece.Length;
                }

                if (isFatal)
                    octets = octets[..disk._dice.Next(octets.Length + 1)];
                var growth = Math.Max(0, offset + octets.Length - _length);
                if (growth > disk.FreeSpace)
                    throw new DiskFullException("no space left on the simulated disk");
                disk.FreeSpace -= growth;
                Put(ref _now, ref _length, offset, octets);
                _unsynced.Add((offset, octets));
                if (!isFatal)
                    return;
                disk.Died!();
                disk.Check();
            }
        }

        public int Read(long offset, Span<byte> into)
        {
            lock (disk._lock)
            {
                disk.Check();
                var count = (int)Math.Max(0, Math.Min(into.Length, _length - offset));
                _now.AsSpan((int)Math.Min(offset, _length), count).CopyTo(into);
                return count;
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
                    LoseSome();
                    throw;
                }

                if (disk.SyncsLie)
                    return;
                foreach (var (offset, octets) in _unsynced)
                    Put(ref _durable, ref _durableLength, offset, octets);
                if (_length > _durable.Length)
                    Array.Resize(ref _durable, _length); // what was lost before is a hole
                _durableLength = _length;
                _unsynced.Clear();
            }
        }

        public void Truncate(long length)
        {
            lock (disk._lock)
            {
                disk.Change();
                disk.FreeSpace += Math.Max(0, _length - length);
                if (length < _length)
                    _now.AsSpan((int)length, _length - (int)length).Clear();
                else if (length > _now.Length)
                    Array.Resize(ref _now, (int)length);
                _length = (int)length;
            }
        }

        public void GiveBack(long offset, long length)
        {
            lock (disk._lock)
            {
                // A hole that is a hole already gives nothing.
                var given = length - _now.AsSpan((int)offset, (int)length).Count((byte)0);
                Write(offset, [new byte[length]]);
                disk.FreeSpace += given;
            }
        }

        public void Dispose()
        {
            // All openings of a file are this one object.
        }

        /// <summary>The durable content, and of each unsynced write every sector or not.</summary>
        public byte[] TornBy(Random dice)
        {
            var (content, length) = (_durable.AsSpan(0, _durableLength).ToArray(), _durableLength);
            foreach (var (offset, octets) in _unsynced)
            {
                for (var at = 0; at < octets.Length;)
                {
                    var count = (int)Math.Min(octets.Length - at, Sector - ((offset + at) % Sector));
                    if (dice.Next(2) == 0)
                        Put(ref content, ref length, offset + at, octets.AsSpan(at, count));
                    at += count;
                }
            }

            return content.AsSpan(0, length).ToArray();
        }

        public SimulatedFile MovedTo(SimulatedDisk other)
        {
            var moved = new SimulatedFile(other, _durable.AsSpan(0, _durableLength).ToArray())
            {
                _now = [.. _now], _length = _length,
            };
            moved._unsynced.AddRange(_unsynced);
            return moved;
        }

        public void FlipBit(long offset)
        {
            _now[offset] ^= 1;
            if (offset < _durableLength)
                _durable[offset] ^= 1;
        }

        // As Linux does: what could not be written is clean from now on. Reads see it, no later sync writes it.
        private void LoseSome()
        {
            _durable = TornBy(disk._dice);
            _durableLength = _durable.Length;
            _unsynced.Clear();
        }

        private static void Put(ref byte[] content, ref int length, long offset, ReadOnlySpan<byte> octets)
        {
            var end = (int)offset + octets.Length;
            if (end > content.Length)
                Array.Resize(ref content, Math.Max(end, content.Length * 2));
            octets.CopyTo(content.AsSpan((int)offset));
            length = Math.Max(length, end);
        }
    }
}
