using System.Globalization;

namespace Postroom.Mail.Sasl;

/// <summary>The part of the Unicode Character Database that NFKC needs; nfkc.txt, compiled in.</summary>
/// <remarks>Read once, when the first name or password that is not ASCII comes; most machines never do.</remarks>
internal static class NfkcTable
{
    private static readonly Lazy<Contents> Table = new(Read);

    /// <summary>The canonical combining class; 0: a starter.</summary>
    public static int ClassOf(int point) => Table.Value.Classes.GetValueOrDefault(point);

    /// <summary>What a point decomposes into in one step, canonically or by compatibility; null for
    /// nothing.</summary>
    public static int[]? Parts(int point) => Table.Value.Parts.GetValueOrDefault(point);

    /// <summary>The one point that stands for two, or null if none does.</summary>
    public static int? Composed(int first, int second) =>
        Table.Value.Pairs.TryGetValue((first, second), out var whole) ? whole : null;

    private static Contents Read()
    {
        var found = new Contents([], [], []);
        using var stream = typeof(NfkcTable).Assembly.GetManifestResourceStream("nfkc.txt")!;
        using var lines = new StreamReader(stream);
        var never = new HashSet<int>(); // its lines come before the decompositions
        while (lines.ReadLine() is { } line)
        {
            var words = line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (line[0])
            {
                case '@':
                    var itsClass = byte.Parse(words[0], CultureInfo.InvariantCulture);
                    foreach (var point in words.Skip(1).SelectMany(Range))
                        found.Classes[point] = itsClass;
                    break;
                case '!':
                    never.UnionWith(words.SelectMany(Range));
                    break;
                case '=' or '~':
                    ReadParts(words, found, line[0] == '=' ? never : null);
                    break;
                default: // a comment
                    break;
            }
        }
        return found;
    }

    // Canonical ones are also composed again, all but those that never are.
    private static void ReadParts(string[] words, Contents found, HashSet<int>? never)
    {
        var point = Hex(words[0]);
        foreach (var word in words.Skip(1))
        {
            var parts = Array.ConvertAll(word.Split('.'), Hex);
            found.Parts[point] = parts;
            if (parts.Length == 2 && never?.Contains(point) == false)
                found.Pairs[(parts[0], parts[1])] = point;
            point++;
        }
    }

    private static IEnumerable<int> Range(string word)
    {
        var dash = word.IndexOf('-', StringComparison.Ordinal);
        var (first, last) = dash < 0 ? (Hex(word), Hex(word)) : (Hex(word[..dash]), Hex(word[(dash + 1)..]));
        return Enumerable.Range(first, last - first + 1);
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Contents(
        Dictionary<int, byte> Classes, Dictionary<int, int[]> Parts, Dictionary<(int, int), int> Pairs);
}
