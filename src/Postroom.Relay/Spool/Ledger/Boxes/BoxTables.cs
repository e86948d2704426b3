namespace Postroom.Relay.Spool.Ledger.Boxes;

/// <summary>The tables of boxes and marks. Their counts are kept by triggers: with every change, and never apart from
/// it.</summary>
internal static class BoxTables
{
    public static readonly string[] All =
    [
        // A recipient that is captured. came: where in the journal that stands, as a number.
        """
        CREATE TABLE inbox(
            mail INTEGER NOT NULL, n INTEGER NOT NULL, box TEXT NOT NULL COLLATE NOCASE, came INTEGER NOT NULL,
            unread INTEGER NOT NULL, PRIMARY KEY(mail, n)) STRICT, WITHOUT ROWID
        """,

        // "What lies in this box?", newest first; and what of it has nobody read.
        "CREATE INDEX inbox_box ON inbox(box, mail, n)",
        "CREATE INDEX inbox_box_unread ON inbox(box, mail, n) WHERE unread = 1",
        "CREATE INDEX inbox_came ON inbox(came)",
        "CREATE INDEX inbox_unread ON inbox(mail, n) WHERE unread = 1",
        """
        CREATE TABLE box(name TEXT PRIMARY KEY COLLATE NOCASE, total INTEGER NOT NULL, unread INTEGER NOT NULL)
            STRICT, WITHOUT ROWID
        """,

        // Marks are of the mail, not of one who looks; they outlive its stay in a box.
        "CREATE TABLE seen(mail INTEGER PRIMARY KEY) STRICT",
        """
        CREATE TABLE tag(mail INTEGER NOT NULL, tag TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY(mail, tag))
            STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX tag_name ON tag(tag, mail)",
        """
        CREATE TRIGGER inbox_in AFTER INSERT ON inbox BEGIN
            INSERT INTO box(name, total, unread) VALUES(NEW.box, 1, NEW.unread)
                ON CONFLICT(name) DO UPDATE SET total = total + 1, unread = unread + NEW.unread;
        END
        """,
        """
        CREATE TRIGGER inbox_out AFTER DELETE ON inbox BEGIN
            UPDATE box SET total = total - 1, unread = unread - OLD.unread WHERE name = OLD.box;
            DELETE FROM box WHERE name = OLD.box AND total = 0;
        END
        """,
        """
        CREATE TRIGGER inbox_mark AFTER UPDATE OF unread ON inbox BEGIN
            UPDATE box SET unread = unread + NEW.unread - OLD.unread WHERE name = NEW.box;
        END
        """,

        // What is forgotten is in no box; nor is an address that was erased, or its tag would stay.
        """
        CREATE TRIGGER inbox_forget AFTER DELETE ON recipient BEGIN
            DELETE FROM inbox WHERE mail = OLD.mail AND n = OLD.n;
        END
        """,
        """
        CREATE TRIGGER inbox_erase AFTER UPDATE OF address ON recipient BEGIN
            DELETE FROM inbox WHERE mail = OLD.mail AND n = OLD.n;
        END
        """,
        """
        CREATE TRIGGER mark_forget AFTER DELETE ON mail BEGIN
            DELETE FROM seen WHERE mail = OLD.id;
            DELETE FROM tag WHERE mail = OLD.id;
        END
        """,
    ];
}
