using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A small disk of a test's own, which can be filled and freed. Only root may mount one.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int Piece = 64 << 10;

    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    private string Crowd => Path.Combine(Folder, "crowd");

    public long Free => new DriveInfo(Folder).AvailableFreeSpace;

    /// <param name="options">As for <c>mount -t tmpfs -o</c>.</param>
    public static async Task<SmallDisk> MountAsync(string options)
    {
        var folder = Directory.CreateTempSubdirectory("postroom-disk-").FullName;
        var owner = (await Shell.RunAsync("id", ["-u"])).Text.Trim();
        var said = await Shell.RunAsRootAsync(
            "mount", "-t", "tmpfs", "-o", $"{options},mode=0700,uid={owner}", "tmpfs", folder);
        if (said.ExitCode == 0)
            return new SmallDisk(folder);
        Directory.Delete(folder);
        Assert.Skip($"a disk cannot be mounted here: {said.Error}");
        throw new InvalidOperationException("skipped");
    }

    /// <summary>Takes all space but some.</summary>
    public void Fill(long but)
    {
        using var ballast = File.OpenHandle(Ballast, FileMode.OpenOrCreate, FileAccess.Write);
        var zeros = new byte[Piece];
        try
        {
            for (var at = RandomAccess.GetLength(ballast); Free > but; at += Piece)
                RandomAccess.Write(ballast, zeros.AsSpan(0, (int)Math.Clamp(Free - but, 4096, Piece)), at);
        }
        catch (IOException)
        {
            // Somebody else took the rest.
        }
    }

    /// <summary>Takes all names but some.</summary>
    public void TakeNames(int but)
    {
        Directory.CreateDirectory(Crowd);
        var taken = 0;
        try
        {
            for (; ; taken++)
                File.Create(Path.Combine(Crowd, $"{taken}")).Dispose();
        }
        catch (IOException)
        {
            // None is left.
        }

        for (var i = 0; i < but; i++)
            File.Delete(Path.Combine(Crowd, $"{taken - 1 - i}"));
    }

    /// <summary>Gives back what was taken.</summary>
    public void Clear()
    {
        File.Delete(Ballast);
        if (Directory.Exists(Crowd))
            Directory.Delete(Crowd, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        await Shell.RunAsRootAsync("umount", "-l", Folder);
        Directory.Delete(Folder);
    }
}
