using System.Text;
using Postroom.Shared;
using Postroom.Relay.Spool.Disk;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

public sealed class WholeFileTests
{
    private const string Old = "jira:the old line\n";
    private const string New = "jira:the new line\nwiki:and one more, so that a torn one would show\n";

    [Fact]
    public void What_was_replaced_outlives_a_power_cut_whole()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = Replaced(seed, Old);
            WholeFile.Replace(disk, "users", New);
            Assert.Equal(New, Read(disk.PowerCut()));
        }
    }

    [Theory]
    [InlineData(DiskCall.Write, Old)]
    [InlineData(DiskCall.Sync, Old)]
    [InlineData(DiskCall.SyncFolder, null)]     // the new name may have reached the disk or not
    public void What_could_not_be_replaced_is_there_as_it_was(DiskCall call, string? found)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = Replaced(seed, Old);
            disk.FailFrom(call, 1, () => new IOException("the disk is ill"));
            Assert.Throws<IOException>(() => WholeFile.Replace(disk, "users", New));
            var left = Read(disk.PowerCut());
            Assert.True(left == found || (found is null && left is Old or New), left);
        }
    }

    [Fact]
    public void It_is_the_owners_alone_whatever_lay_there_before()
    {
        var folder = Directory.CreateTempSubdirectory("postroom-whole-").FullName;
        var path = Path.Combine(folder, "made", "users");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", "readable for all, and longer than what comes in its place");
        WholeFile.Replace(path, Old);
        Assert.Equal(Old, File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Directory.Delete(folder, recursive: true);
    }

    private static SimulatedDisk Replaced(int seed, string text)
    {
        var disk = new SimulatedDisk(new Random(seed));
        WholeFile.Replace(disk, "users", text);
        return disk;
    }

    private static string Read(SimulatedDisk disk)
    {
        using var file = disk.Open("users", create: false);
        var octets = new byte[file.Length];
        file.Read(0, octets);
        return Encoding.UTF8.GetString(octets);
    }
}
