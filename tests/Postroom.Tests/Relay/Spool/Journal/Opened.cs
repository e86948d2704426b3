using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Xunit;
using OpenJournal = Postroom.Relay.Spool.Journal.MailJournal;

namespace Postroom.Tests.Relay.Spool.Journal;

/// <summary>Journals on small segments.</summary>
internal static class Opened
{
    public static readonly JournalSettings Small = new() { SegmentSize = 64 << 10, MarksSize = 1024,
        ZeroAhead = 16 << 10 };

    public static OpenJournal New(IDisk disk) => At(disk, out _, []);

    public static OpenJournal At(IDisk disk, out Recovery recovery, List<JournalRecord> read, Position? from = null)
    {
        var journal = OpenJournal.Open(disk, Small, TimeProvider.System, new RealThreads());
        recovery = journal.Recover(from, (_, record) => read.Add(record));
        return journal;
    }

    /// <summary>Far longer than anything takes: a test that hangs ends.</summary>
    public static Task Soon(this Task task) =>
        task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public static Task<T> Soon<T>(this Task<T> task) =>
        task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public static byte[] BodyOf(OpenJournal journal, AcceptedRecord mail)
    {
        var body = new MemoryStream();
        foreach (var piece in mail.Pieces)
        {
            var octets = new byte[piece.Length];
            journal.ReadBody(piece, octets);
            body.Write(octets);
        }

        return body.ToArray();
    }
}
