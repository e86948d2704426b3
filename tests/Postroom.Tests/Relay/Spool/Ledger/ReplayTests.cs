using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Relay.Spool.Ledger;

/// <summary>What the index knows of mail that was handed over once more.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly Story _story = new();

    public void Dispose() => _story.Dispose();

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    public void It_is_given_back_as_it_was(bool hasKey, bool hasPrint, bool hasApp)
    {
        var mail = Replayed(new Replay(new MailId(99), hasKey ? "backup" : null, hasPrint ? "second" : null));
        mail = mail with
        {
            Origin = mail.Origin with { Key = hasKey ? new OwnKey("order-17", "abc") : null },
            Header = mail.Header with
            {
                Fingerprint = hasPrint ? new Fingerprint(7) : null, App = hasApp ? new AppFacts("jira") : null,
            },
        };
        _story.Tell(mail);
        var row = _story.Ledger.Accepted(mail.Id)!;
        Assert.Equal((mail.Origin, mail.Header), (row.Origin, row.Header));
        Assert.Equal(mail.Origin.Replay!.Route, Assert.Single(_story.Find("is:replay")).NamedRoute);
    }

    [Fact]
    public void It_is_found_by_the_mail_it_is_of()
    {
        var (original, other) = (_story.Mail(At(0), "a@x"), _story.Mail(At(0), "b@x"));
        var first = Replayed(new Replay(original.Id, null, null));
        var second = Replayed(new Replay(original.Id, "backup", null));
        _story.Tell(original, other, first, second, Replayed(new Replay(other.Id, null, null)));
        Assert.Equal([second.Id, first.Id], Mails($"replay:{original.Id}"));
        Assert.Equal([second.Id], Mails($"replay:{original.Id} -id:{first.Id}"));
        Assert.Equal([other.Id, original.Id], Mails("-is:replay"));
        Assert.Equal(3, Mails("is:replay").Count);
        Assert.Empty(Mails($"replay:{first.Id}"));
    }

    [Fact]
    public void The_route_that_was_named_holds_in_whatever_way_it_comes_to_wait_again()
    {
        var routes = new List<string> { "table", "backup" };
        _story.LaneOf = (_, _, named) => named is null ? "table" : routes.Contains(named) ? named : "";
        var mail = Replayed(new Replay(new MailId(99), "backup", null));
        _story.Tell(mail);
        Assert.Equal("backup", LaneOf(mail)); // accepted
        _story.Reopen();
        _story.Tell(Leased(At(1), mail.Id, 0));
        _story.Tell(Settled(At(2), mail.Id, new Verdict(0, Happening.Deferred) { NextDue = At(3) }));
        Assert.Equal("backup", LaneOf(mail)); // deferred, by a mail that was read back
        _story.Tell(new DirectedRecord(At(4), Happening.Held, [new Target(mail.Id, 0)], "ann", null));
        routes.Remove("backup");
        _story.Ledger.Relane(_story.LaneOf);
        Assert.Equal("", LaneOf(mail)); // gone: no other route takes it
        _story.Tell(new DirectedRecord(At(5), Happening.Released, [new Target(mail.Id, 0)], "ann", null));
        Assert.Equal("", LaneOf(mail));
        routes.Add("backup");
        _story.Ledger.Relane(_story.LaneOf);
        Assert.Equal("backup", LaneOf(mail)); // there again
    }

    private AcceptedRecord Replayed(Replay how) => _story.Mail(At(1), "a@x") is var mail
        ? mail with { Origin = mail.Origin with { Replay = how } } : null!;

    private List<MailId> Mails(string filter) => [.. _story.Find(filter).Select(static row => row.Mail)];

    private string LaneOf(AcceptedRecord mail) => _story.Show(mail.Id).Recipients[0].Lane;
}
