using System.Buffers;
using System.Text.Json;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Shared;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Records;
using Xunit;

namespace Postroom.Tests.Relay.Spool.Journal;

public sealed class RecordFormTests
{
    [Fact]
    public async Task Every_kind_of_record_is_read_back_as_it_was_written()
    {
        var disk = new SimulatedDisk(new Random(1));
        JournalRecord[] all =
        [
            Mails.Accepted(3, 0, new BodyPiece(1, 5000, 7, 0xdeadbeef)),
            Mails.Accepted(5, 0) with
            {
                Header = new HeaderFacts
                {
                    App = new AppFacts("jira")
                    {
                        Instance = "8adf", Site = "https://jira.example.com", Node = "n1", Project = "PROJ",
                        Item = "PROJ-1", Event = "commented", Actor = "Ann", Reason = "mentioned",
                    },
                },
            },
            Mails.Accepted(6, 0) with { Origin = Api },
            Mails.Accepted(7, 0) with { Origin = Api, Header = new HeaderFacts { App = new AppFacts("shop") } },
            Mails.Accepted(8, 0) with { Header = new HeaderFacts { Fingerprint = Print } },
            Mails.Accepted(9, 0) with { Origin = Api, Header = new HeaderFacts { Fingerprint = Print } },
            Mails.Accepted(10, 0) with
            {
                Origin = Api, Header = new HeaderFacts { App = new AppFacts("shop"), Fingerprint = Print },
            },
            Mails.Accepted(11, 0) with
            {
                Header = new HeaderFacts { App = new AppFacts("jira"), Fingerprint = Print },
            },
            Mails.Accepted(12, 0) with { Origin = Api with { Key = null, Replay = Again } },
            Mails.Accepted(13, 0) with
            {
                Origin = Api with { Replay = new Replay(new MailId(3), null, null) },
                Header = new HeaderFacts { App = new AppFacts("shop"), Fingerprint = Print },
            },
            Mails.Accepted(4, 0) with { Envelope = new Envelope(ReversePath.Null, []), Header = HeaderFacts.None },
            new LeasedRecord(Mails.Noon, [new LeasedParcel(new MailId(3), "upstream", [0, 1])]),
            Mails.Settled(3),
            new DirectedRecord(Mails.Noon, Happening.Held, [new Target(new MailId(3), 1)], "alice", null),
            new RevokedRecord(new MailId(4), Mails.Noon),
            new LeasesLostRecord(Mails.Noon, [new Target(new MailId(3), 0)], [new Target(new MailId(3), 1)]),
            new ForgottenRecord(Mails.Noon, Forgetting.Recipient, [new Target(new MailId(3), 1)], "anna", "DSR-7")
            {
                Events = [new EventName(Mails.Noon, EventKind.SuppressionChanged)],
            },
            new ForgottenRecord(Mails.Noon, Forgetting.Mail, [new Target(new MailId(3), -1)], "retention", null),
            new NotedRecord(new TrailEvent(Mails.Noon, EventKind.LanePaused, null, null) { Lane = "upstream",
                NextDue = Mails.Noon }),
        ];
        await using (var journal = Opened.New(disk))
            await journal.AppendAsync([.. all.Select(record => new Entry(record))], urgent: true);
        var read = new List<JournalRecord>();
        await using (Opened.At(disk, out _, read))
            Assert.Equal(all.Select(Text), read.Select(Text));
    }

    [Fact]
    public async Task A_body_belongs_to_accepted_mail_only()
    {
        await using var journal = Opened.New(new SimulatedDisk(new Random(1)));
        var entry = new Entry(new RevokedRecord(new MailId(1), Mails.Noon), new byte[1]);
        await Assert.ThrowsAsync<ArgumentException>(() => journal.AppendAsync(entry, urgent: true));
    }

    [Fact]
    public void What_came_later_stands_behind_what_older_programs_read()
    {
        var plain = Mails.Accepted(3, 0);
        var printed = plain with { Header = plain.Header with { Fingerprint = Print } };
        Assert.True(Payload(printed).AsSpan().StartsWith(Payload(plain))); // and of the key they read: it is empty
        Assert.Equal([1, 1, 1, .. Payload(printed)[^16..]], Payload(printed)[Payload(plain).Length..]);
        printed = printed with { Origin = Api };
        Assert.Equal(Payload(plain with { Origin = Api }).Length + 16, Payload(printed).Length);
        var replay = printed with { Origin = Api with { Replay = Again } };
        Assert.True(Payload(replay).AsSpan().StartsWith(Payload(printed)));

        // A program from before replays takes the first of these octets for a fingerprint: it is of no other mail.
        replay = plain with { Origin = plain.Origin with { Replay = Again } };
        var print = Fingerprint.Read(Payload(replay).AsSpan(Payload(plain).Length + 3));
        Assert.Equal(new Fingerprint((UInt128)plain.Id.Value), print);
    }

    private static byte[] Payload(JournalRecord record)
    {
        var writer = new PayloadWriter(ArrayPool<byte>.Shared.Rent(4096), 0);
        RecordEncoding.Write(ref writer, record);
        return writer.Buffer[..writer.Length];
    }

    private static Fingerprint Print => new(new UInt128(0x8001020304050607, 0x08090a0b0c0d0eff));

    private static Replay Again => new(new MailId(3), "backup", "second");

    private static Origin Api => new("api", "127.0.0.1", null, "token:shop", "HTTP") { Key = new("order-17", "abc") };

    private static string Text(JournalRecord record) =>
        record.GetType().Name + JsonSerializer.Serialize<object>(record);
}
