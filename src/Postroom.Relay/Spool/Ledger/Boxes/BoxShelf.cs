using Postroom.Mail;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Ledger.Boxes;

/// <summary>Reads what <see cref="BoxBook"/> keeps.</summary>
internal static class BoxShelf
{
    /// <summary>A place in the journal as a number that grows along it.</summary>
    public static long Number(Position at) => ((long)at.Segment << 32) | (uint)at.Offset;

    /// <summary>How far the index is, as such a number; 0 while nothing is in it.</summary>
    public static long Mark(Database database)
    {
        using var row = database.Prepare("SELECT segment, place FROM position");
        return row.Step() ? Number(new Position(row.Int(0), row.Int(1))) : 0;
    }

    public static BoxList Read(Database database)
    {
        var boxes = new List<BoxRow>();
        using (var rows = database.Prepare("SELECT b.name, b.total, b.unread, "
            + "(SELECT max(mail) FROM inbox INDEXED BY inbox_box WHERE box = b.name) FROM box b"))
            while (rows.Step())
                boxes.Add(new BoxRow(rows.Text(0), rows.Long(1), rows.Long(2), new MailId(rows.Long(3))));
        boxes.Sort(static (a, b) => b.Newest.Value.CompareTo(a.Newest.Value));
        return new BoxList(boxes, Mark(database));
    }

    /// <summary>How many lie in a box; without one, in all.</summary>
    /// <param name="isUnread">Only what nobody has read, or only what somebody has; null: both.</param>
    public static long Count(Database database, string? box, bool? isUnread)
    {
        var what = isUnread switch { true => "unread", false => "total - unread", null => "total" };
        using var row = database.Prepare(
            $"SELECT coalesce(sum({what}), 0) FROM box{(box is null ? "" : " WHERE name = ?1")}");
        if (box is not null)
            row.Bind(1, box);
        return row.Step() ? row.Long(0) : 0;
    }
}
