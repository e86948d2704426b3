using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Tests.Relay.Spool.Ledger;
using Postroom.Why;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Program.Why;

/// <summary>Questions and their answers, whole, beside this file: answers.txt.</summary>
public sealed class InquiryTests : IDisposable
{
    private static readonly DateTimeOffset Now = At(60);

    private static readonly string[] Questions =
    [
        "to:alice@example.com issue:PROJ-1",
        "alice@example.com proj-1",
        "to:bob@example.com issue:PROJ-1",
        "to:carol@example.com issue:PROJ-1",
        "to:dave@example.com",
        "to:erin@example.com",
        "to:frank@example.com",
        "to:grace@example.com",
        "to:olaf@example.com",
        "to:karl@example.com",
        "to:lena@example.com",
        "to:heidi@example.com",
        "to:ivan@example.com",
        "to:alice@example.com issue:PROJ-1 state:failed",
        "to:alice@example.com issue:PROJ-1 after:2026-11-23T12:30",
        "to:alice@example.com issue:PROJ-2",
        "to:judy@example.com issue:PROJ-1",
        "to:alice.smith@example.com issue:PROJ-1",
        "to:alice@example.com issue:PROJ-99",
        "to:alice@example.com app:gitlab",
        "to:alice@example.com app:jira issue:PROJ-99 age:<5m",
        "issue:INFRA-1",
        "subject:\"no such words\"",
        "nonsense",
        "app:sap",
        "from:nobody@example.com to:nobody@example.com",
        "-to:alice@example.com issue:PROJ-1",
        "to:olivia@example.com",
        "to:olivia@example.com issue:PROJ-1",
    ];

    private readonly Story _story = new();

    public void Dispose() => _story.Dispose();

    [Fact]
    public void Every_question_has_its_answer()
    {
        Live();
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        var known = new Known(reader.Find, reader.Show, reader.RelayEvents, Now)
        {
            WordOf = address => address == "olivia@example.com" ? "h:0123456789abcdef" : null,
            PauseOf = lane => lane == "slow" ? "“421 come back later” (4.3.2)." : null,
        };
        var text = new StringBuilder();
        foreach (var question in Questions)
            text.Append(Told(known, question)).Append('\n');
        Golden.Equal(Path.Combine(Golden.Root, "tests", "Postroom.Tests", "Postroom", "Why", "answers.txt"),
            text.ToString());
    }

