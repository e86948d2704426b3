using System.Globalization;

namespace Postroom.Mail.Audit;

/// <summary>Reads instants, ages and sizes as people write them.</summary>
internal static class FilterValues
{
    private static readonly string[] Local = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"];
    private static readonly string[] Zoned = ["yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    /// <param name="offset">The zone of an instant that names none.</param>
    public static bool TryInstant(string text, TimeSpan offset, out DateTimeOffset instant)
    {
        var invariant = CultureInfo.InvariantCulture;
        if (DateTime.TryParseExact(text, Local, invariant, DateTimeStyles.None, out var local))
        {
            // The first and last day of the calendar have no instant in every zone.
            var fits = local - DateTime.MinValue >= offset && DateTime.MaxValue - local >= -offset;
            instant = fits ? new DateTimeOffset(local, offset) : default;
            return fits;
        }

        return DateTimeOffset.TryParseExact(text, Zoned, invariant, DateTimeStyles.AssumeUniversal, out instant);
    }

    public static bool TryAge(string text, out TimeSpan age)
    {
        age = default;
        if (!TryNumber(text, out var number, out var unit))
            return false;
        double? seconds = unit switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, 'w' => 604_800, _ => null };
        if (seconds is null || number * seconds > TimeSpan.FromDays(365_000).TotalSeconds)
            return false;
        age = TimeSpan.FromSeconds(number * seconds.Value);
        return true;
    }

    public static bool TryOctets(string text, out long octets)
    {
        octets = 0;
        if (!TryNumber(text, out var number, out var unit))
            return false;
        double? factor = unit switch
        {
            '\0' => 1, 'k' or 'K' => 1e3, 'm' or 'M' => 1e6, 'g' or 'G' => 1e9, _ => null,
        };
        if (factor is null || number * factor > 1e15)
            return false;
        octets = (long)(number * factor.Value);
        return true;
    }

    private static bool TryNumber(string text, out double number, out char unit)
    {
        unit = text.Length > 0 && char.IsAsciiLetter(text[^1]) ? text[^1] : '\0';
        var digits = unit == '\0' ? text : text[..^1];
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number)
            && double.IsFinite(number); // "NaN" and "Infinity" are numbers to .NET
    }
}
