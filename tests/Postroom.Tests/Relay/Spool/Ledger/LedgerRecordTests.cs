using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Relay.Spool.Ledger;

public sealed class LedgerRecordTests : IDisposable
{
    private readonly Story _story = new();

    public void Dispose() => _story.Dispose();

    [Fact]
    public void What_was_accepted_is_given_back_whole()
    {
        var mail = _story.Mail(At(0), "alice@example.com") with
        {
            Envelope = new Envelope(ReversePath.Null,
                [
                    new Recipient(new ForwardPath("ä@example.com"), Notify.Success | Notify.Delay, "utf-8;x"),
                    new Recipient(new ForwardPath("b@x")),
                ])
            {
                Return = Return.Headers, EnvelopeId = "id+2B", Body = BodyKind.EightBitMime, SmtpUtf8 = true,
            },
            Origin = new Origin("unix", "unix", null, "jira", "UTF8SMTPA") { Key = new OwnKey("order-17", "abc") },
            Header = new HeaderFacts
            {
                Subject = "Grüße", From = "Jira <jira@example.com>", MessageId = "<1@jira>", ReceivedCount = 300,
                EightBit = true, EightBitHeader = true, Repaired = "a bare LF",
                App = new AppFacts("jira")
                {
                    Instance = "8adf", Site = "https://jira.example.com", Node = "n1", Project = "PROJ",
                    Item = "PROJ-1", Event = "commented", Actor = "Ann", Reason = "mentioned",
                },
            },
            Pieces = [new BodyPiece(1, 0, 70_000, 1), new BodyPiece(2, int.MaxValue, 5, uint.MaxValue)],
            Size = 70_005,
            ReportOf = new MailId(7),
        };
        _story.Tell(mail);
        var row = _story.Ledger.Accepted(mail.Id)!;
        Assert.Equal(mail.Envelope.Recipients, row.Envelope.Recipients);
        Assert.Equal(mail.Envelope, row.Envelope with { Recipients = mail.Envelope.Recipients });
        Assert.Equal((mail.Origin, mail.Header, mail.At, mail.Size, mail.ReportOf),
            (row.Origin, row.Header, row.AcceptedAt, row.Size, row.ReportOf));
        Assert.Equal(mail.Trace, row.Trace);
        Assert.Equal(mail.Pieces, row.Pieces);
        Assert.Null(_story.Ledger.Accepted(new MailId(1)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void What_not_every_mail_has_is_given_back_where_it_was(bool hasKey, bool hasApp)
    {
        var print = new Fingerprint(new UInt128(0x8000000000000001, 0xff));
        var plain = _story.Mail(At(0), "alice@example.com");
        var mail = plain with
        {
            Origin = plain.Origin with { Key = hasKey ? new OwnKey("order-17", "abc") : null },
            Header = plain.Header with { Fingerprint = print, App = hasApp ? new AppFacts("jira") : null },
        };
        _story.Tell(plain, mail with { Id = new MailId(plain.Id.Value + 1) });
        var row = _story.Ledger.Accepted(new MailId(plain.Id.Value + 1))!;
        Assert.Equal((mail.Origin, mail.Header), (row.Origin, row.Header));
        Assert.Equal((plain.Origin, plain.Header),
            (_story.Ledger.Accepted(plain.Id)!.Origin, _story.Ledger.Accepted(plain.Id)!.Header));
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        var printed = Assert.Single(reader.Printed(At(-1), 10));
        Assert.Equal((row.Id, print, hasApp ? "jira" : null), (printed.Id, printed.Print, printed.App));
        Assert.Empty(reader.Printed(At(1), 10));
        Assert.Empty(reader.Printed(At(-1), 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_life_is_the_same_in_one_batch_and_in_many(bool oneBatch)
    {
        var mail = _story.Mail(At(0), "alice@example.com", "bob@example.com");
        var attempt = new AttemptFacts("192.0.2.1:25", "mx", "TLS1.3", true, [new Step("dot", 1.5)], "C: MAIL");
        JournalRecord[] records =
        [
            mail,
            Leased(At(1), mail.Id, 0, 1),
            Settled(At(2), mail.Id,
                new Verdict(0, Happening.Accepted) { Reply = "250 2.0.0 Ok" },
                new Verdict(1, Happening.Deferred)
                {
                    Failure = Refusal(Fault.Recipient), NextDue = At(9), DelayReported = true,
                }) with
                {
                    Attempt = attempt,
                    Events = [new TrailEvent(At(2), EventKind.Reported, mail.Id, 1) { Text = "in X" }],
                },
            new DirectedRecord(At(3), Happening.Held, [new Target(mail.Id, 1)], "anna", "wait"),
            new DirectedRecord(At(5), Happening.Released, [new Target(mail.Id, 1)], "anna", null),
        ];
        if (oneBatch)
            _story.Tell(records);
        else
            foreach (var record in records)
                _story.Tell(record);

        var shown = _story.Show(mail.Id);
        Assert.Equal([State.Delivered, State.Waiting], shown.Recipients.Select(r => r.State));
        Assert.Equal(["250 2.0.0 Ok", "421 4.1.1 not now"], shown.Recipients.Select(r => r.Last));
        Assert.Equal([EventKind.Accepted, EventKind.Trying, EventKind.Delivered, EventKind.Deferred, EventKind.Reported,
            EventKind.Held, EventKind.Released], shown.Trail.Select(e => e.Kind));
        Assert.Equal(attempt with { Steps = [] }, shown.Trail[2].Attempt! with { Steps = [] });
        Assert.Equal(attempt.Steps, shown.Trail[2].Attempt!.Steps);
        var deferral = shown.Trail[3];
        Assert.Equal((Refusal(Fault.Recipient), At(9), 1), (deferral.Failure, deferral.NextDue, deferral.Recipient));
        Assert.Equal(("anna", "wait"), (shown.Trail[5].Who, shown.Trail[5].Text));
        var parcel = Assert.Single(_story.Ledger.Waiting("upstream", DueKey.First, 10));
        Assert.Equal((At(5), TimeSpan.FromMinutes(2)), (parcel.Due, parcel.HeldFor));
        Assert.Equal([new ParcelRecipient(1, State.Waiting, 1, DelayReported: true)], parcel.Recipients);
        Assert.Equal([new LaneUse("upstream", 1)], _story.Ledger.Lanes());
        Assert.Empty(_story.Ledger.Anomalies(10));
    }

    [Theory]
    [InlineData(Fault.Recipient, 1)]
    [InlineData(Fault.Message, 1)]
    [InlineData(Fault.Account, 0)]
    [InlineData(Fault.NextHop, 0)]
    [InlineData(Fault.Ourselves, 0)]
    public void A_shared_fault_burns_no_try(Fault fault, int failedTries)
    {
        var mail = _story.Mail(At(0), "alice@example.com");
        _story.Tell(mail, Leased(At(1), mail.Id, 0),
            Settled(At(2), mail.Id, new Verdict(0, Happening.Deferred) { Failure = Refusal(fault) }));
        Assert.Equal(failedTries, _story.Show(mail.Id).Recipients[0].FailedTries);
    }

    [Fact]
    public void A_settlement_is_about_its_own_recipients_and_not_about_another_lease_of_the_same_mail()
    {
        var mail = _story.Mail(At(0), "a@x", "b@x");
        _story.Tell(mail, Leased(At(1), mail.Id, 0), Leased(At(1), mail.Id, 1));
        _story.Tell(Settled(At(2), mail.Id, new Verdict(0, Happening.Accepted)));
        Assert.Equal(State.Trying, _story.StateOf(mail.Id, 1));
        _story.Tell(Settled(At(3), mail.Id, new Verdict(1, Happening.Accepted)));
        Assert.Equal(State.Delivered, _story.StateOf(mail.Id, 1));
    }

    [Fact]
    public void What_happened_during_a_try_stands_before_what_came_of_it()
    {
        var mail = _story.Mail(At(0), "a@x");
        var doubt = new TrailEvent(At(2), EventKind.InDoubt, mail.Id, 0);
        var report = new TrailEvent(At(3), EventKind.Reported, mail.Id, 0);
        _story.Tell(mail, Leased(At(1), mail.Id, 0),
            Settled(At(3), mail.Id, new Verdict(0, Happening.Returned)) with { Events = [report, doubt] });
        Assert.Equal(
            [EventKind.Accepted, EventKind.Trying, EventKind.InDoubt, EventKind.Returned, EventKind.Reported],
            _story.Show(mail.Id).Trail.Select(happened => happened.Kind));
    }

    [Fact]
    public void Leases_are_there_after_a_crash_until_they_are_lost()
    {
        var doubtful = _story.Mail(At(0), "a@x");
        var untried = _story.Mail(At(0), "b@x");
        _story.Tell(doubtful, untried, Leased(At(1), doubtful.Id, 0), Leased(At(1), untried.Id, 0));
        _story.Reopen();
        Assert.Equal([doubtful.Id, untried.Id], _story.Ledger.Trying().Select(p => p.Mail));
        _story.Tell(new LeasesLostRecord(At(2), [new Target(doubtful.Id, 0)], [new Target(untried.Id, 0)]));
        Assert.Empty(_story.Ledger.Trying());
        Assert.Equal(2, _story.Ledger.Waiting("upstream", DueKey.First, 10).Count);
        Assert.Equal((EventKind.InDoubt, "upstream"),
            (_story.Show(doubtful.Id).Trail[^1].Kind, _story.Show(doubtful.Id).Trail[^1].Lane));
        Assert.Equal(EventKind.Returned, _story.Show(untried.Id).Trail[^1].Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_revoked_mail_never_waits_again(bool leased)
    {
        var mail = _story.Mail(At(0), "a@x");
        _story.Tell(mail);
        if (leased)
            _story.Tell(Leased(At(0), mail.Id, 0));
        _story.Tell(new RevokedRecord(mail.Id, At(1)));
        if (leased)
            _story.Tell(Settled(At(2), mail.Id, new Verdict(0, Happening.Returned)));
        Assert.Equal(State.Cancelled, _story.StateOf(mail.Id));
        Assert.Contains(_story.Show(mail.Id).Trail, e => e.Kind == EventKind.Revoked);
        Assert.Empty(_story.Ledger.Lanes());
    }

    [Fact]
    public void A_released_failure_starts_a_life_of_no_age_in_the_lane_of_today()
    {
        var mail = _story.Mail(At(0), "a@x");
        _story.Tell(mail, Leased(At(1), mail.Id, 0),
            Settled(At(2), mail.Id, new Verdict(0, Happening.Refused) { Failure = Refusal(Fault.Recipient, 5) }));
        _story.LaneOf = (_, _, _) => "other";
        _story.Tell(new DirectedRecord(At(600), Happening.Released, [new Target(mail.Id, 0)], "anna", "fixed"));
        var parcel = Assert.Single(_story.Ledger.Waiting("other", DueKey.First, 10));
        Assert.Equal((At(600), TimeSpan.FromMinutes(600), 0),
            (parcel.Due, parcel.HeldFor, parcel.Recipients[0].FailedTries));
    }

    [Fact]
    public void What_cannot_happen_changes_nothing_and_is_noted()
    {
        var mail = _story.Mail(At(0), "a@x");
        _story.Tell(
            mail, Settled(At(1), mail.Id, new Verdict(0, Happening.Accepted), new Verdict(5, Happening.Accepted)));
        _story.Tell(Leased(At(2), new MailId(99), 0), mail);
        Assert.Equal(State.Waiting, _story.StateOf(mail.Id));
        Assert.Collection(_story.Ledger.Anomalies(10),
            a => Assert.EndsWith("was Waiting and cannot be Accepted", a, StringComparison.Ordinal),
            a => Assert.EndsWith("has no recipient 5", a, StringComparison.Ordinal),
            a => Assert.Contains("there is no mail", a, StringComparison.Ordinal),
            a => Assert.EndsWith("was accepted twice", a, StringComparison.Ordinal));
    }

    [Fact]
    public void An_event_without_a_step_stands_in_the_trail_of_its_mail_or_of_the_relay()
    {
        var mail = _story.Mail(At(0), "a@x");
        _story.Tell(mail);
        _story.Tell(new NotedRecord(new TrailEvent(At(1), EventKind.Damaged, mail.Id, null) { Text = "checksum" }),
            new NotedRecord(new TrailEvent(At(2), EventKind.DiskLow, null, null)),
            new NotedRecord(new TrailEvent(At(3), EventKind.Reloaded, null, null) { Who = "anna" }));
        Assert.Equal("checksum", _story.Show(mail.Id).Trail[^1].Text);
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        Assert.Equal([new TrailEvent(At(3), EventKind.Reloaded, null, null) { Who = "anna" }], reader.RelayEvents(1));
        Assert.Equal([EventKind.DiskLow, EventKind.Reloaded], reader.RelayEvents(9).Select(e => e.Kind));
    }

    [Fact]
    public void Pauses_of_the_lane_and_of_the_relay_are_merged()
    {
        NotedRecord Noted(double at, EventKind kind, string? lane = null) =>
            new(new TrailEvent(At(at), kind, null, null) { Lane = lane });
        _story.Tell(Noted(0, EventKind.Started), Noted(10, EventKind.LanePaused, "upstream"),
            Noted(11, EventKind.LanePaused, "upstream"), Noted(15, EventKind.LaneResumed, "upstream"));
        _story.Tell(Noted(20, EventKind.LanePaused, "upstream"), Noted(25, EventKind.Stopped));
        _story.Tell(Noted(40, EventKind.Started)); // an orderly stop …
        _story.Tell(_story.Mail(At(50), "a@x"));
        _story.Tell(Noted(70, EventKind.Started)); // … and a crash some time after the last sign of life
        Assert.Equal([new LanePause(At(10), At(15)), new LanePause(At(20), At(40)), new LanePause(At(50), At(70))],
            _story.Ledger.Pauses("upstream"));
        Assert.Equal([new LanePause(At(25), At(40)), new LanePause(At(50), At(70))], _story.Ledger.Pauses("other"));
        _story.Ledger.Checkpoint(); // forgets what ended before the only open mail came
        Assert.Equal([new LanePause(At(50), At(70))], _story.Ledger.Pauses("upstream"));
        _story.Tell(Noted(80, EventKind.LanePaused, "upstream"));
        Assert.Equal(new LanePause(At(80), null), _story.Ledger.Pauses("upstream")[^1]);
    }

    [Fact]
    public void Bodies_of_open_mail_are_needed_and_of_ended_mail_for_a_while()
    {
        AcceptedRecord Lying(double at, params int[] segments) => _story.Mail(At(at), "a@x", "b@x") with
        {
            Pieces = [.. segments.Select(s => new BodyPiece(s, s * 100, 1, 0))],
        };
        var (waits, both, old, gone) = (Lying(0, 1, 1, 2), Lying(10, 2), Lying(0, 3), Lying(10, 4));
        _story.Tell(waits, both, old, gone);
        foreach (var mail in new[] { both, old, gone })
            _story.Tell(Leased(At(11), mail.Id, 0, 1));
        _story.Tell(Settled(At(12), both.Id, new Verdict(0, Happening.Captured)),
            Settled(At(12), old.Id, new Verdict(0, Happening.Captured), new Verdict(1, Happening.Captured)),
            Settled(At(12), gone.Id, new Verdict(0, Happening.Accepted), new Verdict(1, Happening.Accepted)));
        SegmentUse[] open = [new(1, 1, 2), new(2, 2, 2)];
        Assert.Equal(open, _story.Ledger.BodiesNeeded(new BodyTimes(At(5), [])));
        Assert.Equal([.. open, new(3, 1, 1)], _story.Ledger.BodiesNeeded(new BodyTimes(At(0), [])));
        Assert.Equal(new HashSet<int> { 300 }, _story.Ledger.BodiesNeeded(new BodyTimes(At(0), []), segment: 3));
        Assert.Empty(_story.Ledger.BodiesNeeded(new BodyTimes(At(5), []), segment: 3));
    }

    [Fact]
    public void New_routes_sort_what_waits_and_what_is_held_but_not_what_is_under_way()
    {
        var mails = Enumerable.Range(0, 4_500).Select(n => _story.Mail(At(n), $"u{n}@x")).ToArray();
        _story.Tell(mails);
        var target = new Target(mails[1].Id, 0);
        _story.Tell(Leased(At(1), mails[0].Id, 0), new DirectedRecord(At(1), Happening.Held, [target], "a", null));
        _story.LaneOf = (_, to, _) => to.Address.EndsWith("7@x", StringComparison.Ordinal) ? "sevens" : "rest";
        _story.Ledger.Relane(_story.LaneOf);
        Assert.Equal([new("rest", 4_048), new("sevens", 450), new("upstream", 1)], _story.Ledger.Lanes());
        Assert.Equal(450, _story.Ledger.Waiting("sevens", DueKey.First, 1_000).Count);
        _story.Tell(Settled(At(2), mails[0].Id, new Verdict(0, Happening.Returned)),
            new DirectedRecord(At(2), Happening.Released, [target], "a", null));
        Assert.Equal([new LaneUse("rest", 4_050), new LaneUse("sevens", 450)], _story.Ledger.Lanes());
    }

    [Fact]
    public void A_lane_is_paged_by_due_time_then_by_acceptance()
    {
        var late = _story.Mail(At(0), "a@x", "b@x");
        var (first, second) = (_story.Mail(At(0), "c@x"), _story.Mail(At(0), "d@x"));
        _story.Tell(late, first, second, Leased(At(1), late.Id, 0, 1), Settled(At(1), late.Id,
            new Verdict(0, Happening.Deferred) { NextDue = At(30) },
            new Verdict(1, Happening.Deferred) { NextDue = At(30) }));
        var page = _story.Ledger.Waiting("upstream", DueKey.First, 2);
        Assert.Equal([first.Id, second.Id], page.Select(p => p.Mail));
        var rest = Assert.Single(_story.Ledger.Waiting("upstream", page[^1].Key, 2));
        Assert.Equal((late.Id, 2, At(30)), (rest.Mail, rest.Recipients.Count, rest.Due));
        Assert.Empty(_story.Ledger.Waiting("upstream", rest.Key, 2));
        Assert.Empty(_story.Ledger.Waiting("other", DueKey.First, 2));
    }
}
