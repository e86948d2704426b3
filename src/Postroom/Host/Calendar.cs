using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Host;

/// <summary>Tells 30, 14, 7 and 1 days ahead, and on the day, what is about to expire; each once.</summary>
/// <remarks>It sleeps until the next of these days; with nothing that expires it sleeps for good.</remarks>
/// <param name="file">What was told already, so that a restart does not tell it again.</param>
public sealed class Calendar(
    Func<IReadOnlyList<Expiry>> expiries, Action<TrailEvent> note, string file, TimeProvider time, ILogger log)
{
    private static readonly int[] DaysAhead = [30, 14, 7, 1, 0];

    private TaskCompletionSource _changed = Promise.New();

    /// <summary>A secret or the configuration changed: look again.</summary>
    public void Changed() => Interlocked.Exchange(ref _changed, Promise.New()).TrySetResult();

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var changed = Volatile.Read(ref _changed).Task; // before the look: what comes during it counts
            TimeSpan? next = TimeSpan.FromDays(1);
            try
            {
                var all = expiries();
                Tell(all);
                next = Next(all);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                HostLog.CalendarNotKept(log, e.Message); // tomorrow again
            }

            await WaitAsync(next, changed, cancel);
        }
    }

    private void Tell(IReadOnlyList<Expiry> all)
    {
        var told = Told();
        var isNews = false;
        foreach (var expiry in all)
        {
            var left = expiry.Day.DayNumber - Today.DayNumber;
            // The last of the marks it has passed; one that it passed while nobody looked is not told late.
            if (Array.FindLast(DaysAhead, days => left <= days) is var mark && left > DaysAhead[0])
                continue;
            if (told.GetValueOrDefault(expiry.What) is { } before && before.Day == expiry.Day && before.Mark <= mark)
                continue;
            told[expiry.What] = new ToldExpiry(expiry.Day, mark);
            isNews = true;
            var says = string.Create(CultureInfo.InvariantCulture,
                $"{expiry.What} {InWords(left)}, on {expiry.Day:yyyy-MM-dd}: {expiry.Cure}");
            note(new TrailEvent(time.GetUtcNow(), EventKind.Expiring, null, null) { Text = says });
            HostLog.Expiring(log, says);
        }

        if (isNews)
            Keep(told.Where(one => all.Any(expiry => expiry.What == one.Key)).ToDictionary());
    }

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>How far away the next mark is; null if there is none.</summary>
    private TimeSpan? Next(IReadOnlyList<Expiry> all)
    {
        var days = all.SelectMany(expiry => DaysAhead.Select(ahead => expiry.Day.AddDays(-ahead)))
            .Where(day => day > Today).ToList();
        return days.Count == 0 ? null
            : new DateTimeOffset(days.Min().ToDateTime(default), TimeSpan.Zero) - time.GetUtcNow();
    }

    private async Task WaitAsync(TimeSpan? within, Task changed, CancellationToken cancel)
    {
        // In steps: a clock that is set, or a machine that slept, is noticed within a day.
        var step = within is not { } far ? Timeout.InfiniteTimeSpan
            : far < TimeSpan.FromDays(1) ? far : TimeSpan.FromDays(1);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(changed, Task.Delay(step, time, ended.Token));
        ended.Cancel(); // no timer is left behind
    }

    private static string InWords(int left) => left switch
    {
        > 1 => string.Create(CultureInfo.InvariantCulture, $"in {left} days"),
        1 => "tomorrow",
        0 => "today",
        _ => string.Create(CultureInfo.InvariantCulture, $"{-left} days ago"),
    };

    private Dictionary<string, ToldExpiry> Told()
    {
        try
        {
            return File.Exists(file)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(file), ToldJson.Default.DictionaryStringToldExpiry) ?? []
                : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return []; // told twice is better than not at all
        }
    }

    private void Keep(Dictionary<string, ToldExpiry> told)
    {
        try
        {
            WholeFile.Replace(file,
                JsonSerializer.Serialize(told, ToldJson.Default.DictionaryStringToldExpiry) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            HostLog.CalendarNotKept(log, e.Message);
        }
    }
}

/// <summary>What was told of one thing.</summary>
/// <param name="Mark">Days ahead.</param>
internal sealed record ToldExpiry(DateOnly Day, int Mark);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, ToldExpiry>))]
internal sealed partial class ToldJson : JsonSerializerContext;
