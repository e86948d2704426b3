using System.Globalization;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Api;

/// <summary>Pages through what the spool knows: the same for the service and for the command line without it.</summary>
/// <param name="find">A page of recipients.</param>
/// <param name="count">How many are in each state.</param>
public sealed class QueueReader(
    Func<Filter, Cursor?, int, IReadOnlyList<RecipientRow>> find, Func<Filter, IReadOnlyDictionary<State, long>> count)
{
    /// <summary>The most rows of one page.</summary>
    public const int Most = 1000;

    public QueueAnswer Page(Filter filter, Cursor? after, int most)
    {
        var rows = find(filter, after, Math.Clamp(most, 1, Most));
        var counts = count(Filter.All);
        var next = rows.Count == most ? AnswerOf.Cursor(rows[^1]) : null;
        return new QueueAnswer([.. rows.Select(AnswerOf.Row)], Total(filter, counts), next, AnswerOf.Counts(counts));
    }

    /// <summary>Reads a cursor as <see cref="AnswerOf.Cursor"/> writes it.</summary>
    public static bool TryCursor(string? text, out Cursor? cursor)
    {
        cursor = null;
        if (string.IsNullOrEmpty(text))
            return true;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !MailId.TryParse(text[..dot], out var id)
            || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var recipient))
            return false;
        cursor = new Cursor(id, recipient);
        return true;
    }

    // A question about states alone is answered by the counters, which the index keeps: no row is read.
    private long Total(Filter filter, IReadOnlyDictionary<State, long> counts) =>
        filter.Terms.All(t => t is { Field: Field.State, Not: false })
            ? counts.Where(c => filter.Terms.All(t => t.States.Contains(c.Key))).Sum(c => c.Value)
            : count(filter).Values.Sum();
}
