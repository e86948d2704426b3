using System.Text;
using Postroom.Api;
using Postroom.Mail.Status;

namespace Postroom.Cli;

/// <summary>Explanations for people: below a failure, and as a page of the manual.</summary>
public static class ExplanationView
{
    /// <summary>The cause, and on a line of its own the cure.</summary>
    internal static void Show(Screen screen, ExplanationAnswer known, string indent)
    {
        screen.Line($"{indent}{known.Cause} {screen.Faint($"({known.Name})")}", indent.Length);
        screen.Line($"{indent}→ {known.Cure}", indent.Length + 2);
    }

    /// <summary>docs/reference/refused-logins.md; a test holds the file to this.</summary>
    public static string Manual()
    {
        var text = new StringBuilder();
        text.Append("""
            # When a login is refused

            Made from the table in `src/Postroom.Mail/Status`; a test holds this page to it.

            A refused password, a used-up quota or a missing certificate is no fault of a mail: the route pauses, no
            attempt is counted, nothing is returned to its sender, and all goes on by itself once it is cured.
            `postroom status` says which route is paused, why, and what to do; so do the timeline
            (`postroom queue show ID`), the log and the API (`explanation`). Only what is refused because of its
            sender is returned, for that is about the mail.

            The first row that fits is taken. What is seen stands in the next hop's reply, or in the authorization
            server's answer. NAME stands for a name in your configuration.

            """);
        foreach (var chapter in ExplanationTable.Chapters)
        {
            text.Append($"\n## {chapter.Title}\n\n| name | what you see | cause | cure |\n|---|---|---|---|\n");
            foreach (var row in chapter.Rows)
                text.Append($"| `{row.Means.Name}` | {string.Join("; ", row.Signs.Select(Seen))} | {row.Means.Cause} "
                    + $"| {row.Means.Cure} |\n");
        }

        return text.ToString();
    }

    private static string Seen(Sign sign)
    {
        var words = sign.Begins is { } begins ? [begins, .. sign.Says] : sign.Says;
        return string.Join(" … ", words.Select(word => $"`{word}`"))
            + (sign.From is { } provider ? $" from {provider.Name}" : "")
            + (sign.Fault == Fault.Account ? " about the sender" : "");
    }
}
