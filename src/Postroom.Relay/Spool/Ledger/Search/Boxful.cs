using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>What a filter says of boxes, where that is an index of its own.</summary>
/// <param name="Box">One whole name; null: of all of them.</param>
/// <param name="IsUnread">What nobody has read, or what somebody has; null: both.</param>
internal readonly record struct Boxful(string? Box, bool? IsUnread)
{
    /// <summary>A filter that asks for nothing but the contents of a box: their number is kept.</summary>
    public static Boxful? Of(Filter filter)
    {
        string? box = null;
        bool? isUnread = null;
        var isAny = false;
        foreach (var term in filter.Terms)
            switch (term)
            {
                case { Not: true }: return null;
                case { Field: Field.Box } when box is null && !FilterSql.IsPattern(term.Value): box = term.Value; break;
                case { Field: Field.Is, Value: "unread" } when isUnread != false: isUnread = true; break;
                case { Field: Field.Is, Value: "read" } when isUnread != true: isUnread = false; break;
                case { Field: Field.State, States: [State.Captured] }: isAny = true; break;
                default: return null;
            }

        return box is null && isUnread is null && !isAny ? null : new Boxful(box, isUnread);
    }

    /// <summary>The way by boxes or tags with the fewest rows on it; null where the filter names none.</summary>
    public static Road? Road(Filter filter)
    {
        string? box = null, tag = null;
        var (isUnread, isIn) = (false, false);
        foreach (var term in filter.Terms.Where(static term => !term.Not))
            switch (term)
            {
                case { Field: Field.Box } when !FilterSql.IsPattern(term.Value): box ??= term.Value; break;
                case { Field: Field.Tag } when !FilterSql.IsPattern(term.Value): tag ??= term.Value; break;
                case { Field: Field.Is, Value: "unread" }: isUnread = true; break;
                case { Field: Field.Box or Field.Came } or { Field: Field.Is, Value: "read" }: isIn = true; break;
                default: break; // nothing of boxes
            }

        return tag is not null ? new Road(Way.Tag, tag)
            : box is not null ? new Road(isUnread ? Way.BoxUnread : Way.Box, box)
            : isUnread ? new Road(Way.Unread)
            : isIn ? new Road(Way.Inbox) : null;
    }
}
