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
public sealed partial class SimulatedDisk : IDisk
{
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
                _names[name] = file = new SimulatedFile(this, new Pages());
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

    public byte[]? ReadScratch(string name)
    {
        lock (_lock)
            return _scratches.TryGetValue(name, out var memory) ? [.. memory] : null;
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
}
