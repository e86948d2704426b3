using Postroom.Mail;
using Postroom.Mail.Audit;

namespace Postroom.Api;

/// <summary>Puts onto the trail what a person did through the API where nothing else would tell of it.</summary>
internal sealed class Witness(ApiDoors doors)
{
    // Whoever reads a mail in ranges, or looks again, has opened it once.
    private static readonly TimeSpan Once = TimeSpan.FromMinutes(10);
    private const int MostRemembered = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Who, MailId Mail), long> _opened = [];

    /// <summary>Completes when it is on stable storage that this person reads the mail.</summary>
    public async ValueTask OpenedAsync(MailId mail, string who)
    {
        var now = doors.Time.GetTimestamp();
        lock (_gate)
            if (_opened.TryGetValue((who, mail), out var before) && doors.Time.GetElapsedTime(before, now) < Once)
                return;
        await doors.Spool.NoteAsync(new TrailEvent(doors.Time.GetUtcNow(), EventKind.Opened, mail, null) { Who = who });
        lock (_gate)
        {
            if (_opened.Count >= MostRemembered)
                foreach (var (one, at) in _opened.ToArray())
                    if (doors.Time.GetElapsedTime(at, now) >= Once)
                        _opened.Remove(one);
            if (_opened.Count >= MostRemembered)
                _opened.Clear(); // told twice is better than not at all
            _opened[(who, mail)] = now;
        }
    }

    public void RouteTried(TrialAnswer answer, string who)
    {
        var how = answer switch
        {
            { Failure: { } failure } => $"failed: {failure.Diagnostic}",
            { Mail: { } mail } => $"works; sent mail {mail}",
            _ => "works; nothing was sent",
        };
        Note(EventKind.RouteTried, who, $"route {answer.Route}: {how}");
    }

    public void Note(EventKind kind, string who, string what) =>
        doors.Spool.Note(new TrailEvent(doors.Time.GetUtcNow(), kind, null, null) { Who = who, Text = what });
}
