using System.Globalization;
using System.Text;
using Postroom.Mail;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Relay.Maildirs;

/// <summary>One Maildir: a file a mail, written in <c>tmp</c> and moved to <c>new</c> when it is whole.</summary>
/// <remarks>A name follows from the mail, so that whoever writes it twice finds it there.</remarks>
internal sealed class Maildir
{
    private const int PieceSize = 64 * 1024;

    private const UnixFileMode GroupFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private const UnixFileMode GroupFolder = GroupFile | UnixFileMode.UserExecute | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute;

    private static readonly string[] Parts = ["tmp", "new", "cur"];

    private readonly string _folder;
    private readonly RealDisk _disk;
    private readonly bool _isForGroup;
    private readonly HashSet<string> _here = new(StringComparer.Ordinal);
    private bool _isDirty;

    /// <exception cref="IOException">It cannot be made or read.</exception>
    public Maildir(string folder, bool isForGroup)
    {
        (_folder, _isForGroup, _disk) = (folder, isForGroup, new RealDisk(folder));
        foreach (var part in Parts)
            _disk.CreateFolder(part);
        if (isForGroup && !OperatingSystem.IsWindows())
            foreach (var path in Parts.Select(part => Path.Combine(folder, part)).Append(folder))
                File.SetUnixFileMode(path, GroupFolder);
        _disk.SyncFolder("");
        foreach (var name in _disk.List("new").Concat(_disk.List("cur")))
            _here.Add(name.Split(':')[0]); // behind it are the flags that a reader set
    }

    /// <summary>The name of a mail: its time, its id, and ours in the place of the machine's.</summary>
    public static string NameOf(MailId mail, DateTimeOffset acceptedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{acceptedAt.ToUnixTimeSeconds()}.{mail}.postroom");

    /// <summary>The subfolder of a box, as Maildir++ names it: nothing in it that parts folders.</summary>
    public static string FolderOf(string box)
    {
        var name = new StringBuilder(".");
        foreach (var c in box.ToLowerInvariant())
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '@' or '+' or '=' ? c : '_');
        return name.ToString();
    }

    /// <summary>Writes a mail where it was not written before. Its octets are synced when this returns, its name after
    /// <see cref="Sync"/>.</summary>
    /// <exception cref="DamagedBodyException">What is stored is not what was accepted.</exception>
    public async Task<bool> WriteAsync(string name, MailContent content, CancellationToken cancel)
    {
        if (_here.Contains(name))
            return false;
        var unfinished = $"tmp/{name}";
        _disk.Remove(unfinished); // of a write that was cut off
        try
        {
            await CopyAsync(content, unfinished, cancel);
        }
        catch (DamagedBodyException)
        {
            _disk.Remove(unfinished); // nobody comes back for it
            throw;
        }

        if (_isForGroup && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(_folder, unfinished), GroupFile);
        _disk.Rename(unfinished, $"new/{name}");
        _isDirty = true;
        _here.Add(name);
        return true;
    }

    private async Task CopyAsync(MailContent content, string into, CancellationToken cancel)
    {
        using var file = _disk.Open(into, create: true);
        var piece = new byte[PieceSize];
        for (long at = 0; at < content.Length;)
        {
            var read = await content.ReadAsync(at, piece, cancel);
            if (read == 0)
                throw new DamagedBodyException("the stored mail is shorter than it was");
            file.Write(at, [piece.AsMemory(0, read)]);
            at += read;
        }

        file.Sync();
    }

    /// <summary>Makes the names durable that were written since.</summary>
    public void Sync()
    {
        if (_isDirty)
            _disk.SyncFolder("new");
        _isDirty = false;
    }
}
