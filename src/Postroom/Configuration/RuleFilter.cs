using Postroom.Mail.Audit;

namespace Postroom.Configuration;

/// <summary>Which mail a table of the configuration is for: a filter of fields that never change
/// (<see cref="Lasting"/>).</summary>
internal static class RuleFilter
{
    /// <summary>All mail where nothing is written, or nothing right.</summary>
    public static Filter Of(TableValues t, Setting<string?> of) =>
        t.Get(of) is { } text && TryRead(text, out var filter, out _) ? filter : Filter.All;

    /// <param name="recipients">What to write instead of a filter on recipients; null where there is nothing.</param>
    public static IEnumerable<Mistake> Check(TableValues t, Setting<string?> of, string? recipients = null)
    {
        if (t.Get(of) is not { } text)
            yield break;
        if (!TryRead(text, out var filter, out var error))
            yield return new Mistake(t.PlaceOf(of), $"{of.Key}: {error}");
        else if (filter.Terms.Count == 0)
            yield return new Mistake(t.PlaceOf(of), $"{of.Key}: nothing is asked for", "leave it out for all mail");
        foreach (var passing in filter.Terms.Select(term => Lasting.Passing(new Filter([term]))).OfType<Field>())
            yield return new Mistake(t.PlaceOf(of),
                $"{of.Key}: {passing.ToString().ToLowerInvariant()} is not what a rule goes by",
                passing == Field.To && recipients is not null ? recipients
                    : $"what never changes of a mail is: {Lasting.Names}");
    }

    // None of the lasting fields asks for the time.
    private static bool TryRead(string text, out Filter filter, out string error)
    {
        var isRight = FilterParser.TryParse(text, DateTimeOffset.UnixEpoch.AddYears(100), out var read, out var wrong);
        (filter, error) = (read ?? Filter.All, wrong ?? "");
        return isRight;
    }
}
