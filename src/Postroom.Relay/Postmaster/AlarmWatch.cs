using Microsoft.Extensions.Logging;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Postmaster;

/// <summary>What the postmaster reaches of the house.</summary>
/// <param name="File">Where alarms and notices are kept.</param>
/// <param name="Note">Puts an event onto the trail.</param>
/// <param name="Look">Begins a look: what it returns gives the readings of each alarm, all of one moment; null where
/// they cannot be had.</param>
/// <param name="Needs">What it takes to tell somebody.</param>
public sealed record PostmasterParts(
    string File, Action<TrailEvent> Note, Func<Func<Alarm, IReadOnlyList<Measured>?>> Look, ReceiverNeeds Needs,
    ILogger Log)
{
    /// <summary>Counts and shows what it does.</summary>
    public RelayMeters Meters { get; init; } = RelayMeters.Unwatched;
}

/// <summary>Tells the people in charge, by a way that is not the stuck queue: looks at everything again and again,
/// raises what is to be raised, and has it told.</summary>
public sealed class AlarmWatch
{
    /// <summary>How often everything is looked at.</summary>
    public static TimeSpan Every { get; } = TimeSpan.FromSeconds(15);

    private readonly PostmasterParts _parts;
    private readonly TimeProvider _time;
    private readonly Outbox _outbox;
    private readonly Messenger _messenger;
    private readonly AlarmBook _book;
    private volatile PostmasterSettings _settings;

    public AlarmWatch(PostmasterSettings settings, PostmasterParts parts)
    {
        (_parts, _time, _settings) = (parts, parts.Needs.Time, settings);
        _outbox = new Outbox(parts.File, _time, parts.Log);
        _book = new AlarmBook(_outbox.Raised);
        _messenger = new Messenger(_outbox, parts.Needs, parts.Meters.Postmaster, parts.Log);
        Use(settings);
    }

    /// <summary>What is raised, the oldest first.</summary>
    public IReadOnlyList<RaisedAlarm> Raised => _outbox.Raised;

    /// <summary>What waits to be told, and what was told of late; oldest first.</summary>
    public IReadOnlyList<Notice> Notices => _outbox.All;

    /// <summary>What is looked at, and who is told.</summary>
    public PostmasterSettings Settings => _settings;

    /// <summary>The first notice of each receiver that was tried in vain.</summary>
    public IReadOnlyList<Notice> Late => _outbox.Late();

    /// <summary>Goes on by other settings; what waits is tried at once.</summary>
    public void Use(PostmasterSettings settings)
    {
        _settings = settings;
        _messenger.Receivers = settings.Receivers;
        foreach (var receiver in settings.Receivers)
            _parts.Meters.Postmaster.Begins(receiver.Name);
        _outbox.Use(settings.Receivers);
        _messenger.Ring();
    }

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) =>
        Task.WhenAll(WatchAsync(cancel), _messenger.RunAsync(cancel));

    /// <summary>Tells a receiver that this is a test.</summary>
    /// <returns>Whether it was taken, and its words; null if there is no such receiver.</returns>
    public async Task<(bool IsTold, string Words)?> TestAsync(string receiver, string who, CancellationToken cancel)
    {
        if (_settings.Receivers.FirstOrDefault(one => one.Name == receiver) is not { } found)
            return null;
        var now = _time.GetUtcNow();
        var notice = Outbox.New(receiver, now, new News("test", "", Severity.Warning, IsRaised: true, now,
            $"This is a test, asked for by {who}. Nothing is wrong."));
        var told = await _messenger.TestAsync(found, notice, cancel);
        return (told.IsTold, told.Words);
    }

    /// <summary>How many notices name an address.</summary>
    public int NoticesWith(string address) =>
        _outbox.All.Count(notice => !ReferenceEquals(notice, notice.Reword(address, "")));

    /// <summary>Puts a word in the place of an address in every notice that is kept.</summary>
    public void Forget(string address, string word) => _outbox.Reword(address, word);

    private async Task WatchAsync(CancellationToken cancel)
    {
        var last = _time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            // First of all wait: what has just started has tried nothing yet, and can show neither well nor ill.
            await Task.WhenAny(Task.Delay(Every, _time, cancel));
            if (cancel.IsCancellationRequested)
                return;
            try
            {
                var now = _time.GetTimestamp();
                Look(_time.GetElapsedTime(last, now));
                last = now;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                PostmasterLog.NotLooked(_parts.Log, Every, e.Message);
            }
        }
    }

    private void Look(TimeSpan passed)
    {
        var settings = _settings;
        // A machine that slept knows nothing of the time between.
        var counted = passed < 4 * Every ? passed : Every;
        var changes = _book.Look(settings.Alarms, _parts.Look(), _time.GetUtcNow(), counted);
        var raised = _book.Raised;
        if (changes.Count > 0)
        {
            foreach (var change in changes)
                Record(change);
            _outbox.Put(changes, raised, settings.Receivers);
            _messenger.Ring();
        }
        else
        {
            _outbox.Now(raised);
        }
    }

    private void Record(AlarmChange change)
    {
        var of = change.Of;
        _parts.Note(new TrailEvent(_time.GetUtcNow(), change.IsRaised ? EventKind.AlarmRaised : EventKind.AlarmOver,
            null, null)
        {
            Text = change.IsRaised ? $"{of.Alarm}: {of.Text}" : $"{of.Alarm}: {of.Now}",
        });
        if (!change.IsRaised)
            PostmasterLog.Over(_parts.Log, of.Alarm, of.Now);
        else if (of.Severity == Severity.Critical)
            PostmasterLog.Alarmed(_parts.Log, of.Alarm, of.Text, of.Cure);
        else
            PostmasterLog.Warned(_parts.Log, of.Alarm, of.Text, of.Cure);
    }
}
