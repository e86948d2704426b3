using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Relay.Spool.Ledger;

/// <summary>What is captured lies in boxes; marks stay on it.</summary>
public sealed class BoxTests : IDisposable
{
    private readonly Story _story = new();

    public void Dispose() => _story.Dispose();

    [Fact]
    public void What_is_captured_lies_in_the_box_of_its_tag_or_of_its_source()
    {
        var tagged = Captured(0, "alice+run42@example.com");
        var plain = Captured(1, "alice@example.com");
        var waiting = _story.Mail(At(2), "bob+run42@example.com");
        _story.Tell(waiting);
        Assert.Equal([("127.0.0.1:2525", 1L, 1L), ("run42", 1L, 1L)], Boxes());
        Assert.Equal([tagged], Ids("box:RUN42"));
        Assert.Equal([plain, tagged], Ids("is:unread"));
        Assert.Equal([tagged], Ids("box:run* is:unread"));
        Assert.Equal([waiting.Id, plain], Ids("-box:run42"));
        Assert.Equal("run42", _story.Find("box:run42")[0].Box);
    }

    [Fact]
    public void Marks_are_of_the_mail_and_outlive_a_release_and_a_new_index()
    {
        var mail = Captured(0, "a+x@example.com", "b+y@example.com");
        var other = Captured(1, "c+x@example.com");
        _story.Tell(Note(2, EventKind.Read, mail), Note(3, EventKind.Tagged, mail, "checked"),
            Note(4, EventKind.Tagged, mail, "late"), Note(5, EventKind.Untagged, mail, "LATE"));
        Verify();
        _story.Tell(new DirectedRecord(At(6), Happening.Released, [new Target(mail, 0)], "anna", null));
        Assert.Equal([("x", 1L, 1L), ("y", 1L, 0L)], Boxes());
        _story.Tell(Leased(At(7), mail, 0), Settled(At(7), mail, new Verdict(0, Happening.Captured)));
        Verify();
        using var anew = new Story();
        anew.Ledger.Apply(_story.Journal, _story.LaneOf);
        Assert.Equal(_story.Find("box:*"), anew.Find("box:*"));
        Assert.Equal(Boxes(), Boxes(anew));
        Assert.Empty(_story.Ledger.Anomalies(10));

        void Verify()
        {
            Assert.Equal([("x", 2L, 1L), ("y", 1L, 0L)], Boxes());
            Assert.Equal([other], Ids("box:x is:unread"));
            Assert.Equal([mail], Ids("box:x is:read"));
            Assert.Equal([mail, mail], Ids("tag:checked"));
            Assert.Empty(Ids("tag:late"));
            Assert.Equal("checked", _story.Find("box:y")[0].Tags);
        }
    }

    [Fact]
    public void What_is_deleted_is_in_no_box_and_its_record_says_by_whom()
    {
        var mail = Captured(0, "a+x@example.com");
        _story.Tell(new DirectedRecord(At(1), Happening.Cancelled, [new Target(mail, 0)], "anna", "done with"));
        Assert.Empty(Boxes());
        Assert.Equal(State.Cancelled, _story.StateOf(mail));
        Assert.Equal("anna", _story.Show(mail).Trail[^1].Who);
        Assert.Empty(_story.Ledger.Anomalies(10));
    }

    [Fact]
    public void What_came_after_a_mark_is_told_apart_even_where_it_was_accepted_before()
    {
        var late = _story.Mail(At(0), "a+x@example.com"); // accepted first, captured last
        _story.Tell(late, Leased(At(0), late.Id, 0));
        var first = Captured(1, "b+x@example.com");
        long mark;
        using (var reader = _story.Ledger.OpenReader(TimeProvider.System))
            mark = reader.Boxes().Mark;
        _story.Tell(Settled(At(2), late.Id, new Verdict(0, Happening.Captured)));
        Assert.Equal([first], Found(Term.CameBy(mark)));
        Assert.Equal([late.Id], Found(Term.CameAfter(mark)));
    }

    [Fact]
    public void What_is_forgotten_is_in_no_box()
    {
        var mail = Captured(0, "a+x@example.com");
        _story.Tell(Note(1, EventKind.Tagged, mail, "checked"),
            new ForgottenRecord(At(2), Forgetting.Mail, [new Target(mail, 0)], "anna", null));
        Assert.Empty(Boxes());
        Assert.Empty(Ids("tag:checked"));
    }

    [Fact]
    public void Of_the_words_that_were_given_the_number_is_kept_and_not_counted()
    {
        for (var i = 0; i < 5; i++)
            Captured(i, "a+x@example.com");
        _story.Tell(Note(6, EventKind.Read, Captured(5, "a+z@example.com")),
            Note(6, EventKind.Read, _story.Find("box:x")[0].Mail));
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        Assert.Equal(5, reader.Count(Parsed("box:x")).Total);
        Assert.Equal(4, reader.Count(Parsed("box:X state:captured is:unread")).Total);
        Assert.Equal(1, reader.Count(Parsed("box:x is:read")).Total);
        Assert.Equal(2, reader.Count(Parsed("is:read")).Total);
        Assert.Equal(0, reader.Count(Parsed("is:read is:unread")).Total);
        Assert.Equal(0, reader.Count(Parsed("box:y")).Total);
        Assert.Equal(1, reader.Count(Parsed("-box:x")).Total);
    }

    private MailId Captured(double minute, params string[] to)
    {
        var mail = _story.Mail(At(minute), to);
        var all = Enumerable.Range(0, to.Length).ToArray();
        _story.Tell(mail, Leased(At(minute), mail.Id, all),
            Settled(At(minute), mail.Id, [.. all.Select(static n => new Verdict(n, Happening.Captured))]));
        return mail.Id;
    }

    private static NotedRecord Note(double minute, EventKind kind, MailId mail, string? text = null) =>
        new(new TrailEvent(At(minute), kind, mail, null) { Who = "anna", Text = text });

    private List<(string, long, long)> Boxes(Story? of = null)
    {
        using var reader = (of ?? _story).Ledger.OpenReader(TimeProvider.System);
        return [.. reader.Boxes().Boxes.Select(static b => (b.Name, b.Total, b.Unread)).Order()];
    }

    private IEnumerable<MailId> Ids(string filter) => _story.Find(filter).Select(static row => row.Mail);

    private IEnumerable<MailId> Found(Term term)
    {
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        return reader.Find(new Filter([term]), null, 100).Rows.Select(static row => row.Mail);
    }
}
