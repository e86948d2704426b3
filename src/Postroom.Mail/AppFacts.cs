namespace Postroom.Mail;

/// <summary>
/// What a mail says of the application that sent it: noted to be found by, never to decide the wire by.
/// </summary>
/// <remarks>Each text is one line of at most <see cref="Longest"/> characters, or null where the mail does not
/// tell.</remarks>
/// <param name="App">The application: <c>jira</c>, <c>gitlab</c>, or the name a person gave it.</param>
public sealed record AppFacts(string App)
{
    /// <summary>The most characters of each text.</summary>
    public const int Longest = 200;

    /// <summary>Which installation of it: what its mails have in common and those of another have not.</summary>
    public string? Instance { get; init; }

    /// <summary>Where people reach it, without a slash at the end: <c>https://jira.example.com</c>.</summary>
    public string? Site { get; init; }

    /// <summary>The machine of the cluster that made the mail.</summary>
    public string? Node { get; init; }

    /// <summary>Project, repository, job or space.</summary>
    public string? Project { get; init; }

    /// <summary>What the mail is about, as people name it: <c>PROJ-123</c>, <c>group/project!7</c>,
    /// <c>job#45</c>.</summary>
    public string? Item { get; init; }

    /// <summary>What happened to it: <c>commented</c>, <c>failure</c>.</summary>
    public string? Event { get; init; }

    /// <summary>Who did that.</summary>
    public string? Actor { get; init; }

    /// <summary>Why this recipient gets the mail, in the application's own word.</summary>
    public string? Reason { get; init; }

    /// <summary>Makes a stranger's words fit: one line, no control characters, bounded; null if nothing is
    /// left.</summary>
    public static string? Text(string? words)
    {
        if (words is null)
            return null;
        if (words.Any(char.IsControl))
            words = string.Concat(words.Select(c => char.IsControl(c) ? ' ' : c));
        words = words.Trim();
        if (words.Length > Longest)
            words = words[..(char.IsHighSurrogate(words[Longest - 1]) ? Longest - 1 : Longest)].TrimEnd();
        return words.Length == 0 ? null : words;
    }
}
