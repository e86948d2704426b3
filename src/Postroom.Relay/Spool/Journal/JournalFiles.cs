using System.Globalization;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Where the journal keeps what.</summary>
internal static class JournalFiles
{
    public const string Segments = "journal";
    public const string Records = "records";
    public const string Quarantine = "quarantine";
    public const string Scratch = "marks";

    /// <summary>A whole segment that nobody needs any more, waiting to be used again.</summary>
    public const string Spare = Segments + "/spare";

    public static string Segment(int number) => $"{Segments}/{Name(number)}.seg";

    public static string Record(int number) => $"{Records}/{Name(number)}.rec";

    /// <summary>Which ranges of a segment were given back.</summary>
    public static string Free(int number) => $"{Records}/{Name(number)}.free";

    /// <summary>A record segment or a list in the making: worthless until renamed.</summary>
    public static string RecordDraft(int number) => $"{Records}/{Name(number)}.tmp";

    /// <summary>A record segment without what is forgotten, until the chain vouches for it: worthless until
    /// renamed.</summary>
    public static string RecordAnew(int number) => $"{Records}/{Name(number)}.new";

    /// <summary>The number in a name like 0000000012.seg, or null.</summary>
    public static int? NumberOf(string name, string extension) =>
        name.Length == 10 + extension.Length && name.EndsWith(extension, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(0, 10), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 0
            ? number
            : null;

    /// <summary>No header yet, or still that of the file's earlier use: the crash came while it was made.</summary>
    public static bool NeverBegan(IDisk disk, string name)
    {
        using var file = disk.Open(name, create: false);
        if (SegmentHeader.Read(file) is not null)
            return true;
        var block = new byte[SegmentHeader.Size];
        return !block.AsSpan(0, file.Read(0, block)).ContainsAnyExcept((byte)0);
    }

    /// <summary>All numbers in a folder, ascending.</summary>
    public static List<int> NumbersIn(IDisk disk, string folder, string extension)
    {
        var numbers = new List<int>();
        foreach (var name in disk.List(folder))
            if (NumberOf(name, extension) is { } number)
                numbers.Add(number);
        numbers.Sort();
        return numbers;
    }

    private static string Name(int number) => number.ToString("D10", CultureInfo.InvariantCulture);
}
