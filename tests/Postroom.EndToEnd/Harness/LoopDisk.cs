using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A small ext4 on a file, whose power can be cut.</summary>
/// <remarks>
/// It is mounted in a mount namespace of its own, kept by a shell: were it seen elsewhere, another process could keep
/// the dead file system alive. The relay enters that namespace (<see cref="Enter"/>); the tests look in from outside
/// (<see cref="Seen"/>). Whoever wrote to it has to be dead before the cut, or he answers for a moment after it.
/// </remarks>
internal sealed class LoopDisk : IAsyncDisposable
{
    // EXT4_IOC_SHUTDOWN, and not even the file system's own journal is written any more (linux/fs/ext4/ext4.h).
    private const nuint Shutdown = 0x8004587d;
    private const int NoLogFlush = 2;

    private readonly Process _keeper;

    private LoopDisk(string folder, Process keeper) => (Folder, _keeper) = (folder, keeper);

    /// <summary>A folder beside it, for what a cut shall not touch.</summary>
    public string Folder { get; }

    /// <summary>Where it is mounted, inside.</summary>
    public string Mount => Path.Combine(Folder, "disk");

    /// <summary>What a program has to be started through.</summary>
    public IReadOnlyList<string> Enter => ["nsenter", $"--mount=/proc/{_keeper.Id}/ns/mnt", $"--wd={Folder}"];

    /// <summary>Where the tests see a path of the inside.</summary>
    public string Seen(string path) => $"/proc/{_keeper.Id}/root{path}";

    /// <summary>An empty one, mounted; skips the test where that cannot be.</summary>
    public static async Task<LoopDisk> CreateAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root",
            "a power cut needs root: a file system is mounted and shut down");
        var folder = Directory.CreateTempSubdirectory("postroom-disk-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "disk"));
        var made = await Shell.RunAsync("bash", ["-c",
            "truncate -s 512M \"$1/image\" && mkfs.ext4 -q -F \"$1/image\"", "loop", folder]);
        var keeper = Process.Start(Shell.Command("unshare",
            ["--mount", "--propagation", "private", "bash", "-c", Script, "loop", folder]))!;
        var disk = new LoopDisk(folder, keeper);
        if (made.ExitCode == 0 && await disk.SayAsync("mount") is null)
            return disk;
        await disk.DisposeAsync();
        Assert.Skip($"no loop device can be mounted here: {made}");
        return disk;
    }

    /// <summary>Everything that was not synced is gone; then it is mounted again.</summary>
    /// <param name="isNewBoot">The machine was off, too: it has another boot id. Else only the disk was gone.</param>
    public async Task CutAsync(bool isNewBoot)
    {
        Cut();
        foreach (var word in (string[])["unmount", "mount", isNewBoot ? "boot" : "stay"])
            if (await SayAsync(word) is { } complaint)
                Assert.Fail($"{word}: {complaint}");
    }

    /// <summary>Syncs all of it, for what is to be there before the first cut.</summary>
    public async Task SyncAsync()
    {
        if (await SayAsync("sync") is { } complaint)
            Assert.Fail($"sync: {complaint}");
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close(); // its end: it unmounts
        using var limit = new CancellationTokenSource(Shell.Limit);
        await _keeper.WaitForExitAsync(limit.Token);
        _keeper.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Cut()
    {
        var root = open(Seen(Mount), 0);
        Assert.True(root >= 0, $"{Mount} cannot be opened: errno {Marshal.GetLastPInvokeError()}");
        var flags = NoLogFlush;
        var result = ioctl(root, Shutdown, ref flags);
        var error = Marshal.GetLastPInvokeError();
        _ = close(root);
        Assert.True(result == 0, $"the file system cannot be shut down: errno {error}");
    }

    // Null if it was done, else why not.
    private async Task<string?> SayAsync(string word)
    {
        await _keeper.StandardInput.WriteLineAsync(word);
        await _keeper.StandardInput.FlushAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        var said = "";
        while (await _keeper.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line == "done 0")
                return null;
            if (line.StartsWith("done ", StringComparison.Ordinal))
                return said + line;
            said += line + "\n";
        }
        return said + "the keeper of the mount namespace ended";
    }

    // A shell whose own folder lay on the mount would keep it busy.
    private const string Script = """
        cd / && cd "$1" || exit 1
        ids=/proc/sys/kernel/random
        while read -r word; do
            case $word in
                mount) mount -o loop image disk ;;
                unmount) for i in {1..50}; do umount disk && break; sleep 0.1; done; ! mountpoint -q disk ;;
                boot) [ -e boot ] || { cp $ids/uuid boot; mount --bind boot $ids/boot_id; }; cat $ids/uuid >boot ;;
                sync) sync -f disk ;;
                stay) ;;
            esac 2>&1
            echo "done $?"
        done
        umount disk
        """;

#pragma warning disable SYSLIB1054 // LibraryImport would need a partial class and unsafe code
#pragma warning disable IDE1006 // the names are the C library's
#pragma warning disable CA2101 // a path of ours
    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int file, nuint request, ref int argument);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int file);
#pragma warning restore SYSLIB1054, IDE1006, CA2101
}
