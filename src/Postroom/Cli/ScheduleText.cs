using System.Globalization;
using System.Text.Json;
using Postroom.Mail.Status;

namespace Postroom.Cli;

/// <summary>The retry schedule in words, and as data.</summary>
public static class ScheduleText
{
    /// <summary>As a comment below a printed configuration, one thought a line.</summary>
    public static string Comment(RetrySchedule retry)
    {
        var growing = retry.GrowingWaits;
        var waits = string.Join(", ", growing.Select(Exactly));
        var then = growing.Count + 1 >= retry.FewestTries ? "" : $"every {Exactly(retry.LastWait)}";
        var list = waits.Length == 0 ? then : then.Length == 0 ? "after " + waits : $"after {waits}, then {then}";
        return $"# A mail whose try fails is tried again {list};\n"
            + $"# these are the longest waits, up to a quarter may be taken off.\n" + string.Create(
                CultureInfo.InvariantCulture,
                $"# Given up after {Exactly(retry.GiveUpAfter)}: that is {retry.FewestTries} tries or more.");
    }

    /// <summary>As the member <c>retry_schedule</c> of the object that is open.</summary>
    public static void WriteJson(RetrySchedule retry, Utf8JsonWriter json)
    {
        json.WriteStartObject("retry_schedule");
        json.WriteStartArray("waits_seconds");
        foreach (var wait in retry.GrowingWaits)
            json.WriteNumberValue(wait.TotalSeconds);
        json.WriteEndArray();
        json.WriteNumber("then_every_seconds", retry.LastWait.TotalSeconds);
        json.WriteNumber("give_up_after_seconds", retry.GiveUpAfter.TotalSeconds);
        json.WriteNumber("fewest_tries", retry.FewestTries);
        json.WriteEndObject();
    }

    // 90 s are "1 min 30 s": unlike an age, a setting is not rounded.
    private static string Exactly(TimeSpan span)
    {
        (int Number, string Unit)[] parts =
        [
            (span.Days, "d"), (span.Hours, "h"), (span.Minutes, "min"), (span.Seconds, "s"), (span.Milliseconds, "ms"),
        ];
        var said = parts.Where(p => p.Number > 0)
            .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Number} {p.Unit}"));
        return string.Join(' ', said.DefaultIfEmpty("0 s"));
    }
}
