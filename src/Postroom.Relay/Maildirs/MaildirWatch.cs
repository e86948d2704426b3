using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Maildirs;

/// <summary>Writes what is captured into Maildirs, beside everything else: nothing waits for it.</summary>
/// <remarks>
/// It goes by the marks of the index: how far each Maildir is stands in a file, which is written when all up to there
/// is on the disk. After a kill it looks at what has come since then again, and passes over what is there.
/// </remarks>
public sealed class MaildirWatch : IDisposable
{
    private const int Page = 500;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);
    private static readonly Term Captured = new(Field.State, "captured") { States = [State.Captured] };

    private readonly string _file;
    private readonly ISpool _spool;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly IDisposable _watching;
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, Maildir> _open = [];
    private readonly Dictionary<string, long> _marks;
    private volatile IReadOnlyList<MaildirSettings> _settings;

    /// <param name="file">Where it is kept how far each is.</param>
    public MaildirWatch(
        IReadOnlyList<MaildirSettings> settings, string file, ISpool spool, TimeProvider time, ILogger log)
    {
        (_settings, _file, _spool, _time, _log) = (settings, file, spool, time, log);
        _marks = Read(file);
        _watching = spool.Index.Watch(events =>
        {
            if (events.Any(static happened => happened.Kind == EventKind.Captured))
                _news.Writer.TryWrite(true);
        });
    }

    /// <summary>Goes on by other settings.</summary>
    public void Use(IReadOnlyList<MaildirSettings> settings)
    {
        _settings = settings;
        _news.Writer.TryWrite(true);
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var isDone = true;
                foreach (var one in _settings)
                    isDone &= await TryCatchUpAsync(one, cancel);
                var next = _news.Reader.ReadAsync(cancel).AsTask();
                if (isDone || await Task.WhenAny(next, Task.Delay(Again, _time, cancel)) == next)
                    await next;
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _watching.Dispose(); // what has come since is found at the next start
        }
    }

    public void Dispose() => _watching.Dispose();

    private async Task<bool> TryCatchUpAsync(MaildirSettings one, CancellationToken cancel)
    {
        try
        {
            await CatchUpAsync(one, cancel);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var folder in _open.Keys.Where(folder => IsOf(one, folder)).ToList())
                _open.Remove(folder); // what is there is looked at anew
            MaildirLog.NotWritten(_log, one.Name, one.Folder, Again.TotalSeconds, e.Message);
            return false;
        }
    }

    private async Task CatchUpAsync(MaildirSettings one, CancellationToken cancel)
    {
        // Before the first mark there is what an older program captured: nobody noted where that stands.
        var (from, to) = (_marks.GetValueOrDefault(one.Name, -1), _spool.Index.Boxes().Mark);
        if (from == to)
            return;
        var filter = new Filter([.. one.Of.Terms, Captured, Term.CameAfter(from), Term.CameBy(to)]);
        var written = 0;
        foreach (var row in _spool.Index.FindAll(filter, Page).SelectMany(static rows => rows))
            if (await WriteAsync(one, row, cancel))
                written++;
        foreach (var (folder, maildir) in _open)
            if (IsOf(one, folder))
                maildir.Sync();
        _marks[one.Name] = to;
        WholeFile.Replace(_file, string.Concat(_marks.Select(static mark =>
            string.Create(CultureInfo.InvariantCulture, $"{mark.Value} {mark.Key}\n"))));
        if (written > 0)
            MaildirLog.Written(_log, written, one.Name);
    }

    private async Task<bool> WriteAsync(MaildirSettings one, RecipientRow row, CancellationToken cancel)
    {
        if (one.Listeners.Count > 0 && _spool.Index.Show(row.Mail) is { } mail
            && !one.Listeners.Contains(mail.Origin.Listener, StringComparer.OrdinalIgnoreCase))
            return false;
        var folder = one.IsByBox && row.Box is { } box
            ? Path.Combine(one.Folder, Maildir.FolderOf(box)) : one.Folder;
        if (!_open.TryGetValue(folder, out var maildir))
            _open[folder] = maildir = new Maildir(folder, one.IsForGroup);
        try
        {
            if (_spool.Index.Content(row.Mail) is { } content)
                return await maildir.WriteAsync(Maildir.NameOf(row.Mail, row.AcceptedAt), content, cancel);
            MaildirLog.Gone(_log, row.Mail, one.Name, "its bytes are no longer kept");
        }
        catch (DamagedBodyException e)
        {
            MaildirLog.Gone(_log, row.Mail, one.Name, e.Message);
        }

        return false;
    }

    private static bool IsOf(MaildirSettings one, string folder) =>
        folder == one.Folder || Path.GetDirectoryName(folder) == one.Folder;

    private static Dictionary<string, long> Read(string file)
    {
        var marks = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
            if (line.Split(' ', 2) is [var number, var name]
                && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var mark))
                marks[name] = mark;
        return marks;
    }
}
