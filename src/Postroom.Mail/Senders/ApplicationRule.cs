using System.Diagnostics.CodeAnalysis;
using Postroom.Mail.Message;

namespace Postroom.Mail.Senders;

/// <summary>How a person says whose mail it is: for an application that is not known here, or to name one that
/// is.</summary>
/// <remarks>All conditions that are given must hold; one without any holds for every mail.</remarks>
/// <param name="Name">The application's name: <see cref="AppFacts.App"/>.</param>
public sealed record ApplicationRule(string Name)
{
    /// <summary>What a template can note.</summary>
    public static IReadOnlyList<string> Notable { get; } =
        ["item", "project", "instance", "site", "node", "event", "actor", "reason"];

    /// <summary>Conditions on who handed it over; null asks nothing.</summary>
    public Template? Listener { get; init; }

    public Template? User { get; init; }

    public Template? Client { get; init; }

    /// <summary>On the reverse-path or the From field.</summary>
    public Template? From { get; init; }

    public Template? Subject { get; init; }

    public IReadOnlyList<FieldCondition> Fields { get; init; } = [];

    /// <summary>What is so of all its mail.</summary>
    public string? Instance { get; init; }

    public string? Site { get; init; }

    /// <summary>What the rule says of a mail; null where it does not hold.</summary>
    internal AppFacts? Of(Evidence mail, Origin origin, ReversePath from)
    {
        var found = new Dictionary<string, string>();
        var holds = Holds(Listener, origin.Listener, found) && Holds(User, origin.User, found)
            && Holds(Client, origin.Client, found) && Holds(Subject, mail.Subject, found)
            && (Holds(From, from.Address, found) || Holds(From, mail.From, found))
            && Fields.All(one => mail[one.Name] is { } value && one.Value.Fits(value, found));
        return !holds ? null : new AppFacts(Name)
        {
            Instance = Instance ?? found.GetValueOrDefault("instance"),
            Site = Site ?? found.GetValueOrDefault("site"),
            Node = found.GetValueOrDefault("node"),
            Project = found.GetValueOrDefault("project"),
            Item = found.GetValueOrDefault("item"),
            Event = found.GetValueOrDefault("event"),
            Actor = found.GetValueOrDefault("actor"),
            Reason = found.GetValueOrDefault("reason"),
        };
    }

    private static bool Holds(Template? condition, string? text, Dictionary<string, string> found) =>
        condition is null || (text is not null && condition.Fits(text, found));
}

/// <summary>A header field must be there, and fit.</summary>
/// <param name="Name">In small letters.</param>
public sealed record FieldCondition(string Name, Template Value)
{
    /// <summary>Reads <c>X-System: {instance}</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out FieldCondition? condition,
        [NotNullWhen(false)] out string? error)
    {
        condition = null;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !FieldNames.IsName(text[..colon]))
        {
            error = "write the field's name, a colon and what it holds, as in \"X-System: {instance}\"";
            return false;
        }

        if (!Template.TryParse(text[(colon + 1)..].Trim(), ApplicationRule.Notable, out var value, out error))
            return false;
        condition = new FieldCondition(text[..colon].ToLowerInvariant(), value);
        return true;
    }
}
