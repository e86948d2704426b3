using System.Globalization;
using System.Text.Json;
using Postroom.Mail;
using Postroom.Relay.Vault;

namespace Postroom.Configuration;

/// <summary>What a setting may hold: read from what a person wrote, and printed the same way.</summary>
/// <param name="Name">For the manual: <c>duration</c>, <c>one of live, capture</c>…</param>
/// <param name="Read">The value, or null and why not.</param>
/// <param name="Print">As TOML.</param>
public sealed record SettingType<T>(string Name, Func<RawValue, (bool Ok, T Value, string Wrong)> Read, Func<T,
    string> Print);

/// <summary>The types that settings have.</summary>
public static class SettingTypes
{
    public static SettingType<string?> Text { get; } = new("text", ReadText, Quoted);

    /// <summary>A path; relative ones are meant from the folder the program was started in.</summary>
    public static SettingType<string?> Path { get; } = new("path", ReadText, Quoted);

    /// <summary>A secret by its name, <c>secret:NAME</c>. What is none may be the secret itself: it is not
    /// shown.</summary>
    public static SettingType<string?> SecretName { get; } = new("secret:NAME",
        raw => raw.Kind is RawKind.Text or RawKind.Written
            && raw.Text.StartsWith(SecretPrefix, StringComparison.Ordinal)
            && SecretVault.IsName(raw.Text[SecretPrefix.Length..])
                ? (true, raw.Text[SecretPrefix.Length..], "")
                : (false, null, "no secret stands in this file; keep it with `postroom secret set NAME`, and write "
                    + "\"secret:NAME\" here (small letters, digits, dots, hyphens, underscores)"),
        name => Quoted(SecretPrefix + name));

    private const string SecretPrefix = "secret:";

    public static SettingType<bool> Switch { get; } = new("true or false",
        raw => raw.Kind is RawKind.Switch or RawKind.Written && raw.Text is "true" or "false"
            ? (true, raw.Text == "true", "")
            : (false, false, $"{Shown(raw)} is neither true nor false"),
        value => value ? "true" : "false");

    public static SettingType<IReadOnlyList<string>> List { get; } = new("list of text", ReadList,
        items => $"[{string.Join(", ", items.Select(Quoted))}]");

    public static SettingType<TimeSpan> Duration { get; } = new("duration", ReadDuration, PrintDuration);

    public static SettingType<long> Size { get; } = new("size", ReadSize, PrintSize);

    /// <summary>A file mode, written in octal: <c>"0660"</c>.</summary>
    public static SettingType<int> FileMode { get; } = new("file mode", ReadMode,
        mode => $"\"0{Convert.ToString(mode, 8)}\"");

    public static SettingType<int> Whole(int least, int most) => new(
        string.Create(CultureInfo.InvariantCulture, $"whole number, {least} to {most}"),
        raw => raw.Kind is RawKind.Whole or RawKind.Written
            && int.TryParse(raw.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most
                ? (true, number, "")
                : (false, 0, string.Create(CultureInfo.InvariantCulture,
                    $"{Shown(raw)} is not a whole number from {least} to {most}")),
        number => number.ToString(CultureInfo.InvariantCulture));

    public static SettingType<T> Choice<T>() where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName).ToArray();
        return new SettingType<T>("one of " + string.Join(", ", names), Read, v =>
            $"\"{JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString())}\"");

