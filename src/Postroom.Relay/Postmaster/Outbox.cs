using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Alarms;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Postmaster;

/// <summary>Raised alarms and their notices, in a file of the data folder: a restart tells nothing twice, and forgets
/// nothing.</summary>
/// <remarks>A change of an alarm and the notices of it are kept by one write.</remarks>
/// <param name="path">The file.</param>
internal sealed class Outbox(string path, TimeProvider time, ILogger log)
{
    /// <summary>The most that wait for one receiver; the oldest make room.</summary>
    public const int MostWaiting = 500;

    /// <summary>How many that were told, or given up, are kept to be looked at.</summary>
    public const int MostDone = 200;

    private readonly Lock _gate = new();
    private readonly KeptAlarms _before = Read(path, log);
    private List<Notice>? _notices;
    private IReadOnlyList<RaisedAlarm>? _raised;

    /// <summary>The alarms that were raised when it was last kept.</summary>
    public IReadOnlyList<RaisedAlarm> Raised
    {
        get
        {
            lock (_gate)
                return _raised ?? _before.Raised;
        }
    }

    /// <summary>All that are kept, oldest first.</summary>
    public IReadOnlyList<Notice> All
    {
        get
        {
            lock (_gate)
                return [.. Notices];
        }
    }

    private List<Notice> Notices => _notices ??= [.. _before.Notices];

    /// <summary>Puts news in for everybody who wants to hear of it.</summary>
    public void Put(IReadOnlyList<AlarmChange> changes, IReadOnlyList<RaisedAlarm> raised,
        IReadOnlyList<Receiver> receivers)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            _raised = raised;
            foreach (var change in changes)
                foreach (var receiver in receivers)
                    if (receiver.Wants(change.Of.Alarm, change.Of.Severity) && (change.IsRaised || receiver.TellsEnd))
                        Notices.Add(New(receiver.Name, now, News.Of(change)));
            foreach (var receiver in receivers)
                MakeRoom(receiver.Name, now);
            Keep();
        }
    }

    /// <summary>How raised alarms stand now; not worth a write.</summary>
    public void Now(IReadOnlyList<RaisedAlarm> raised)
    {
        lock (_gate)
            _raised = raised;
    }

    /// <summary>A notice that is in no box: it is told now or not at all.</summary>
    public static Notice New(string receiver, DateTimeOffset at, News news) =>
        new($"ntc_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10))}", receiver, at, news)
        {
            NextTry = at,
        };

    /// <summary>What is due of each receiver: the first that waits for it. The others wait behind it, in
    /// order.</summary>
    /// <param name="longest">No wait is longer: one that seems to be was set by a clock that is set since.</param>
    public IReadOnlyList<Notice> Due(TimeSpan longest)
    {
        var now = time.GetUtcNow();
        lock (_gate)
            return [.. Firsts().Where(notice =>
                notice.NextTry is not { } next || next <= now || next > now + longest)];
    }

    /// <summary>Until something is due; null while nothing waits.</summary>
    /// <param name="busy">Receivers that are being told.</param>
    public TimeSpan? NextDue(IReadOnlyCollection<string> busy)
    {
        var now = time.GetUtcNow();
        lock (_gate)
            return Firsts().Where(notice => !busy.Contains(notice.Receiver))
                .Select(notice => (notice.NextTry ?? now) - now).Cast<TimeSpan?>().Min();
    }

    /// <summary>Of each receiver that cannot be told anything, the oldest notice that it has not been told.</summary>
    public IReadOnlyList<Notice> Late()
    {
        lock (_gate)
            return [.. Notices.GroupBy(notice => notice.Receiver, StringComparer.Ordinal)
                .Select(all => all.AsEnumerable().Reverse().TakeWhile(one => one.ToldAt is null).LastOrDefault(one =>
                    one.Tries > 0))
                .OfType<Notice>()];
    }

    /// <summary>Notes how a try went.</summary>
    public void Note(Notice notice)
    {
        lock (_gate)
        {
            var at = Notices.FindIndex(one => one.Id == notice.Id);
            if (at < 0 || (!Notices[at].IsOpen && notice.ToldAt is null))
                return; // it was given up while it was tried
            Notices[at] = notice;
            Trim();
            Keep();
        }
    }

    /// <summary>Puts a word in the place of a text wherever a notice has it.</summary>
    public void Reword(string text, string word)
    {
        lock (_gate)
        {
            for (var at = 0; at < Notices.Count; at++)
                Notices[at] = Notices[at].Reword(text, word);
            Keep();
        }
    }

    /// <summary>Whoever is no longer there is not told; whoever was corrected is tried at once.</summary>
    public void Use(IReadOnlyList<Receiver> receivers)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            for (var at = 0; at < Notices.Count; at++)
                if (Notices[at] is { IsOpen: true } open)
                    Notices[at] = receivers.Any(receiver => receiver.Name == open.Receiver)
                        ? open with { NextTry = now }
                        : Orphaned(open, now);
            if (Notices.Count > 0)
                Keep();
        }
    }

    /// <summary>A notice whose receiver is gone.</summary>
    public static Notice Orphaned(Notice notice, DateTimeOffset now) =>
        notice with { GivenUpAt = now, NextTry = null, Last = "There is no such receiver any more." };

    private IEnumerable<Notice> Firsts() =>
        Notices.Where(notice => notice.IsOpen).GroupBy(notice => notice.Receiver, StringComparer.Ordinal)
            .Select(waiting => waiting.First());

    // The reader of JSON sets what it did not find to null.
    private static bool IsWhole(RaisedAlarm? one) =>
        one is { Alarm: not null, Subject: not null, Text: not null, Cure: not null, Now: not null };

    private static bool IsWhole(Notice? one) => one is
    {
        Id: not null, Receiver: not null,
        News: { Alarm: not null, Subject: not null, Text: not null, Cure: not null },
    };

    private void MakeRoom(string receiver, DateTimeOffset now)
    {
        var waiting = Notices.FindAll(notice => notice.IsOpen && notice.Receiver == receiver);
        foreach (var old in waiting.Take(waiting.Count - MostWaiting))
        {
            Notices[Notices.IndexOf(old)] = old with { GivenUpAt = now, Last = "Too many wait for this receiver." };
            PostmasterLog.GivenUp(log, receiver, old.News.Alarm, "too many wait for it");
        }

        Trim();
    }

    private void Trim()
    {
        var done = Notices.Count(notice => !notice.IsOpen) - MostDone;
        if (done > 0)
            Notices.RemoveAll(notice => !notice.IsOpen && done-- > 0);
    }

    private void Keep()
    {
        try
        {
            WholeFile.Replace(path,
                JsonSerializer.Serialize(new KeptAlarms(Raised, Notices), KeptJson.Default.KeptAlarms) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            PostmasterLog.NotKept(log, e.Message); // told all the same; a restart may tell it again
        }
    }

    private static KeptAlarms Read(string path, ILogger log)
    {
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path), KeptJson.Default.KeptAlarms) is
                    { Raised: { } raised, Notices: { } notices }
                    ? new KeptAlarms([.. raised.Where(IsWhole)], [.. notices.Where(IsWhole)])
                    : KeptAlarms.None
                : KeptAlarms.None;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            PostmasterLog.NotRead(log, path, e.Message);
            return KeptAlarms.None; // told twice is better than not at all
        }
    }
}
