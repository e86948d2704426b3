using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Postmaster;

/// <summary>Listens to which application sends when, and notices who has fallen silent.</summary>
/// <param name="file">What was learned, kept in the data folder.</param>
public sealed class Hearing(string file, TimeProvider time, ILogger log)
{
    /// <summary>The most sources that are told apart; any other is not learned.</summary>
    public const int MostSources = 200;

    // Who was away for longer does not know what it missed.
    private static readonly TimeSpan ShortBreak = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan KeepEvery = TimeSpan.FromHours(1);

    // Who has sent nothing for so long is no source any more: a test machine, a pod.
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(7 * Rhythm.Weeks);

    private readonly ConcurrentDictionary<string, Source> _sources = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private DateTimeOffset _keptAt = DateTimeOffset.MinValue;
    private (DateTimeOffset Wall, long Steady)? _looked;
    private bool _isRead;
    private bool _isFull;

    /// <summary>A mail was accepted.</summary>
    /// <param name="app">Which application sent it; what was not recognised is nobody's habit.</param>
    public void Heard(AppFacts? app)
    {
        if (app is null)
            return;
        var name = NameOf(app);
        if (!_sources.TryGetValue(name, out var source))
        {
            if (_sources.Count >= MostSources)
            {
                if (!_isFull)
                    PostmasterLog.TooManySources(log, name, MostSources);
                _isFull = true;
                return;
            }

            source = _sources.GetOrAdd(name, static _ => new Source());
        }

        source.Hear(time.GetUtcNow());
    }

    /// <summary>What a source is called: <c>jira</c>, or <c>jira at jira.example.com</c>.</summary>
    public static string NameOf(AppFacts app) =>
        Uri.TryCreate(app.Site, UriKind.Absolute, out var site) && site.Host.Length > 0 ? $"{app.App} at {site.Host}"
        : app.Instance is { } instance && instance != app.App ? $"{app.App} at {instance}" : app.App;

    /// <summary>Looks at all sources; to be called every minute or so.</summary>
    public IReadOnlyList<Measured> Look()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (!_isRead)
                Read(now);
            _isRead = true;
            var local = TimeZoneInfo.ConvertTime(now, time.LocalTimeZone);
            AfterAJump(now);
            foreach (var (name, _) in _sources.Where(one => one.Value.IsForgotten(now)))
                _isFull = !_sources.TryRemove(name, out _) && _isFull;
            List<Measured> readings = [.. _sources.Select(one => one.Value.Look(one.Key, now, local))];
            if (now - _keptAt >= KeepEvery || now < _keptAt)
                Keep(now);
            return readings;
        }
    }

    /// <summary>Keeps what was learned.</summary>
    public void Keep()
    {
        lock (_gate)
            if (_isRead)
                Keep(time.GetUtcNow());
    }

    // A clock that was set, or a machine that slept, has made nobody silent.
    private void AfterAJump(DateTimeOffset now)
    {
        var steady = time.GetTimestamp();
        if (_looked is var (wall, before) && now - wall - time.GetElapsedTime(before, steady) is var jump
            && (jump.Duration() > TimeSpan.FromSeconds(30) || now - wall > ShortBreak))
            foreach (var source in _sources.Values)
                source.Begin(now);
        _looked = (now, steady);
    }

    private void Keep(DateTimeOffset now)
    {
        _keptAt = now;
        try
        {
            var kept = new KeptHabits(now, _sources.Where(one => one.Value.IsKnown)
                .ToDictionary(one => one.Key, one => one.Value.Keep()));
            WholeFile.Replace(file, JsonSerializer.Serialize(kept, HabitsJson.Default.KeptHabits) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            PostmasterLog.NotKept(log, e.Message);
        }
    }

    private void Read(DateTimeOffset now)
    {
        _keptAt = now;
        try
        {
            if (!File.Exists(file)
                || JsonSerializer.Deserialize(File.ReadAllBytes(file), HabitsJson.Default.KeptHabits) is not
                    { Sources: { } sources } kept)
                return;
            var isFresh = now - kept.At < ShortBreak && now >= kept.At;
            foreach (var (name, habit) in sources.Take(MostSources))
                if (habit is { Weeks: not null })
                    _sources.GetOrAdd(name, static _ => new Source()).Remember(habit,
                        isFresh && habit.Last <= now && now - habit.Last < Forgotten ? habit.Last : now);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            PostmasterLog.NotRead(log, file, e.Message);
        }
    }

    private sealed class Source
    {
        private Rhythm _rhythm = new();
        private long _heard; // ticks of the last mail; 0: none that has not been looked at
        private DateTimeOffset? _last;

        // On the path of every mail: no lock. Mails between two looks count as one, as those of one minute do.
        public void Hear(DateTimeOffset now) => Volatile.Write(ref _heard, now.UtcTicks);

        public bool IsKnown => _last is not null;

        public bool IsForgotten(DateTimeOffset now) =>
            Volatile.Read(ref _heard) == 0 && _last is { } last && now - last > Forgotten;

        /// <summary>What was before is not known.</summary>
        public void Begin(DateTimeOffset now)
        {
            if (_last is not null)
                _last = now;
        }

        public void Remember(KeptHabit habit, DateTimeOffset last)
        {
            _rhythm = new Rhythm(habit.Weeks);
            _last = last;
        }

        public KeptHabit Keep() => new(_last ?? DateTimeOffset.MinValue, _rhythm.Keep());

        public Measured Look(string name, DateTimeOffset now, DateTimeOffset local)
        {
            if (Interlocked.Exchange(ref _heard, 0) is > 0 and var ticks)
            {
                var heard = new DateTimeOffset(ticks, TimeSpan.Zero);
                _rhythm.Heard(local - (now - heard), _last is { } before ? heard - before : null);
                _last = heard;
            }

            var silent = _last is { } last && now > last ? now - last : TimeSpan.Zero;
            _rhythm.Silent(local, silent);
            if (silent < Rhythm.Shortest || _rhythm.Usual(local) is not { } usual)
                return new Measured(name, 0);
            return new Measured(name, silent / usual)
            {
                Detail = $"no mail for {AlarmWords.Duration(silent.TotalSeconds)}, where at this time of the week "
                    + $"{AlarmWords.Duration(usual.TotalSeconds)} are the most that chance explains.",
            };
        }
    }
}

/// <summary>What was learned, as it lies in the file.</summary>
internal sealed record KeptHabits(DateTimeOffset At, IReadOnlyDictionary<string, KeptHabit> Sources);

/// <summary>Of one source.</summary>
internal sealed record KeptHabit(DateTimeOffset Last, IReadOnlyList<KnownWeek> Weeks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KeptHabits))]
internal sealed partial class HabitsJson : JsonSerializerContext;
