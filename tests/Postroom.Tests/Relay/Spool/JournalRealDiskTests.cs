using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

public sealed class JournalRealDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-disk").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_sync_that_fails_says_so()
    {
        // A descriptor that was closed underneath: fdatasync answers EBADF, which must not be swallowed.
        using var closed = new Microsoft.Win32.SafeHandles.SafeFileHandle(9999, ownsHandle: false);
        var error = Assert.Throws<IOException>(() => Posix.Sync(closed, "closed"));
        Assert.Contains("errno 9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_told_as_such()
    {
        using var handle = Posix.OpenFile("/dev/full", create: false);
        var error = Assert.ThrowsAny<IOException>(() => RandomAccess.Write(handle, new byte[10], 0));
        Assert.IsType<DiskFullException>(Posix.Translated(error, "full"));
    }

    [Fact]
    public void A_symbolic_link_is_not_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), Path.Combine(_folder, "target"));
        Assert.Throws<IOException>(() => new RealDisk(_folder).Open("link", create: true));
    }

    [Fact]
    public void Files_are_the_owners_alone()
    {
        var disk = new RealDisk(_folder);
        disk.CreateFolder("journal");
        disk.Open("journal/a", create: true).Dispose();
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(_folder, "journal/a")));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Path.Combine(_folder, "journal")));
    }

    [Fact]
    public void Two_cannot_hold_one_data_folder()
    {
        using (DataFolderLock.Take(_folder))
        {
            var refused = Assert.Throws<SpoolUnusableException>(() => DataFolderLock.Take(_folder));
            Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        }

        DataFolderLock.Take(_folder).Dispose();
    }

    [Fact]
    public void A_folder_of_a_newer_format_is_refused_and_left_alone()
    {
        File.WriteAllText(Path.Combine(_folder, "format"), "2\n");
        var refused = Assert.Throws<SpoolUnusableException>(() => DataFolderLock.Take(_folder));
        Assert.Contains("newer Postroom", refused.Message, StringComparison.Ordinal);
        Assert.Equal("2\n", File.ReadAllText(Path.Combine(_folder, "format")));
    }
}
