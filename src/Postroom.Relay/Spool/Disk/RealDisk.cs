using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Postroom.Relay.Spool.Disk;

/// <summary>The disk below one folder of this machine. Files are 0600, folders 0700; no symbolic link is
/// followed.</summary>
public sealed class RealDisk : IDisk
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
    private const long FilesKept = 64; // for segments and the ledger, while what was accepted is delivered
    private readonly string _folder;

    /// <param name="folder">Created if missing.</param>
    public RealDisk(string folder)
    {
        _folder = Path.GetFullPath(folder);
        MakeFolder(_folder);
        BootId = File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : null;
    }

    // The journal's next segment needs a name as well as room.
    public long FreeSpace =>
        Posix.FilesLeft(_folder) < FilesKept ? 0 : new DriveInfo(_folder).AvailableFreeSpace;

    public string? BootId { get; }

    public IDiskFile Open(string name, bool create) => new RealFile(Posix.OpenFile(PathOf(name), create), PathOf(name));

    public IReadOnlyList<string> List(string folder)
    {
        var path = PathOf(folder);
        if (!Directory.Exists(path))
            return [];
        var names = Directory.GetFiles(path);
        for (var i = 0; i < names.Length; i++)
            names[i] = Path.GetFileName(names[i]);
        return names;
    }

    public void CreateFolder(string folder) => MakeFolder(PathOf(folder));

    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Remove(string name) => File.Delete(PathOf(name));

    public void SyncFolder(string folder) => Posix.SyncFolder(PathOf(folder));

    /// <summary>How much of the disk a file takes: its length without its holes.</summary>
    public static long OctetsTaken(string path)
    {
        using var file = Posix.OpenFile(path, create: false); // .NET would ask for a lock, which another may hold
        return Posix.OctetsOfData(file);
    }

    public IScratch OpenScratch(string name, int size)
    {
        using (var file = Posix.OpenFile(PathOf(name), create: true))
        {
            if (RandomAccess.GetLength(file) != size)
            {
                RandomAccess.SetLength(file, 0);
                // not sparse: a store into a hole of a full disk is a SIGBUS
                RandomAccess.Write(file, new byte[size], 0);
            }
        }

        return new MappedScratch(PathOf(name), size);
    }

    public byte[]? ReadScratch(string name) => File.Exists(PathOf(name)) ? File.ReadAllBytes(PathOf(name)) : null;

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string PathOf(string name) => name.Length == 0 ? _folder : Path.Combine(_folder, name);

    private sealed class RealFile(SafeFileHandle handle, string path) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            try
            {
                RandomAccess.Write(handle, pieces, offset);
            }
            catch (IOException e)
            {
                throw Posix.Translated(e, path);
            }
        }

        public int Read(long offset, Span<byte> into)
        {
            var read = 0;
            while (read < into.Length && RandomAccess.Read(handle, into[read..], offset + read) is var more and > 0)
                read += more;
            return read;
        }

        public void Sync() => Posix.Sync(handle, path);

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void GiveBack(long offset, long length) => Posix.PunchHole(handle, path, offset, length);

        public void Dispose() => handle.Dispose();
    }

    private sealed unsafe class MappedScratch : IScratch
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;
        private readonly byte* _start;
        private readonly int _size;
        private bool _disposed;

        public MappedScratch(string path, int size)
        {
            _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, size);
            _view = _file.CreateViewAccessor(0, size);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            _size = size;
        }

        public Span<byte> Bytes => new(_start, _size);

        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
