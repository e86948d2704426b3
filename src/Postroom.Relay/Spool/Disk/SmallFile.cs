namespace Postroom.Relay.Spool.Disk;

/// <summary>A small file of ours, which is read whole and replaced whole (<see cref="WholeFile"/>).</summary>
/// <param name="path">Where it lies on this machine; its name, where there is a disk.</param>
/// <param name="disk">The disk it lies on; null: this machine's.</param>
public sealed class SmallFile(string path, IDisk? disk = null)
{
    /// <summary>As people are told of it.</summary>
    public string Path => path;

    /// <summary>All of it; null where it is not there.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public byte[]? Read()
    {
        if (disk is null)
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        try
        {
            using var file = disk.Open(path, create: false);
            var octets = new byte[file.Length];
            return file.Read(0, octets) == octets.Length ? octets : throw new IOException($"{path} is cut off");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Puts another content in its place; durable when this returns.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Replace(string text)
    {
        if (disk is null)
            WholeFile.Replace(path, text);
        else
            WholeFile.Replace(disk, path, text);
    }
}
