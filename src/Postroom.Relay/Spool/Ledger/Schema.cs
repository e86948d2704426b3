using System.Globalization;
using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Postroom.Tests")] // for the query plans and the pragmas

namespace Postroom.Relay.Spool.Ledger;

/// <summary>The tables. Each index costs every mail; each has the question it is for beside it.</summary>
/// <remarks>
/// Instants are UTC ticks of 100 ns, spans likewise; packed columns are written by <see cref="Packer"/>.
/// </remarks>
internal static class Schema
{
    /// <summary>Grows by one with every change of the tables.</summary>
    public const int Version = 6;

    private static readonly string[] First =
    [
        // A mail. trail: its events of the batch that accepted it, most often all it ever has.
        """
        CREATE TABLE mail(
            id INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, size INTEGER NOT NULL,
            sender TEXT NOT NULL COLLATE NOCASE, source TEXT NOT NULL COLLATE NOCASE,
            subject TEXT, header_from TEXT, message_id TEXT, message_hash INTEGER, report_of INTEGER,
            revoked INTEGER NOT NULL DEFAULT 0,
            facts BLOB NOT NULL, pieces BLOB NOT NULL, trace BLOB NOT NULL, trail BLOB NOT NULL) STRICT
        """,
        """
        CREATE TABLE recipient(
            mail INTEGER NOT NULL, n INTEGER NOT NULL, state INTEGER NOT NULL,
            lane TEXT NOT NULL, due INTEGER NOT NULL, failed_tries INTEGER NOT NULL,
            delay_reported INTEGER NOT NULL, held_since INTEGER, held_for INTEGER NOT NULL,
            fault INTEGER, notify INTEGER NOT NULL, address TEXT NOT NULL COLLATE NOCASE, orcpt TEXT, last TEXT,
            PRIMARY KEY(mail, n)) STRICT, WITHOUT ROWID
        """,

        // What is due next on a lane.
        "CREATE INDEX recipient_due ON recipient(lane, due, mail, n) WHERE state = 1",

        // Everything in a state, newest first; of delivered mail there is so much that the table itself is as good.
        "CREATE INDEX recipient_standing ON recipient(state, mail, n) WHERE state <> 4",

        // "Did Alice get her mail?"
        "CREATE INDEX recipient_address ON recipient(address, mail, n)",

        // The application's own name for a mail, from its log. A hash, for the texts would be half as long as the rest.
        "CREATE INDEX mail_message_hash ON mail(message_hash) WHERE message_hash IS NOT NULL",

        // Events of later batches; seq is the place in the journal.
        """
        CREATE TABLE trail(
            mail INTEGER NOT NULL, seq INTEGER NOT NULL, events BLOB NOT NULL,
            PRIMARY KEY(mail, seq)) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE relay_event(id INTEGER PRIMARY KEY, event BLOB NOT NULL) STRICT",

        // lane NULL: the relay was not running.
        "CREATE TABLE pause(id INTEGER PRIMARY KEY, lane TEXT, since INTEGER NOT NULL, until INTEGER) STRICT",
        "CREATE TABLE tally(lane TEXT NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL, "
            + "PRIMARY KEY(lane, state)) STRICT, WITHOUT ROWID",
        "CREATE TABLE anomaly(id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, place INTEGER NOT NULL, "
            + "what TEXT NOT NULL) STRICT",
        "CREATE TABLE position(id INTEGER PRIMARY KEY CHECK(id = 1), segment INTEGER NOT NULL, place INTEGER NOT NULL, "
            + "newest INTEGER NOT NULL) STRICT",
    ];

    // Whose mail it is. What the mails of an application have in common stands once; empty where it is not known.
    private static readonly string[] Second =
    [
        """
        CREATE TABLE application(
            id INTEGER PRIMARY KEY, app TEXT NOT NULL, instance TEXT NOT NULL, site TEXT NOT NULL, node TEXT NOT NULL,
            project TEXT NOT NULL, UNIQUE(app, instance, site, node, project)) STRICT
        """,
        "ALTER TABLE mail ADD COLUMN application INTEGER",
        "ALTER TABLE mail ADD COLUMN item TEXT COLLATE NOCASE",

        // "What came from that Jira?", for those of which there is little; the rest is as quickly found in the table.
        "CREATE INDEX mail_application ON mail(application) WHERE application IS NOT NULL",

        // "Did she get the mail about PROJ-123?"
        "CREATE INDEX mail_item ON mail(item) WHERE item IS NOT NULL",
    ];

    // One index of terms in the place of four of columns: see WordIndex. No positions and no texts are in it, for the
    // rows have them.
    private static readonly string[] Third =
    [
        "CREATE TABLE address(id INTEGER PRIMARY KEY, text TEXT NOT NULL COLLATE NOCASE UNIQUE) STRICT",
        Terms("words"),
        Terms("said"),
        "DROP INDEX recipient_address",
        "DROP INDEX mail_message_hash",
        "DROP INDEX mail_application",
        "DROP INDEX mail_item",
        "ALTER TABLE mail DROP COLUMN message_hash",
    ];

    // What is forgotten, so that its records can be taken out of the journal, and who asks for it told so. The highest
    // mail stays for ever: no id is used twice. recipients: places in the envelope, packed.
    private static readonly string[] Fourth =
    [
        "CREATE TABLE forgetting(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, why TEXT, "
            + "done INTEGER NOT NULL DEFAULT 0) STRICT",
        "CREATE TABLE forgotten(mail INTEGER PRIMARY KEY, what INTEGER NOT NULL, recipients BLOB, by INTEGER) STRICT",
        """
        CREATE TABLE forgotten_event(at INTEGER NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY(at, kind))
            STRICT, WITHOUT ROWID
        """,

        // How far the journal's own records have been gone through, by segment; not an answer to anything.
        "CREATE TABLE gone_through(segment INTEGER PRIMARY KEY, last_at INTEGER NOT NULL, at INTEGER NOT NULL) STRICT",
    ];

    // What was handed over once more: by which route, where a person named one. NULL in all that was there before.
    private static readonly string[] Sixth =
    [
        "ALTER TABLE mail ADD COLUMN replay_of INTEGER",
        "ALTER TABLE mail ADD COLUMN route TEXT",
    ];

    private static readonly string[][] Steps = [First, Second, Third, Fourth, Boxes.BoxTables.All, Sixth];

    /// <summary>Brings the tables up to date, a version a step; refuses a file of a newer program.</summary>
    /// <param name="reindex">Puts the terms of all mails into an index that has just been made.</param>
    /// <param name="sort">Puts captured mail into boxes that have just been made.</param>
    /// <exception cref="SpoolUnusableException">The file's version is newer than ours.</exception>
    public static void Migrate(Database database, Action reindex, Action sort)
    {
        var version = CheckedVersion(database);
        if (version == Version)
            return;
        database.Execute("BEGIN IMMEDIATE");
        foreach (var change in Steps.Skip((int)version).SelectMany(step => step))
            database.Execute(change);
        if (version is 1 or 2)
            reindex();
        if (version is > 0 and < 5)
            sort();
        database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version={Version}"));
        database.Execute("COMMIT");
    }

    /// <summary>Looks whether the questions of this program can be asked, by somebody who does not write.</summary>
    /// <exception cref="SpoolUnusableException">The file is of another version, or no ledger.</exception>
    public static void CheckReadable(Database database)
    {
        var version = CheckedVersion(database);
        if (version < Version)
            throw new SpoolUnusableException(version == 0
                ? $"{database.File} is no ledger, or its service never came up: start it once."
                : $"{database.File} was last used by an older Postroom. Start the service once: it brings the file up "
                    + "to date.");
    }

    private static string Terms(string table) =>
        $"""
         CREATE VIRTUAL TABLE {table} USING fts5(terms, content='', contentless_delete=1, detail=none,
             tokenize="ascii tokenchars '{Search.Terms.Characters}'")
         """;

    private static long CheckedVersion(Database database)
    {
        var version = database.Number("PRAGMA user_version");
        return version <= Version ? version : throw new SpoolUnusableException(string.Create(
            CultureInfo.InvariantCulture,
            $"{database.File} has version {version}, and this Postroom knows versions up to {Version}. Run the newer "
            + $"Postroom that wrote it; or move the file away, and it is built anew from the journal."));
    }
}
