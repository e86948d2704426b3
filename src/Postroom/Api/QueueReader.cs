using System.Globalization;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Api;

/// <summary>Pages through what the spool knows: the same for the service and for the command line without it.</summary>
/// <param name="find">A page of recipients.</param>
/// <param name="count">How many are in each state, counted for so long at most.</param>
public sealed class QueueReader(
    Func<Filter, Cursor?, int, FoundPage> find, Func<Filter, TimeSpan?, FoundCount> count)
{
    /// <summary>The most rows of one page.</summary>
    public const int Most = 1000;

    // How many there are in all is worth less than to see the first of them soon.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(30);

    /// <param name="isExact">Count to the end, however long that takes.</param>
    public QueueAnswer Page(Filter filter, Cursor? after, int most, bool isExact = false)
    {
        var page = find(filter, after, Math.Clamp(most, 1, Most));
        var counts = count(Filter.All, null);
        var total = page.Next is null && after is null ? new FoundCount(CountsOf(page), IsWhole: true)
            : count(filter, isExact ? null : Patience);
        return new QueueAnswer([.. page.Rows.Select(AnswerOf.Row)], total.Total,
            page.Next is { } next ? AnswerOf.Cursor(next) : null, AnswerOf.Counts(counts.ByState))
        {
            AtLeast = total.IsWhole ? null : true,
            LookedBackTo = page is { IsCut: true, Next: { } seen } ? seen.Mail.At : null,
        };
    }

    /// <summary>Reads a cursor as <see cref="AnswerOf.Cursor"/> writes it.</summary>
    public static bool TryCursor(string? text, out Cursor? cursor)
    {
        cursor = null;
        if (string.IsNullOrEmpty(text))
            return true;
        var recipient = -1;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (!MailId.TryParse(dot < 0 ? text : text[..dot], out var id) || (dot >= 0
            && !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out recipient)))
            return false;
        cursor = new Cursor(id, recipient);
        return true;
    }

    private static Dictionary<State, long> CountsOf(FoundPage page) =>
        page.Rows.GroupBy(static row => row.State).ToDictionary(static s => s.Key, static s => s.LongCount());
}