        (bool, T, string) Read(RawValue raw)
        {
            var at = raw.Kind is RawKind.Text or RawKind.Written ? Array.IndexOf(names, raw.Text) : -1;
            return at >= 0
                ? (true, Enum.GetValues<T>()[at], "")
                : (false, default, $"{Shown(raw)} is not one of {string.Join(", ", names)}"
                    + (Nearest.To(raw.Text, names) is { } near ? $"; did you mean \"{near}\"?" : ""));
        }
    }

    /// <summary>The value in the words of the message: strings in quotes, lists as such.</summary>
    public static string Shown(RawValue raw) => raw.Kind switch
    {
        RawKind.Text or RawKind.Written => Quoted(raw.Text),
        RawKind.List => "a list",
        _ => raw.Text,
    };

    private static string Quoted(string? text)
    {
        var safe = (text ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"",
            StringComparison.Ordinal);
        return $"\"{string.Concat(safe.Select(c => char.IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString()))}\"";
    }

    private static (bool, string?, string) ReadText(RawValue raw) => raw.Kind is RawKind.Text or RawKind.Written
        ? raw.Text.Length > 0 && !raw.Text.Any(char.IsControl)
            ? (true, raw.Text, "")
            : (false, null, raw.Text.Length == 0 ? "it is empty" : "it holds a control character")
        : (false, null, $"{Shown(raw)} is not a text in quotes");

    private static (bool, IReadOnlyList<string>, string) ReadList(RawValue raw)
    {
        if (raw.Kind == RawKind.Written)
            return (true, raw.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                "");
        if (raw.Kind == RawKind.Text)
            return (false, [], $"{Shown(raw)} is not a list; write [{Quoted(raw.Text)}]");
        if (raw.Kind != RawKind.List || raw.Items.Any(i => i.Kind != RawKind.Text))
            return (false, [], "it is not a list of texts in quotes");
        return (true, [.. raw.Items.Select(i => i.Text)], "");
    }

    private static readonly (string Unit, double Seconds)[] DurationUnits =
        [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    private static (bool, TimeSpan, string) ReadDuration(RawValue raw)
    {
        if (raw.Kind is RawKind.Text or RawKind.Written && Parts(raw.Text) is var (number, unit))
            foreach (var (name, seconds) in DurationUnits)
                if (name == unit && number * seconds is var length and <= 3650 * 86400d)
                    return (true, TimeSpan.FromSeconds(length), "");
        return (false, default, $"{Shown(raw)} is not a duration like \"30s\", \"5m\", \"2h\" or \"5d\"");
    }

    /// <summary>The largest unit in which it is whole.</summary>
    public static string PrintDuration(TimeSpan value)
    {
        for (var i = DurationUnits.Length - 1; i >= 0; i--)
        {
            var number = value.TotalSeconds / DurationUnits[i].Seconds;
            if (i == 0 || (number >= 1 && number == Math.Floor(number)))
                return string.Create(CultureInfo.InvariantCulture, $"\"{number:0}{DurationUnits[i].Unit}\"");
        }
        return "\"0s\"";
    }

    private static readonly (string Unit, long Octets)[] SizeUnits =
    [
        ("b", 1), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000),
        ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30),
    ];

    private static (bool, long, string) ReadSize(RawValue raw)
    {
        if (raw.Kind is RawKind.Whole or RawKind.Written && long.TryParse(raw.Text, NumberStyles.None,
                CultureInfo.InvariantCulture, out var octets))
            return (true, octets, "");
        if (raw.Kind is RawKind.Text or RawKind.Written && Parts(raw.Text) is var (number, unit))
            foreach (var (name, size) in SizeUnits)
                if (name == unit && number * size is var all and <= 1e15)
                    return (true, (long)all, "");
        return (false, 0, $"{Shown(raw)} is not a size like \"50MB\" or \"64MiB\"");
    }

    private static string PrintSize(long value)
    {
        var best = SizeUnits.Where(u => value >= u.Octets && value % u.Octets == 0).MaxBy(u => u.Octets);
        if (best.Unit is null or "b")
            return value.ToString(CultureInfo.InvariantCulture);
        var unit = best.Unit.Length == 3 ? $"{char.ToUpperInvariant(best.Unit[0])}iB" : best.Unit.ToUpperInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"\"{value / best.Octets}{unit}\"");
    }

    private static (bool, int, string) ReadMode(RawValue raw)
    {
        var mode = 0;
        var ok = raw.Kind is RawKind.Text or RawKind.Written && raw.Text.Length is 3 or 4;
        foreach (var digit in ok ? raw.Text : "")
        {
            ok &= digit is >= '0' and <= '7';
            mode = mode * 8 + (digit - '0');
        }
        return ok && mode <= 0x1FF ? (true, mode, "") : (false, 0, $"{Shown(raw)} is not a file mode like \"0660\"");
    }

    // "64 MiB" → 64 and "mib".
    private static (double Number, string Unit)? Parts(string text)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        return double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out var number)
            ? (number, text[digits..].Trim().ToLowerInvariant())
            : null;
    }
}
