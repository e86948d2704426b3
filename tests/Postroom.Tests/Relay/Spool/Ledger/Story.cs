using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Tests.Relay.Spool.Ledger;

/// <summary>A ledger in a folder of its own, and a journal to tell it: each record one place further.</summary>
public sealed class Story : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("postroom-ledger-");
    private MailId _last;
    private int _offset;

    public Story() => Ledger = MailLedger.Open(File);

    public static DateTimeOffset Noon { get; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public string File => Path.Combine(_folder.FullName, "ledger.db");

    public MailLedger Ledger { get; private set; }

    public List<(Position At, JournalRecord Record)> Journal { get; } = [];

    public LaneOf LaneOf { get; set; } = static (_, _, _) => "upstream";

    public static DateTimeOffset At(double minutes) => Noon.AddMinutes(minutes);

    /// <summary>Writes a record into the journal only.</summary>
    public void Write(JournalRecord record) => Journal.Add((new Position(1, _offset += 100), record));

    /// <summary>Writes records and applies everything the ledger has not seen.</summary>
    public void Tell(params JournalRecord[] records)
    {
        foreach (var record in records)
            Write(record);
        Ledger.Apply(Journal, LaneOf);
    }

    public AcceptedRecord Mail(DateTimeOffset at, params string[] to)
    {
        _last = MailId.After(_last, at);
        var envelope = new Envelope(
            new ReversePath("jira@example.com"), [.. to.Select(a => new Recipient(new ForwardPath(a)))]);
        var origin = new Origin("127.0.0.1:2525", "127.0.0.1", "jira.example.com", null, "ESMTP");
        var header = new HeaderFacts { Subject = "[JIRA] (PROJ-1) Build failed", MessageId = $"<{_last}@jira>" };
        return new AcceptedRecord(_last, at, envelope, origin, header)
        {
            Trace = [1, 2, 3], Size = 4096, Pieces = [new BodyPiece(1, 64, 4096, 0xfedcba98)],
        };
    }

    public static LeasedRecord Leased(DateTimeOffset at, MailId id, params int[] recipients) =>
        new(at, [new LeasedParcel(id, "upstream", recipients)]);

    public static SettledRecord Settled(DateTimeOffset at, MailId id, params Verdict[] verdicts) =>
        new(id, at, "upstream", verdicts);

    public static Failure Refusal(Fault fault, int @class = 4) =>
        new(fault, new EnhancedStatus(@class, 1, 1), "421 4.1.1 not now", "mx.example.com");

    public State StateOf(MailId id, int n = 0) => Show(id).Recipients[n].State;

    public MailRecord Show(MailId id)
    {
        using var reader = Ledger.OpenReader(TimeProvider.System);
        return reader.Show(id) ?? throw new InvalidOperationException("no such mail");
    }

    public IReadOnlyList<RecipientRow> Find(string filter, Cursor? after = null, int most = 100)
    {
        using var reader = Ledger.OpenReader(TimeProvider.System);
        return reader.Find(Parsed(filter), after, most).Rows;
    }

    /// <summary>An hour after noon.</summary>
    public static Filter Parsed(string filter) => FilterParser.TryParse(filter, At(60), out var parsed, out var error)
        ? parsed : throw new ArgumentException(error, nameof(filter));

    public void Reopen()
    {
        Ledger.Dispose();
        Ledger = MailLedger.Open(File);
    }

    public void Dispose()
    {
        Ledger.Dispose();
        _folder.Delete(recursive: true);
    }
}
