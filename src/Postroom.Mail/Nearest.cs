namespace Postroom.Mail;

/// <summary>Finds the known word that was most likely meant.</summary>
public static class Nearest
{
    /// <summary>The word with the fewest edits between (Levenshtein), or null if none is near.</summary>
    public static string? To(string written, IEnumerable<string> known)
    {
        string? best = null;
        var fewest = Math.Max(2, written.Length / 3) + 1;
        foreach (var name in known)
        {
            var edits = Edits(written.ToLowerInvariant(), name.ToLowerInvariant());
            if (edits < fewest)
                (best, fewest) = (name, edits);
        }
        return best;
    }

    /// <summary>"did you mean …?", or all that is known where nothing is near.</summary>
    public static string Advice(string written, IReadOnlyList<string> known, Func<string, string> show) =>
        To(written, known) is { } near
            ? $"did you mean {show(near)}?"
            : $"known here: {string.Join(", ", known.Select(show))}";

    // Letters to insert, delete or replace.
    private static int Edits(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
