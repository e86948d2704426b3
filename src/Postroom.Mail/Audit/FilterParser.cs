using System.Diagnostics.CodeAnalysis;
using Postroom.Mail.Status;

namespace Postroom.Mail.Audit;

/// <summary>
/// Reads the language of filters: <c>state:waiting,held -to:*@example.com age:>2h "build failed"</c>.
/// </summary>
/// <remarks>
/// <para>Terms are separated by spaces, and all must hold. <c>field:value</c> looks at one thing; a word alone is
/// looked for in subject and addresses; <c>-</c> in front negates; quotes keep spaces together and take <c>\"</c> and
/// <c>\\</c>.</para>
/// <para>An address is whole (<c>to:alice@example.com</c>), a domain (<c>to:@example.com</c>), a pattern
/// (<c>to:a*@example.com</c>), or any part of one (<c>to:alice</c>). <c>from:</c> looks at the reverse-path and at the
/// From field, <c>addressed:</c> at both sides, <c>id:</c> at our id and at the Message-ID. <c>subject:</c>,
/// <c>reply:</c> and words alone are a <see cref="Phrase"/>.</para>
/// <para><c>issue:</c>, <c>project:</c>, <c>app:</c> and <c>node:</c> look at what was recognised of the application,
/// as a whole or as a pattern; <c>instance:</c> at any part of its instance's name or address.
/// <c>is:duplicate</c> is what had been handed over before, <c>is:replay</c> what a person handed over once more, and
/// <c>replay:</c> what was so of one mail.</para>
/// <para><c>box:</c> looks at the box of a captured recipient, <c>tag:</c> at what people put on its mail, both as a
/// whole or as a pattern; <c>is:unread</c> is what lies there and nobody has read, <c>is:read</c> the rest.</para>
/// <para>Instants are <c>2026-11-23</c> or <c>2026-11-23T10:00</c>, in the zone of the caller's now unless they name
/// one; ages <c>90s</c>, <c>5m</c>, <c>2h</c>, <c>3d</c>, <c>1w</c>; sizes octets, or <c>20k</c>, <c>1M</c>, <c>2G</c>
/// in powers of a thousand.</para>
/// </remarks>
public static class FilterParser
{
    private static readonly string[] Fields =
    [
        "to", "from", "addressed", "subject", "id", "issue", "project", "app", "instance", "node", "route", "state",
        "reply", "fault", "before", "after", "age", "larger", "smaller", "source", "is", "box", "tag",
        "replay",
    ];

    private static readonly string[] Marks = ["duplicate", "unread", "read", "replay"];

    /// <param name="now">For ages, and for the zone of instants without one.</param>
    /// <param name="error">A sentence for the person who wrote it, with the nearest right word.</param>
    public static bool TryParse(
        string text, DateTimeOffset now, [NotNullWhen(true)] out Filter? filter, [NotNullWhen(false)] out string? error)
    {
        filter = null;
        var terms = new List<Term>();
        var cursor = new FilterWords(text);
        while (cursor.Next(out var word, out error))
        {
            if (TermOf(word, now, out error) is not { } term)
            {
                error ??= $"{word.Field}: cannot be read";
                return false;
            }

            terms.Add(term);
        }

        if (error is not null)
            return false;
        filter = new Filter(terms);
        return true;
    }

    private static Term? TermOf(FilterWord word, DateTimeOffset now, out string? error)
    {
        error = null;
        if (word.Field is null)
            return new Term(Field.Words, word.Value, word.Not);
        var name = word.Field.ToLowerInvariant();
        if (!Fields.Contains(name))
        {
            error = Unknown("field", word.Field, Fields, ":") + "; put words with a colon into quotes";
            return null;
        }

        if (word.Value.Length == 0)
        {
            error = $"{name}: needs a value";
            return null;
        }

        return name switch
        {
            "state" => States(word, out error),
            "fault" => Fault(word, out error),
            "before" or "after" => Instant(name, word, now, out error),
            "age" => Age(word, now, out error),
            "is" => Mark(word, out error),
            "replay" => Replay(word, out error),
            "larger" or "smaller" => Octets(name, word, out error),
            _ => new Term(Enum.Parse<Field>(name, ignoreCase: true), word.Value, word.Not),
        };
    }

