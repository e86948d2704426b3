using System.IO.MemoryMappedFiles;
using System.Text;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>What happens to one system call.</summary>
public enum Mishap
{
    /// <summary>The process is killed at it: it is not made.</summary>
    Kill = 1,

    /// <summary>It fails with EIO.</summary>
    Fails = 2,

    /// <summary>It fails with ENOSPC.</summary>
    NoSpace = 3,

    /// <summary>A write writes half. Other calls go well.</summary>
    Short = 4,

    /// <summary>It fails with EIO; a sync also loses all that was written to the file and not synced.</summary>
    Loses = 5,

    /// <summary>A read at a place of a file fails with EIO. Only these reads are counted.</summary>
    ReadFails = 6,

    /// <summary>A sync fails with EIO and loses all that was written to the file and not synced. Only syncs are
    /// counted.</summary>
    SyncLoses = 7,
}

/// <summary>A shim between a process and the system, and the plan that both share: see shim/misfortune.c.</summary>
internal sealed class Misfortune : IDisposable
{
    private const int Size = 4096;
    private static readonly Lazy<Task<string>> Shim = new(CompileAsync);

    // In the order of the shim's list.
    private static readonly string[] Calls =
    [
        "write", "pwrite64", "writev", "pwritev", "sendto", "sendmsg", "fsync", "fdatasync", "fallocate", "rename",
        "unlink", "ftruncate", "openat", "mkdir", "link", "fchmod", "pread64",
    ];

    private readonly string _file;
    private readonly string _shim;
    private readonly MemoryMappedFile _memory;
    private readonly MemoryMappedViewAccessor _plan;

    private Misfortune(string shim)
    {
        (_shim, _file) = (shim, Path.GetTempFileName());
        File.WriteAllBytes(_file, new byte[Size]);
        _memory = MemoryMappedFile.CreateFromFile(_file, FileMode.Open);
        _plan = _memory.CreateViewAccessor(0, Size);
    }

    public static async Task<Misfortune> MakeAsync() => new(await Shim.Value);

    /// <summary>For <see cref="RealRelay.By"/>.</summary>
    public IReadOnlyList<string> By => ["env", $"LD_PRELOAD={_shim}", $"MISFORTUNE_PLAN={_file}"];

    /// <summary>From now on calls are counted, and the one with this number goes wrong; 0: none.</summary>
    public void Arm(Mishap how, long at)
    {
        _plan.Write(4, (int)how);
        _plan.Write(8, at);
        _plan.Write(16, 0L);
        _plan.Write(0, 1);
    }

    public void Disarm() => _plan.Write(0, 0);

    /// <summary>Calls since it was armed.</summary>
    public long Count => _plan.ReadInt64(16);

    /// <summary>The call came that was to go wrong.</summary>
    public bool HasStruck => _plan.ReadInt64(24) > 0;

    public bool Is(Mishap how) => _plan.ReadInt32(4) == (int)how;

    /// <summary>Mails acknowledged after a sync had failed.</summary>
    public long AcknowledgedAfterFailedSync => _plan.ReadInt64(48);

    /// <summary>By how much the wall clock of the process is wrong.</summary>
    public TimeSpan ClockIsOffBy
    {
        set => _plan.Write(40, (long)value.TotalSeconds);
    }

    /// <summary>How often each call was made since the beginning.</summary>
    public IReadOnlyDictionary<string, long> Made =>
        Calls.Select((name, i) => (name, _plan.ReadInt64(512 + (8 * i)))).Where(c => c.Item2 > 0)
            .ToDictionary(c => c.name, c => c.Item2);

    /// <summary>Which call went wrong, and on what.</summary>
    public override string ToString()
    {
        if (!HasStruck)
            return "no call went wrong";
        var octets = new byte[456];
        _plan.ReadArray(56, octets, 0, octets.Length);
        var where = Encoding.UTF8.GetString(octets).TrimEnd('\0');
        return $"{(Mishap)_plan.ReadInt32(4)} at {Calls[_plan.ReadInt32(32)]} {where}";
    }

    public void Dispose()
    {
        _plan.Dispose();
        _memory.Dispose();
        File.Delete(_file);
    }

    private static async Task<string> CompileAsync()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "shim", "misfortune.c");
        var into = Path.ChangeExtension(source, ".so");
        var said = await Shell.RunAsync("gcc", ["-O2", "-Wall", "-Werror", "-fPIC", "-shared", "-o", into, source]);
        Assert.True(said.ExitCode == 0, $"gcc: {said}");
        return into;
    }
}
