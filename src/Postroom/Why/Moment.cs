using System.Globalization;

namespace Postroom.Why;

/// <summary>Times as people say them.</summary>
internal static class Moment
{
    /// <summary><c>today at 09:12:04</c>, <c>yesterday at …</c>, <c>on 2026-11-20 at …</c>.</summary>
    public static string Of(DateTimeOffset at, DateTimeOffset now)
    {
        var local = at.ToOffset(now.Offset);
        var day = (now.Date - local.Date).Days switch
        {
            0 => "today",
            1 => "yesterday",
            _ => "on " + local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };
        return $"{day} at {local.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}";
    }

    /// <summary><c>12 seconds</c>, <c>1 minute</c>, <c>3 days</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalMinutes: < 2 } => Of(span.TotalSeconds, "second"),
        { TotalHours: < 2 } => Of(span.TotalMinutes, "minute"),
        { TotalDays: < 2 } => Of(span.TotalHours, "hour"),
        _ => Of(span.TotalDays, "day"),
    };

    /// <summary><c>1 mail</c>, <c>3 mails</c>.</summary>
    public static string Of(double number, string what)
    {
        var whole = Math.Max(0, Math.Round(number));
        return string.Create(CultureInfo.InvariantCulture, $"{whole:0} {what}{(whole == 1 ? "" : "s")}");
    }
}
