using System.Text;

namespace Postroom.Relay.Spool.Disk;

/// <summary>A small file that is there as it was or as it is now, whatever happens in between.</summary>
public static class WholeFile
{
    /// <summary>Replaces a file, or makes it; mode 0600, like all files of ours. When this returns it is
    /// durable.</summary>
    /// <remarks>
    /// The content is synced before the name points at it, and the name after: without the first a power cut can leave
    /// the name with nothing behind it, without the second it can leave the old content.
    /// </remarks>
    public static void Replace(IDisk disk, string name, string text)
    {
        var fresh = name + ".new";
        disk.Remove(fresh); // of a write that was cut off; whoever may read that one may not read this one
        using (var file = disk.Open(fresh, create: true))
        {
            file.Write(0, [Encoding.UTF8.GetBytes(text)]);
            file.Sync();
        }

        disk.Rename(fresh, name);
        disk.SyncFolder("");
    }

    /// <summary>The same for a path of this machine; the folder is made if it is missing, 0700.</summary>
    public static void Replace(string path, string text)
    {
        var full = Path.GetFullPath(path);
        Replace(new RealDisk(Path.GetDirectoryName(full)!), Path.GetFileName(full), text);
    }
}
