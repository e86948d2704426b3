using Postroom.Mail.Sandbox;

namespace Postroom.Configuration;

/// <summary>A file of recipients that somebody else keeps: an entry a line, read with the configuration and with each
/// reload of it. Empty lines, and those that begin with <c>#</c>, say nothing.</summary>
internal static class GroupFile
{
    /// <summary>How it is named in a list of recipients.</summary>
    public const string Prefix = "file:";

    /// <summary>The most entries of a file.</summary>
    public const int Most = 100_000;

    /// <summary>The entries of a list, those of its files in the place of these.</summary>
    /// <param name="wrong">What is wrong with any of it: such a list is not to be used.</param>
    public static List<string> Entries(IReadOnlyList<string> list, List<string> wrong)
    {
        var entries = new List<string>();
        foreach (var one in list)
            if (one.StartsWith(Prefix, StringComparison.Ordinal))
                Read(one[Prefix.Length..], entries, wrong);
            else if (AllowList.Complaint(one) is { } complaint)
                wrong.Add(complaint);
            else
                entries.Add(one);
        return entries;
    }

    private static void Read(string file, List<string> entries, List<string> wrong)
    {
        try
        {
            var (number, count) = (0, 0);
            foreach (var written in File.ReadLines(file))
            {
                number++;
                var line = written.Trim();
                if (line.Length == 0 || line[0] == '#')
                    continue;
                if (++count > Most)
                {
                    wrong.Add($"{file} has more than {Most} entries");
                    return;
                }

                if (AllowList.Complaint(line) is not { } complaint)
                    entries.Add(line);
                else
                {
                    wrong.Add(FormattableString.Invariant($"{file} line {number}: {complaint}"));
                    return; // a file of another kind would have one such in each line
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            wrong.Add($"{file} cannot be read: {e.Message}");
        }
    }
}
