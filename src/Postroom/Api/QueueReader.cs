using System.Globalization;
using Postroom.Api.Inbox;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Api;

/// <summary>Pages through what the spool knows: the same for the service and for the command line without it.</summary>
/// <param name="find">A page of recipients, and how many there are, counted for so long at most.</param>
/// <param name="count">How many are in each state.</param>
public sealed class QueueReader(
    Func<Filter, Cursor?, int, TimeSpan?, (FoundPage Page, FoundCount Count)> find, Func<Filter, FoundCount> count)
{
    /// <summary>The most rows of one page.</summary>
    public const int Most = 1000;

    // How many there are in all is worth less than to see the first of them soon.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    /// <param name="isExact">Count to the end, however long that takes.</param>
    public QueueAnswer Page(Filter filter, Cursor? after, int most, bool isExact = false)
    {
        var (page, total) = find(filter, after, Math.Clamp(most, 1, Most), isExact ? null : Patience);
        var counts = count(Filter.All);
        return new QueueAnswer([.. page.Rows.Select(AnswerOf.Row)],
            total.IsWhole ? total.Total : Math.Max(total.Total, page.Rows.Count),
            page.Next is { } next ? AnswerOf.Cursor(next) : null, AnswerOf.Counts(counts.ByState))
        {
            AtLeast = total.IsWhole ? null : true,
            Seen = Marks.Write(page.Mark),
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
}
