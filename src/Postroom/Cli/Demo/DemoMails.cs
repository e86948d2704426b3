using System.Globalization;
using System.Text;

namespace Postroom.Cli.Demo;

/// <summary>A mail for the demo.</summary>
/// <param name="Text">Header and body with CRLF, no line beginning with a dot.</param>
internal sealed record DemoMail(string From, string To, string Text);

/// <summary>Two hundred notification mails of invented people, with the header shapes of Jira and Confluence.</summary>
internal static class DemoMails
{
    /// <summary>Refused for good by the demo's next hop.</summary>
    public const string Gone = "former.colleague@example.com";

    /// <summary>Its mailbox stays full: the mail expires in the end.</summary>
    public const string Full = "full.mailbox@example.net";

    /// <summary>Greylisted, cut off in the middle, put off again, and delivered at last.</summary>
    public const string Unlucky = "dana@customer.example";

    private static readonly string[] Names =
        ["Alice Arnold", "Bob Berger", "Chiara Conti", "Dmitri Dorn", "Eszter Egri", "Farid Fall", "Grete Groß", "Hanna Holm"];

    private static readonly string[] Summaries =
    [
        "Login fails after password change", "Add dark mode to the report view", "Nightly build is red since Tuesday",
        "Invoice PDF shows the wrong currency", "Search finds nothing with umlauts", "Upgrade the database to the new release",
        "Memory grows during import", "Customer cannot open the attachment",
    ];

    private static readonly string[] Verbs = ["commented", "created", "resolved", "assigned", "updated", "reopened"];
    private static readonly string[] Pages = ["Release plan", "On-call handbook", "Meeting notes", "Architecture", "Onboarding"];
    private static readonly string[] Domains = ["example.com", "example.net", "customer.example", "partner.example"];

    public static List<DemoMail> Make(int count, Random dice, DateTimeOffset now)
    {
        var mails = new List<DemoMail>(count);
        for (var i = 0; i < count; i++)
        {
            var to = i switch
            {
                12 => Unlucky,
                _ when i % 25 == 7 => Gone,
                _ when i % 50 == 31 => Full,
                _ => $"{Pick(Names, dice).Split(' ')[0].ToLowerInvariant()}{dice.Next(1, 9)}@{Pick(Domains, dice)}",
            };
            mails.Add(i % 4 == 3 ? Confluence(to, i, dice, now) : Jira(to, i, dice, now));
        }
        return mails;
    }

    private static DemoMail Jira(string to, int number, Random dice, DateTimeOffset now)
    {
        const string from = "jira@example.com";
        var key = string.Create(CultureInfo.InvariantCulture, $"{(dice.Next(2) == 0 ? "PROJ" : "OPS")}-{100 + number}");
        var (created, issue) = (now.AddDays(-dice.Next(1, 90)).ToUnixTimeMilliseconds() / 1000 * 1000, 10_000 + number);
        var actor = Pick(Names, dice);
        var header = $"""
            From: {Name(actor + " (Jira)")} <{from}>
            To: {to}
            Message-ID: <JIRA.{issue}.{created}.{number}.{now.ToUnixTimeMilliseconds()}@jira.example.com>
            In-Reply-To: <JIRA.{issue}.{created}@jira.example.com>
            References: <JIRA.{issue}.{created}@jira.example.com> <JIRA.{issue}.{created}@jira-node{number % 2 + 1}>
            Subject: {Word($"[JIRA] ({key}) {Pick(Summaries, dice)}")}
            X-JIRA-FingerPrint: 5e0a1f9f4a1c44f2a59a34a2f3b1c7d0
            Precedence: bulk
            Auto-Submitted: auto-generated
            """;
        var html = $"<html><head><base href=\"https://jira.example.com\"></head><body>\n<p><b>{actor}</b> {Pick(Verbs, dice)} "
            + $"<a href=\"/browse/{key}\">{key}</a></p>\n{Padding(dice)}</body></html>\n";
        return Whole(from, to, header, html);
    }

    private static DemoMail Confluence(string to, int number, Random dice, DateTimeOffset now)
    {
        const string from = "confluence@example.com";
        var (actor, page) = (Pick(Names, dice), Pick(Pages, dice));
        const string server = "b4d7a3c1e2f04958a6d7c8b9e0f1a2b3";
        var header = $"""
            From: {Name(actor + " (Confluence)")} <{from}>
            To: {to}
            Message-ID: <CONFLUENCE.{20_000 + number}.{dice.Next(1, 9)}.{now.ToUnixTimeMilliseconds()}@{server}>
            In-Reply-To: <{20_000 + number}@{server}>
            Subject: {Word($"[confluence] Team > {page}")}
            X-ATLASSIAN-NOTIFICATIONS-VERSION: 2
            X-ATLASSIAN-CLUSTER-NODE-NAME: confluence-node{number % 2 + 1}
            Precedence: bulk
            Auto-Submitted: auto-generated
            """;
        var html = $"<html><head><base href=\"https://confluence.example.com\"></head><body>\n<p><b>{actor}</b> edited <i>{page}</i></p>\n"
            + $"{Padding(dice)}</body></html>\n";
        return Whole(from, to, header, html);
    }

    private static DemoMail Whole(string from, string to, string header, string html)
    {
        var text = $"{header}\nMIME-Version: 1.0\nContent-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{html}";
        return new DemoMail(from, to, text.ReplaceLineEndings("\r\n"));
    }

    private static string Padding(Random dice) =>
        string.Concat(Enumerable.Range(0, dice.Next(5, 60)).Select(_ => $"<p>{Pick(Summaries, dice)}, says the comment.</p>\n"));

    private static string Name(string text) => text.All(char.IsAscii) ? $"\"{text}\"" : Word(text);

    // RFC 2047 §4.1, for what is not ASCII.
    private static string Word(string text) =>
        text.All(char.IsAscii) ? text : $"=?UTF-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=";

    private static string Pick(string[] from, Random dice) => from[dice.Next(from.Length)];
}