    private static string Unknown(string kind, string written, IReadOnlyList<string> known, string ending = "")
    {
        var near = Nearest.To(written, known) is { } meant ? $" — did you mean {meant}{ending}?" : "";
        return $"there is no {kind} {written}{ending}{near}; the {kind}s are {string.Join(", ", known)}";
    }

    private static Term? States(FilterWord word, out string? error)
    {
        error = null;
        var states = new List<State>();
        foreach (var name in word.Value.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Names<State>.TryFind(name, out var state))
            {
                error = Unknown("state", name, Names<State>.All);
                return null;
            }

            if (!states.Contains(state))
                states.Add(state);
        }

        if (states.Count > 0)
            return new Term(Field.State, word.Value, word.Not) { States = states };
        error = "state: needs a value";
        return null;
    }

    private static Term? Fault(FilterWord word, out string? error)
    {
        error = null;
        if (Names<Fault>.TryFind(word.Value, out var fault))
            return new Term(Field.Fault, fault.ToString().ToLowerInvariant(), word.Not);
        error = Unknown("fault", word.Value, Names<Fault>.All);
        return null;
    }

    private static Term? Mark(FilterWord word, out string? error)
    {
        var name = word.Value.ToLowerInvariant();
        error = Marks.Contains(name) ? null : Unknown("mark", word.Value, Marks);
        return error is null ? new Term(Field.Is, name, word.Not) : null;
    }

    private static Term? Replay(FilterWord word, out string? error)
    {
        error = MailId.TryParse(word.Value, out _) ? null
            : $"replay:{word.Value} is no mail; write replay: and the id of the mail that was replayed";
        return error is null ? new Term(Field.Replay, word.Value, word.Not) : null;
    }

    private static Term? Instant(string name, FilterWord word, DateTimeOffset now, out string? error)
    {
        error = null;
        if (FilterValues.TryInstant(word.Value, now.Offset, out var instant))
            return new Term(name == "before" ? Field.Before : Field.After, word.Value, word.Not) { Instant = instant };
        error = $"{name}:{word.Value} is no instant; write {name}:2026-11-23 or {name}:2026-11-23T10:00";
        return null;
    }

    /// <summary>Older than an age is before an instant, younger is after one.</summary>
    private static Term? Age(FilterWord word, DateTimeOffset now, out string? error)
    {
        error = null;
        var younger = word.Value.StartsWith('<');
        var age = word.Value.TrimStart('<', '>');
        if (word.Value.Length - age.Length < 2 && FilterValues.TryAge(age, out var span)
            && span <= now - DateTimeOffset.MinValue)
        {
            return new Term(younger ? Field.After : Field.Before, word.Value, word.Not) { Instant = now - span };
        }

        error = $"age:{word.Value} is no age; write age:>2h (older) or age:<3d (younger), in s, m, h, d or w";
        return null;
    }

    private static Term? Octets(string name, FilterWord word, out string? error)
    {
        error = null;
        if (FilterValues.TryOctets(word.Value, out var octets))
            return new Term(name == "larger" ? Field.Larger : Field.Smaller, word.Value, word.Not) { Octets = octets };
        error = $"{name}:{word.Value} is no size; write octets, or {name}:20k, {name}:1M, {name}:2G";
        return null;
    }

    /// <summary>The names of an enumeration as people write them.</summary>
    private static class Names<T> where T : struct, Enum
    {
        public static string[] All { get; } = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];

        public static bool TryFind(string name, out T value)
        {
            value = default;
            return All.Contains(name.ToLowerInvariant()) && Enum.TryParse(name, ignoreCase: true, out value);
        }
    }
}
