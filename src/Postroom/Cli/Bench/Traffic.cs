using System.Globalization;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Cli.Bench;

/// <summary>What some application servers of an invented firm of 20,000 people send in three years.</summary>
/// <remarks>Each mail is a function of its number: who asks about it later makes it again.</remarks>
/// <param name="isCaptured">All of it was captured, by test runs with a tag each.</param>
internal sealed class Traffic(long count, bool isCaptured = false)
{
    private const int People = 20_000;
    private const int Vocabulary = 5_000;
    private const int MailsAnItem = 15;
    private const int Runs = 500;
    private const string Lane = "upstream";
    private static readonly DateTimeOffset Begin = new(2023, 11, 27, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Span = TimeSpan.FromDays(3 * 365);
    private static readonly string[] Verbs = ["updated", "commented", "created", "resolved", "assigned", "reopened"];
    private static readonly string[] Syllables =
    [
        "ka", "lo", "mi", "ren", "tas", "vor", "sel", "du", "pan", "gri", "to", "ne", "ba", "chu", "fel", "wig", "zon",
    ];

    private static readonly (string App, string Host, int Share)[] Applications =
        [("jira", "jira.example.com", 60), ("confluence", "wiki.example.com", 15), ("gitlab", "git.example.com", 12),
            ("jenkins", "ci.example.com", 8), ("redmine", "redmine.example.com", 5)];

    public long Count => count;

    /// <summary>What came of a mail.</summary>
    public enum End
    {
        Delivered, DeliveredLater, Refused, Waiting, Captured,
    }

    /// <summary>A mail as a log would tell it.</summary>
    public sealed record Sent(AcceptedRecord Mail, End End, string Reply)
    {
        public string To => Mail.Envelope.Recipients[0].Path.Address;
        public string From => Mail.Envelope.From.Address;
    }

    public Sent this[long number]
    {
        get
        {
            var dice = new Dice((ulong)number);
            var at = Begin + (Span * ((double)number / count));
            var id = MailId.After(default, at);
            var about = new Dice((ulong)(number / MailsAnItem) + 1_000_000_007);
            var (app, host) = ApplicationOf(about.Below(100));
            var person = (int)(People * dice.Square());
            var project = Project(about.Below(60));
            var item = string.Create(CultureInfo.InvariantCulture, $"{project}-{number / MailsAnItem}");
            var actor = Name(dice.Below(People));
            var subject = $"[{app}] ({item}) {Verbs[dice.Below(Verbs.Length)]}: "
                + string.Join(' ', Enumerable.Range(0, 4).Select(_ => Word((int)(Vocabulary * dice.Square()))));
            var end = EndOf(dice.Below(1_000), number);
            var to = new Recipient(new ForwardPath(isCaptured
                ? Address(person).Replace("@", $"+{RunOf(number)}@", StringComparison.Ordinal) : Address(person)));
            var envelope = new Envelope(new ReversePath($"{app}@example.com"), [to]);
            var header = new HeaderFacts
            {
                Subject = subject, From = $"{actor} <{app}@example.com>", MessageId = $"<{app}.{number}@{host}>",
                App = new AppFacts(app)
                {
                    Site = $"https://{host}", Project = project, Item = item,
                    Actor = actor, Event = "updated",
                },
            };
            var origin = new Origin("127.0.0.1:2525", "127.0.0.1", host, app, "ESMTP");
            var mail = new AcceptedRecord(id, at, envelope, origin, header)
            {
                Trace = Trace(id, host, at), Size = 2_000 + (dice.Below(200) == 0 ? 12_000_000 : dice.Below(40_000)),
                Pieces = [new BodyPiece(1, 64, 4_096, (uint)number)],
            };
            return new Sent(mail, end, Reply(end, dice));
        }
    }

    /// <summary>What the journal would say of it, the acceptance first.</summary>
    public static IEnumerable<JournalRecord> Records(Sent sent)
    {
        var (mail, at) = (sent.Mail, sent.Mail.At);
        yield return mail;
        var parcel = new LeasedParcel(mail.Id, Lane, [0]);
        if (sent.End == End.Captured)
        {
            foreach (var record in Captured(mail.Id, at, parcel, mail.Pieces[0].Checksum))
                yield return record;
            yield break;
        }

        if (sent.End is not End.Delivered and not End.Refused)
        {
            var failure = new Failure(
                Fault.Recipient, new EnhancedStatus(4, 2, 2), "452 4.2.2 mailbox full", "mx.example.com");
            yield return new LeasedRecord(at.AddMilliseconds(3), [parcel]);
            yield return new SettledRecord(mail.Id, at.AddMilliseconds(90), Lane,
                [new Verdict(0, Happening.Deferred) { Failure = failure, NextDue = at.AddMinutes(5) }]);
            if (sent.End == End.Waiting)
                yield break;
        }

        yield return new LeasedRecord(at.AddMilliseconds(100), [parcel]);
        yield return new SettledRecord(mail.Id, at.AddMilliseconds(160), Lane, [sent.End == End.Refused
            ? new Verdict(0, Happening.Refused)
            {
                Failure = new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 1), sent.Reply, "mx.example.com"),
            }
            : new Verdict(0, Happening.Accepted) { Reply = sent.Reply }]);
    }

    // A third of it was read, a hundredth has a tag.
    private static IEnumerable<JournalRecord> Captured(MailId id, DateTimeOffset at, LeasedParcel parcel, uint number)
    {
        yield return new LeasedRecord(at, [parcel]);
        yield return new SettledRecord(id, at, Lane, [new Verdict(0, Happening.Captured) { Text = "mode = capture" }]);
        if (number % 3 == 0)
            yield return new NotedRecord(new TrailEvent(at, EventKind.Read, id, null) { Who = "anna" });
        if (number % 100 == 0)
            yield return new NotedRecord(
                new TrailEvent(at, EventKind.Tagged, id, null) { Who = "anna", Text = "checked" });
    }

    /// <summary>The box of a captured mail.</summary>
    public static string RunOf(long number) => string.Create(CultureInfo.InvariantCulture, $"run{number % Runs}");

    /// <summary>The name that the next hop gave it.</summary>
    public static string QueuedAs(Sent sent) => sent.Reply[(sent.Reply.LastIndexOf(' ') + 1)..];

    public static string Word(int number)
    {
        var word = Syllables[number % Syllables.Length];
        for (var rest = number / Syllables.Length; rest > 0; rest /= Syllables.Length)
            word += Syllables[rest % Syllables.Length];
        return word;
    }

    private static (string App, string Host) ApplicationOf(int share)
    {
        foreach (var (app, host, part) in Applications)
            if ((share -= part) < 0)
                return (app, host);
        return (Applications[0].App, Applications[0].Host);
    }

    private static string Name(int person) =>
        $"{Capital(Word(17 + (person % 300)))} {Capital(Word(400 + (person / 300)))}";

    private static string Address(int person) =>
        $"{Name(person).Replace(' ', '.').ToLowerInvariant()}@example.com";

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string Project(int number) => Word(100 + number).ToUpperInvariant();

    // The newest wait; of the others a few were put off once, and one in a hundred is refused.
    private End EndOf(int share, long number) => isCaptured ? End.Captured : count - number <= 500 ? End.Waiting
        : share < 10 ? End.Refused : share < 30 ? End.DeliveredLater : End.Delivered;

    private static string Reply(End end, Dice dice) => end == End.Refused
        ? "550 5.1.1 no such user here"
        : string.Create(CultureInfo.InvariantCulture, $"250 2.0.0 Ok: queued as {dice.Next():X11}");

    private static byte[] Trace(MailId id, string host, DateTimeOffset at)
    {
        var date = at.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes($"Received: from {host} by relay.example.com with ESMTP id {id}; {date}\r\n");
    }

    /// <summary>SplitMix64: numbers that look thrown, from one number.</summary>
    private struct Dice(ulong seed)
    {
        private ulong _state = unchecked(seed * 0x9E3779B97F4A7C15);

        public long Next()
        {
            unchecked
            {
                _state += 0x9E3779B97F4A7C15;
                var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
                mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
                return (long)((mixed ^ (mixed >> 31)) >> 20);
            }
        }

        public int Below(int bound) => (int)(Next() % bound);

        /// <summary>From 0 to 1, mostly near 0: few get most of the mail, few words are most of the text.</summary>
        public double Square() => Math.Pow(Next() / (double)(1L << 44), 2);
    }
}
