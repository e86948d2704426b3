namespace Postroom.Relay.Duplicates;

/// <summary>Which mails are found to be duplicates, and whose are not sent.</summary>
/// <param name="Window">How long a mail is remembered; zero: none is.</param>
/// <param name="Most">The most recipients of mails that are remembered; then the oldest are forgotten.</param>
/// <param name="Suppress">Applications, or sources, whose duplicates are not sent.</param>
public sealed record DuplicateSettings(TimeSpan Window, int Most, IReadOnlyList<string> Suppress)
{
    /// <summary>An hour: longer than any application tries (Jira: eleven times in eleven minutes).</summary>
    public static DuplicateSettings Plain { get; } = new(TimeSpan.FromHours(1), 100_000, []);

    /// <summary>Whether a duplicate of theirs is kept back.</summary>
    /// <param name="app">The application, where it was recognised.</param>
    /// <param name="source">Who logged in, or the client's address.</param>
    internal bool AreSuppressed(string? app, string source) => Suppress.Any(name =>
        name.Equals(app, StringComparison.OrdinalIgnoreCase)
        || name.Equals(source, StringComparison.OrdinalIgnoreCase));
}
