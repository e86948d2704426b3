namespace Postroom.Mail.Audit;

/// <summary>Finds what somebody most likely meant.</summary>
internal static class Nearest
{
    /// <summary>"did you mean X?" with the known word of the smallest edit distance.</summary>
    public static string To(string word, IReadOnlyList<string> known, string ending = "")
    {
        var nearest = known.MinBy(name => Distance(word.ToLowerInvariant(), name));
        return $"did you mean {nearest}{ending}?";
    }

    /// <summary>Levenshtein: letters to insert, delete or replace.</summary>
    private static int Distance(string a, string b)
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
                var replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
