namespace Postroom.Mail.Status;

/// <summary>What a refusal means in plain words, and what to do about it.</summary>
/// <remarks>
/// Looked up when it is shown and not stored with the failure: what happened last week is explained by what is known
/// today.
/// </remarks>
/// <param name="Name">Never changes: for scripts, and to be found in the manual by.</param>
/// <param name="Cause">Why, in sentences.</param>
/// <param name="Cure">What to do: a command of ours, a line of PowerShell, a place in an admin centre.</param>
public sealed record Explanation(string Name, string Cause, string Cure)
{
    /// <summary>What the table knows about a failure: the first row that fits; null if it knows nothing.</summary>
    public static Explanation? Of(Failure? failure)
    {
        if (failure is null)
            return null;
        foreach (var chapter in ExplanationTable.Chapters)
            foreach (var row in chapter.Rows)
                foreach (var sign in row.Signs)
                    if (sign.Fits(failure))
                        return row.Means;
        return null;
    }

    public override string ToString() => $"{Cause} {Cure}";
}

/// <summary>One thing that can be wrong, and by what it is known.</summary>
/// <param name="Signs">Any of them will do.</param>
public sealed record ExplanationRow(Explanation Means, params IReadOnlyList<Sign> Signs)
{
    public ExplanationRow(string name, string cause, string cure, params IReadOnlyList<Sign> signs)
        : this(new Explanation(name, cause, cure), signs) { }
}

/// <summary>Rows that belong together: a heading of docs/reference/refused-logins.md.</summary>
public sealed record ExplanationChapter(string Title, IReadOnlyList<ExplanationRow> Rows);

/// <summary>Everything that can be explained. What one provider means stands in front of what anybody may.</summary>
public static class ExplanationTable
{
    public static IReadOnlyList<ExplanationChapter> Chapters { get; } =
    [
        new("Google", GoogleRows.Smtp),
        new("Google: access tokens", GoogleRows.Tokens),
        new("Microsoft 365: the login", MicrosoftRows.Login),
        new("Microsoft 365: limits and blocks", MicrosoftRows.Limits),
        new("Microsoft Entra: access tokens", EntraRows.All),
        new("Microsoft Graph", GraphRows.All),
        new("Amazon SES, SendGrid, Yandex and others", MailServiceRows.All),
        new("Access tokens of anybody", AnyHopRows.Tokens),
        new("Any next hop", AnyHopRows.Smtp),
    ];
}
