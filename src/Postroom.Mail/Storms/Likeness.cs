using System.Text;

namespace Postroom.Mail.Storms;

/// <summary>A mail, as far as it can be like others.</summary>
/// <param name="Source">From where: application and instance where it was recognised, else the login, else the
/// client.</param>
/// <param name="Traits">What it can have in common with others of its source, as people read it; the narrowest
/// first.</param>
/// <param name="Item">What it is about: mails about one thing to many people are no storm.</param>
/// <param name="To">Its first recipient.</param>
public sealed record Likeness(MailId Id, string Source, IReadOnlyList<string> Traits, string Item, string To)
{
    private const int LongestShape = 100;

    /// <summary>When it came, by the clock; its id may be ahead of a clock that was put back.</summary>
    public DateTimeOffset At { get; init; } = Id.At;

    /// <summary>What a mail looks like beside others.</summary>
    /// <remarks>Who did it tells a bulk edit apart: by that, and by what was done and where. Only where nobody is named
    /// the subject does, without its numbers: what people write there would make many deeds alike.</remarks>
    public static Likeness Of(MailId id, Origin origin, Envelope envelope, HeaderFacts header)
    {
        var (app, subject) = (header.App, header.Subject ?? "");
        var traits = new List<string>(3);
        if (app?.Actor is { } actor)
        {
            var done = app.Event ?? "mail";
            if (app.Project is { } project)
                traits.Add($"{done} by {actor} in {project}");
            traits.Add($"{done} by {actor}");
            if (app.Event is not null)
                traits.Add($"all by {actor}");
        }
        else
            traits.Add($"\"{ShapeOf(subject, app?.Item)}\" from {envelope.From.Address}");
        return new Likeness(id, SourceOf(origin, app), traits, app?.Item ?? subject,
            envelope.Recipients is [var first, ..] ? first.Path.Address : "");
    }

    /// <summary>What a source is called.</summary>
    public static string SourceOf(Origin origin, AppFacts? app) =>
        app is not null ? (app.Instance ?? app.Site) is { } instance ? $"{app.App} {instance}" : app.App
        : origin.User is { } user ? $"login {user}" : $"client {origin.Client}";

    /// <summary>A subject without what tells one mail from the next: numbers, and the item.</summary>
    public static string ShapeOf(string subject, string? item)
    {
        if (item is { Length: > 0 })
            subject = subject.Replace(item, "#", StringComparison.Ordinal);
        var shape = new StringBuilder(Math.Min(subject.Length, LongestShape));
        foreach (var word in subject.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (shape.Length + word.Length > LongestShape)
                break;
            if (shape.Length > 0)
                shape.Append(' ');
            shape.Append(word.Any(char.IsAsciiDigit) ? "#" : word);
        }

        return shape.ToString();
    }
}
