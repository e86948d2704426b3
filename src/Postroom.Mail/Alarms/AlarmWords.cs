using System.Globalization;
using System.Text;

namespace Postroom.Mail.Alarms;

/// <summary>Values and sentences of alarms, as people read them.</summary>
public static class AlarmWords
{
    /// <summary>What an alarm says of a reading.</summary>
    /// <remarks>What stands for a place is not read again: whatever others' words hold, they say nothing but
    /// themselves.</remarks>
    public static string TextOf(Alarm alarm, Measured reading)
    {
        var text = new StringBuilder();
        for (var at = 0; at < alarm.Text.Length;)
            at += alarm.Text[at] == '{' && Place(alarm, reading, alarm.Text.AsSpan(at)) is var (length, words)
                ? Append(text, words, length)
                : Append(text, alarm.Text.AsSpan(at, 1), 1);
        return text.ToString().TrimEnd(' ', ':');
    }

    /// <summary>The names that may stand in braces in a text.</summary>
    public static IReadOnlyList<string> Places { get; } = ["subject", "value", "limit", "detail"];

    private static (int Length, string Words)? Place(Alarm alarm, Measured reading, ReadOnlySpan<char> text)
    {
        foreach (var name in Places)
            if (text[1..].StartsWith(name, StringComparison.Ordinal) && text[(1 + name.Length)..].StartsWith("}"))
                return (name.Length + 2, name switch
                {
                    "subject" => reading.Subject,
                    "value" => Value(alarm.Measure.Unit, reading.Value),
                    "limit" => Value(alarm.Measure.Unit, alarm.Limit),
                    _ => reading.Detail ?? "",
                });
        return null;
    }

    private static int Append(StringBuilder text, ReadOnlySpan<char> words, int read)
    {
        text.Append(words);
        return read;
    }

    /// <summary>How it stands where all is well.</summary>
    /// <param name="reading">Null: there is nothing to be read any more.</param>
    public static string WellOf(Alarm alarm, Measured? reading) => reading is null ? "It is well."
        : $"It is well: {alarm.Measure.Name} is {Value(alarm.Measure.Unit, reading.Value)}.";

    /// <summary>When an alarm is raised.</summary>
    public static string ConditionOf(Alarm alarm)
    {
        var what = alarm.Filter is { } filter ? $"recipients of {filter}" : alarm.Measure.Name;
        var words = $"{what} {(alarm.IsBelow ? "below" : "above")} {Value(alarm.Measure.Unit, alarm.Limit)}";
        if (alarm.For > TimeSpan.Zero)
            words += $" for {Duration(alarm.For.TotalSeconds)}";
        return alarm.Unless.Count == 0 ? words : $"{words}, unless {string.Join(" or ", alarm.Unless)}";
    }

    /// <summary>A value in words: <c>31 minutes</c>, <c>27 %</c>, <c>1,204</c>, <c>2.5 times</c>.</summary>
    public static string Value(Unit unit, double value) => unit switch
    {
        Unit.Duration => Duration(value),
        Unit.Share => Of($"{value * 100:0} %"),
        Unit.Times => Of($"{value:0.#} times"),
        _ => Of($"{value:#,0}"),
    };

    /// <summary>Seconds in the largest unit that says enough.</summary>
    public static string Duration(double seconds)
    {
        var whole = Math.Floor(Math.Max(0, seconds));
        return whole switch
        {
            < 120 => Counted(whole, "second"),
            < 120 * 60 => Counted(Math.Floor(whole / 60), "minute"),
            < 48 * 3_600 => Counted(Math.Floor(whole / 3_600), "hour"),
            _ => Counted(Math.Floor(whole / 86_400), "day"),
        };
    }

    private static string Counted(double number, string what) => Of($"{number:0} {what}{(number is 1 ? "" : "s")}");

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
