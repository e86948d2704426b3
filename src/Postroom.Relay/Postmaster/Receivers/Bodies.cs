using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Postroom.Mail;
using Postroom.Mail.Alarms;

namespace Postroom.Relay.Postmaster.Receivers;

/// <summary>A notice in the words of whoever gets it.</summary>
internal static partial class Bodies
{
    private const int LongestText = 2_000;
    private const int LongestSection = 2_900; // Slack takes 3,000 characters

    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it goes into no page
    };

    /// <summary>What stands first: <c>CRITICAL</c>, <c>warning</c> or <c>over</c>.</summary>
    public static string Mark(News news) =>
        !news.IsRaised ? "over" : news.Severity == Severity.Critical ? "CRITICAL" : "warning";

    /// <summary>The whole of it as a line.</summary>
    public static string Line(News news, string host) => $"[{host}] {Mark(news)}: {Shown(news.Text)}";

    /// <summary>As it is posted to a webhook: docs/alarms.md.</summary>
    public static byte[] OfWebhook(Notice notice, string host) => Write(json =>
    {
        var news = notice.News;
        json.WriteStartObject();
        json.WriteString("id", notice.Id);
        json.WriteString("type", news.IsRaised ? "alarm.raised" : "alarm.resolved");
        json.WriteString("timestamp", notice.At);
        json.WriteStartObject("data");
        json.WriteString("alarm", news.Alarm);
        json.WriteString("subject", news.Subject);
        json.WriteString("severity", news.Severity == Severity.Critical ? "critical" : "warning");
        json.WriteString("host", host);
        json.WriteString("since", news.Since);
        json.WriteString("text", news.Text);
        if (news.Now is not null)
            json.WriteString("now", news.Now);
        json.WriteString("cure", news.Cure);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>As Slack reads it: text, and blocks for whoever shows them.</summary>
    public static byte[] OfSlack(Notice notice, string host) => Write(json =>
    {
        var news = notice.News;
        json.WriteStartObject();
        json.WriteString("text", Slack(Line(news, host)));
        json.WriteStartArray("blocks");
        Section($"{Sign(news)} *{Slack(Line(news, host))}*");
        if (news.IsRaised && news.Cure.Length > 0)
            Section(Slack(Shown(news.Cure)));
        if (news.Now is { } now)
            Section(Slack($"Now: {Shown(now)}"));
        json.WriteEndArray();
        json.WriteEndObject();

        void Section(string text)
        {
            json.WriteStartObject();
            json.WriteString("type", "section");
            json.WriteStartObject("text");
            json.WriteString("type", "mrkdwn");
            json.WriteString("text", text.Length <= LongestSection ? text : text[..LongestSection] + "…");
            json.WriteBoolean("verbatim", true); // nothing in it is made a link or a mention
            json.WriteEndObject();
            json.WriteEndObject();
        }
    });

    /// <summary>As a workflow of Teams posts it: an adaptive card.</summary>
    public static byte[] OfTeams(Notice notice, string host) => Write(json =>
    {
        var news = notice.News;
        json.WriteStartObject();
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteStartArray("body");
        Run(Line(news, host), isBold: true,
            !news.IsRaised ? "good" : news.Severity == Severity.Critical ? "attention" : "warning");
        if (news.IsRaised && news.Cure.Length > 0)
            Run(Shown(news.Cure), isBold: false, "default");
        if (news.Now is { } now)
            Run($"Now: {Shown(now)}", isBold: false, "default");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();

        // A run of text and not a block of it: others' words are shown as they are, and not read as Markdown.
        void Run(string text, bool isBold, string color)
        {
            json.WriteStartObject();
            json.WriteString("type", "RichTextBlock");
            json.WriteStartArray("inlines");
            json.WriteStartObject();
            json.WriteString("type", "TextRun");
            json.WriteString("text", text);
            json.WriteString("weight", isBold ? "bolder" : "default");
            json.WriteString("color", color);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
    });

    /// <summary>The text of a mail.</summary>
    public static string OfMail(Notice notice, string host)
    {
        var news = notice.News;
        var text = new StringBuilder($"{Shown(news.Text)}\r\n");
        if (news.Now is { } now)
            text.Append($"\r\nNow: {Shown(now)}\r\n");
        if (news.IsRaised && news.Cure.Length > 0)
            text.Append($"\r\n{Shown(news.Cure)}\r\n");
        text.Append($"\r\nAlarm {news.Alarm}{(news.Subject.Length > 0 ? $" of {Shown(news.Subject)}" : "")}");
        text.Append($" on {host}, ");
        text.Append(System.Globalization.CultureInfo.InvariantCulture,
            $"raised {news.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; notice {notice.Id}.\r\n");
        return text.ToString();
    }

    private static string Sign(News news) =>
        !news.IsRaised ? ":white_check_mark:" : news.Severity == Severity.Critical ? ":rotating_light:" : ":warning:";

    // Others' words name nobody and link nowhere: what steers Slack is escaped, what steers a screen too. Of those who
    // understand the same some read Markdown and @all: a character of no width keeps them from it.
    private static string Slack(string text) => Mention().Replace(text, "@\u200B")
        .Replace("](", "]\u200B(", StringComparison.Ordinal).Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace('*', '∗');

    [GeneratedRegex(@"(?<![\w.+-])@(?=\w)")]
    private static partial Regex Mention();

    private static string Shown(string text) =>
        Printable.Of(text.Length <= LongestText ? text : text[..LongestText] + "…");

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body, Readable))
            write(json);
        return body.ToArray();
    }
}
