using System.Text;

namespace Postroom.Simulation;

/// <summary>The mail of an issue tracker in which somebody edits many issues at once, while others go on with
/// theirs.</summary>
internal static class Burst
{
    /// <summary>As the brake calls the source.</summary>
    public const string Source = "jira f00d";

    private const string Of = "PROJ-";

    public static bool IsOfIt(string? subject) => subject?.Contains(Of, StringComparison.Ordinal) == true;

    /// <summary>One in seven is somebody else's, about something else.</summary>
    public static AppMail Make(int number, string to)
    {
        var (who, item) = number % 7 == 3 ? ("Bob Roe", $"OPS-{number}") : ("Ann Lee", $"{Of}{number}");
        var subject = $"[JIRA] Updated: ({item}) jira-{number}";
        return new AppMail(subject, [to], Encoding.Latin1.GetBytes($"From: \"{who} (Jira)\" <jira@app.test>\r\n"
            + $"Subject: {subject}\r\nX-JIRA-FingerPrint: f00d\r\n\r\nend of {number}\r\n"));
    }
}