    [Fact]
    public void Where_nothing_was_ever_handed_over_the_settings_of_the_application_are_named()
    {
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        var known = new Known(reader.Find, reader.Show, reader.RelayEvents, Now);
        Assert.Contains("No mail at all was ever handed over here.", Told(known, "to:a@x"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_many_is_cut_and_counted_as_far_as_it_was_looked_at()
    {
        for (var n = 0; n < 250; n++)
            _story.Write(Mail(n / 10.0, "alice@example.com", "PROJ-1"));
        _story.Tell();
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        var known = new Known(reader.Find, reader.Show, reader.RelayEvents, Now);
        var told = Told(known, "to:alice@example.com");
        Assert.Equal(8, told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("195 or more older ones match; all of them: postroom search to:alice@example.com", told,
            StringComparison.Ordinal);
        Assert.Contains("200 or more other mails", Told(known, "to:alice@example.com issue:PROJ-2"),
            StringComparison.Ordinal);
    }

    private static string Told(Known known, string question)
    {
        Assert.True(FilterParser.TryParse(question, Now, out var filter, out var error), error);
        var answer = Inquiry.Answer(known, filter);
        return $"$ postroom why {question}\n[{answer.Verdict}]\n"
            + string.Concat(answer.Sentences.Select(sentence => sentence + "\n"))
            + string.Concat(answer.Next.Select(next => $"→ {next}\n"));
    }

    private AcceptedRecord Mail(double at, string to, string item, string subject = "Build failed")
    {
        var mail = _story.Mail(At(at), to);
        return mail with
        {
            Header = mail.Header with
            {
                Subject = $"[JIRA] ({item}) {subject}",
                App = new AppFacts("jira") { Item = item, Project = item.Split('-')[0] },
            },
        };
    }

    // One of each fate, on a day on which the relay was down for a while and its disk full for another.
    private void Live()
    {
        _story.LaneOf = (_, to, _) => to.Address.StartsWith("heidi", StringComparison.Ordinal) ? "slow" : "upstream";
        _story.Tell(Noted(-90, EventKind.Started), Noted(-80, EventKind.DiskLow), Noted(-70, EventKind.DiskFree),
            Noted(-60, EventKind.Stopped), Noted(-30, EventKind.Started));
        _story.Tell(new NotedRecord(new TrailEvent(At(-20), EventKind.Erased, null, null)
        {
            Who = "anna", Text = "h:0123456789abcdef: 3 mails, 0 places among several recipients, 0 events (DSR-7)",
        }));
        var hop = new AttemptFacts("192.0.2.1:25", "mx.example.com", null, false, [new Step("dot", 4)]);
        var delivered = new Verdict(0, Happening.Accepted) { Reply = "250 2.0.0 Ok: queued as 8F2" };
        var (alice, bob, carol) = (Mail(0, "alice@example.com", "PROJ-1"), Mail(0, "bob@example.com", "PROJ-1"),
            Mail(1, "carol@example.com", "PROJ-1"));
        _story.Tell(alice, bob, carol, Leased(At(1), alice.Id, 0), Leased(At(1), bob.Id, 0), Leased(At(1), carol.Id, 0),
            Settled(At(1), alice.Id, delivered) with { Attempt = hop },
            Settled(At(1), bob.Id, Deferred(new Failure(Fault.Recipient, new EnhancedStatus(4, 2, 0),
                "450 4.2.0 Greylisted", "mx.example.com"), 70)),
            Settled(At(1), carol.Id, new Verdict(0, Happening.Refused)
            {
                Failure = new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 1), "550 5.1.1 no such user",
                    "mx.example.com"),
            }));
        var dave = Mail(2, "dave@example.com", "PROJ-2");
        _story.Tell(dave, Leased(At(2), dave.Id, 0),
            Settled(At(3), dave.Id, Deferred(Refusal(Fault.Recipient), 4)), Leased(At(4), dave.Id, 0));
        _story.Tell(new LeasesLostRecord(At(5), [new Target(dave.Id, 0)], []), Leased(At(6), dave.Id, 0),
            Settled(At(6), dave.Id, delivered) with { Attempt = hop });
        var (erin, frank, grace, heidi, ivan) = (Mail(7, "erin@example.com", "PROJ-3"),
            Mail(8, "frank@example.com", "PROJ-3"), Mail(9, "grace@example.com", "PROJ-3"),
            Mail(10, "heidi@example.com", "PROJ-3"), Mail(50, "ivan@example.com", "PROJ-3"));
        _story.Tell(erin, frank, grace, heidi, ivan,
            new DirectedRecord(At(8), Happening.Held, [new Target(erin.Id, 0)], "anna", "wait for the fix"),
            Leased(At(9), frank.Id, 0),
            Settled(At(9), frank.Id, new Verdict(0, Happening.Captured) { Text = "mode = capture" }),
            new DirectedRecord(At(9), Happening.Cancelled, [new Target(grace.Id, 0)], "anna", "sent by mistake"));
        var (olaf, karl, lena) = (Mail(51, "olaf@example.com", "PROJ-4"), Mail(51, "karl@example.com", "PROJ-4"),
            Mail(51, "lena@example.com", "PROJ-4"));
        _story.Tell(olaf, karl, lena, Leased(At(52), olaf.Id, 0), Leased(At(52), karl.Id, 0),
            Leased(At(52), lena.Id, 0),
            Settled(At(52), olaf.Id, delivered with { Text = "redirected to box@qa.example: mode = redirect" })
                with { Attempt = hop },
            Settled(At(52), karl.Id, delivered with { Text = "sandbox rule \"testers\": live" })
                with { Attempt = hop },
            Settled(At(52), lena.Id,
                new Verdict(0, Happening.Discarded) { Text = "sandbox rule \"noise\": discard" }));
    }

    private static NotedRecord Noted(double at, EventKind kind) => new(new TrailEvent(At(at), kind, null, null));

    private static Verdict Deferred(Failure failure, double due) =>
        new(0, Happening.Deferred) { Failure = failure, NextDue = At(due) };
}
