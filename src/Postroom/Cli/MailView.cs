using System.Globalization;
using System.Text;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary>Mail for people: lists, and one mail with its timeline.</summary>
public static class MailView
{
    private static readonly Column[] Columns =
    [
        new("ID"), new("STATE", IsState: true), new("TO", IsElastic: true), new("SUBJECT", 3, IsElastic: true),
            new("AGE", 4, IsNumber: true),
        new("TRIES", 5, IsNumber: true), new("NEXT", 6, IsNumber: true), new("ROUTE", 7),
            new("LAST WORD", 2, IsElastic: true),
    ];

    // Below an event: where the name of its kind begins.
    private const string Indent = "                             ";

    public static void List(Screen screen, QueueAnswer page, DateTimeOffset now)
    {
        screen.Table(Columns, [.. page.Recipients.Select(r => Row(r, now))]);
        if (page.LookedBackTo is { } to)
        {
            screen.Error.WriteLine($"… looked back to {Screen.Time(to, now)} in the time a question has. Name a "
                + $"person, a word, an issue or an application, or look further back with --after {page.Next}.");
            return;
        }

        var least = page.AtLeast is true ? "more than " : "";
        if (page.Next is { } next)
            screen.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"… {least}{page.Total - page.Recipients.Count} more. Narrow the filter, or see them with --most N, "
                + $"or page on with --after {next}."));
    }

    private static string[] Row(RecipientAnswer r, DateTimeOffset now) =>
    [
        r.Id, r.State, SafeText.Of(r.To), SafeText.Of(r.Subject), Screen.Span(now - r.AcceptedAt),
        r.FailedTries == 0 ? "" : r.FailedTries.ToString(CultureInfo.InvariantCulture),
        r.NextDue is { } due ? (due <= now ? "now" : "in " + Screen.Span(due - now)) : "",
        SafeText.Of(r.Route), SafeText.Of(r.Last),
    ];

    public static void Why(Screen screen, ReasonsAnswer why)
    {
        foreach (var sentence in why.Sentences)
            screen.Line(SafeText.Of(sentence), hang: 2);
        foreach (var next in why.Next)
            screen.Line($"→ {SafeText.Of(next)}", hang: 2);
    }

    public static void Show(Screen screen, MailAnswer mail, DateTimeOffset now)
    {
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"{screen.Bold("Mail " + mail.Id)}, {Screen.Size(mail.Size)}, accepted "
                + $"{Screen.Time(mail.AcceptedAt, now)}, {Screen.Span(now - mail.AcceptedAt)} ago"));
        Fact(screen, "Subject", mail.Subject);
        Fact(screen, "From", mail.HeaderFrom);
        Fact(screen, "Envelope", $"<{mail.From}>");
        Fact(screen, "Message-ID", mail.MessageId);
        Fact(screen, "Handed over", $"by {mail.Client}{(mail.Helo is { } h ? $" ({h})" : "")}"
            + $"{(mail.User is { } u ? $", logged in as {u}" : "")}, {mail.Protocol}, at {mail.Listener}");
        Fact(screen, "Repaired", mail.Repaired);
        if (mail.ReplayOf is { } replay)
            Fact(screen, "Replay of", replay.Id + (replay.Route is { } by ? $", by {by}" : "")
                + (replay.Again is { } again ? $", again for {again}" : ""));
        Fact(screen, "Replayed as", string.Join(", ", mail.ReplayedAs ?? []));
        if (mail.Application is { } app)
            Application(screen, app);
        screen.Line();
        screen.Line(screen.Bold("Recipients"));
        foreach (var r in mail.Recipients)
            screen.Line($"  {r.Recipient}  {screen.State(r.State)}  {SafeText.Of(r.To)}"
                + (r.NextDue is { } due ? $"  next try {(due <= now ? "now" : "in " + Screen.Span(due - now))}" : "")
                + (r.Last is { } last ? screen.Faint($"  {SafeText.Of(last)}") : ""), hang: 5);
        screen.Line();
        screen.Line(screen.Bold("Timeline"));
        ExplanationAnswer? explained = null;
        foreach (var happened in mail.Trail)
        {
            var known = happened.Explanation;
            Event(screen, known == explained ? happened with { Explanation = null } : happened, mail, now);
            explained = known ?? explained; // said once, not again after each try
        }
    }

    private static void Application(Screen screen, ApplicationAnswer app)
    {
        Fact(screen, "Application", app.App + (app.Site is { } site ? $" at {site}" : "")
            + (app.Instance is { } instance ? $", instance {instance}" : "")
            + (app.Node is { } node ? $", node {node}" : ""));
        Fact(screen, "About", string.Join(", ", new[]
        {
            app.Item, app.Event, app.Actor is { } actor ? $"by {actor}" : null,
            app.Reason is { } reason ? $"because: {reason}" : null,
        }.OfType<string>()));
    }

    // One line of a timeline, below it the words of the other side, and what they mean.
    private static void Event(Screen screen, EventAnswer happened, MailAnswer mail, DateTimeOffset now)
    {
        var line = new StringBuilder("  ")
            .Append(happened.At.ToOffset(now.Offset).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture))
            .Append("  ").Append(screen.State(happened.Kind.PadRight(10)));
        if (happened.Recipient is { } n && mail.Recipients.Count > 1 && n < mail.Recipients.Count)
            line.Append(' ').Append(SafeText.Of(mail.Recipients[n].To));
        if (!string.IsNullOrEmpty(happened.Route))
            line.Append(" by ").Append(SafeText.Of(happened.Route));
        if (happened.Attempt is { } attempt)
            line.Append(screen.Faint(Attempt(attempt)));
        if (happened.Who is { } who)
            line.Append(" by ").Append(SafeText.Of(who));
        screen.Line(line.ToString().TrimEnd(), Indent.Length);
        if (happened.Reply is { } reply)
            screen.Line($"{Indent}“{SafeText.Of(reply)}”");
        if (happened.Failure is { } f)
            screen.Line($"{Indent}{f.Status} ({f.Fault}{(f.RemoteMta is { } mta ? $", {SafeText.Of(mta)}" : "")}): "
                + $"“{SafeText.Of(f.Diagnostic)}”");
        if (happened.Explanation is { } known)
            ExplanationView.Show(screen, known, Indent);
        if (happened.NextDue is { } due)
            screen.Line($"{Indent}next try {Screen.Time(due, now)}, {Screen.Span(due - happened.At)} later");
        if (happened.Text is { } text)
            screen.Line(Indent + SafeText.Of(text));
        if (happened.Attempt?.Transcript is { } transcript)
            foreach (var said in transcript.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
                screen.Line(screen.Faint(Indent + "| " + SafeText.Of(said)), Indent.Length + 5);
    }

    private static string Attempt(AttemptAnswer attempt)
    {
        var text = new StringBuilder();
        if (attempt.Remote is { } remote)
            text.Append(" to ").Append(SafeText.Of(remote)).Append(attempt.Reused ? " (kept connection)" : "");
        if (attempt.Tls is { } tls)
            text.Append(", ").Append(SafeText.Of(tls));
        foreach (var step in attempt.Steps)
            text.Append(CultureInfo.InvariantCulture, $", {SafeText.Of(step.Name)} {step.Milliseconds:0.#} ms");
        return text.ToString();
    }

    private static void Fact(Screen screen, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            screen.Line($"  {name,-12} {SafeText.Of(value)}", hang: 15);
    }
}
