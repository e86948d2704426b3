using CsCheck;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Spool.Ledger.Search;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Relay.Spool.Ledger;

/// <summary>Whichever road a question takes, its answer is that of the walk through everything.</summary>
public sealed class SearchTests : IDisposable
{
    private static readonly string[] People = ["ann@x.org", "bob@x.org", "ann.lee@y.org", "Bob@Y.org"];
    private static readonly string[] Subjects =
        ["Build failed", "(PROJ-1) Build failed", "(PROJ-12) mended", "proj 1, failed", "ünïcode 会議の案内", "50% *"];

    private static readonly string[] Replies =
        ["250 2.0.0 queued as 4XyZ-1", "550 5.1.1 no such user", "452 4.2.2 mailbox full"];

    private static readonly string[] Questions =
    [
        "to:ann@x.org", "to:ann", "to:@y.org", "to:*@x.org", "to:nobody", "from:jira", "from:jira@example.com",
        "from:lee", "from:<>", "addressed:ann", "subject:failed", "subject:PROJ-1", "subject:\"proj 1\"",
        "subject:fail*", "subject:*ild*", "subject:会議", "failed", "ann", "proj-12", "*", "issue:PROJ-1",
        "issue:12", "issue:PROJ-*", "app:jira", "app:j*", "app:none", "instance:site", "node:n1", "project:PROJ",
        "state:waiting", "state:delivered", "state:failed,held", "reply:5.1.1", "reply:\"mailbox full\"",
        "reply:queued", "reply:4XyZ-1", "reply:4xy*", "larger:1M", "larger:2000000", "larger:10M", "smaller:20k",
        "fault:recipient", "route:upstream", "source:wiki", "source:127.0.0.1", "source:1*", "after:2026-11-23T12:30",
        "before:2026-11-23T12:20", "id:7@jira", "id:<7@jira>", "is:duplicate",
    ];

    private static readonly Gen<string> Question = Gen.Select(
        Gen.Int[0, Questions.Length - 1], Gen.Int[0, 3], static (i, not) => (not == 0 ? "-" : "") + Questions[i])
        .Array[1, 3].Select(static terms => string.Join(' ', terms));

    private readonly Story _story = new();

    public void Dispose() => _story.Dispose();

    [Fact]
    public void Every_road_leads_to_the_same_answer()
    {
        var dice = new Random(7);
        for (var i = 0; i < 60; i++)
            Happen(i, dice);
        Question.Sample(question =>
        {
            var expected = ByWalk(question);
            Assert.Equal(expected, _story.Find(question, null, 1_000));
            Assert.Equal(expected, Paged(question, 7));
            using var reader = _story.Ledger.OpenReader(TimeProvider.System);
            Assert.Equal(expected.GroupBy(r => r.State).ToDictionary(g => g.Key, g => g.LongCount()),
                reader.Count(Parsed(question)).ByState);
        }, iter: 1_500, threads: 1);
    }

    [Fact]
    public void Every_question_has_an_index_to_go_by_where_there_is_one()
    {
        Happen(0, new Random(7));
        using var database = Database.OpenToRead(_story.File);
        string[] walked = ["subject:*ild*", "-to:ann", "smaller:20k", "source:1*", "larger:20k"];
        foreach (var question in walked)
            Assert.Equal([new Road(Way.Table)], Roads.Of(database, Parsed(question)));
        Assert.Equal([], Roads.Of(database, Parsed("to:nobody@nowhere.org")));
        Assert.Equal(new Road(Way.Words, "(\"i=proj-1\")"), Assert.Single(Roads.Of(database, Parsed("issue:PROJ-1"))));
        Assert.Equal(new Road(Way.Words, "\"build\" AND \"fai\" *"),
            Assert.Single(Roads.Of(database, Parsed("subject:\"build fai*\""))));
        Assert.Equal(new Road(Way.Words, "(\"d=any\")"), Assert.Single(Roads.Of(database, Parsed("is:duplicate"))));
        Assert.All(Roads.Of(database, Parsed("fault:account")), road => Assert.Equal(Way.State, road.Way));
        Assert.Equal([Way.Said, Way.State, Way.State, Way.State],
            Roads.Of(database, Parsed("reply:5.1.1")).Select(road => road.Way));
    }

    [Fact]
    public void Of_two_roads_the_shorter_is_taken()
    {
        for (var i = 0; i < 20; i++)
            _story.Write(_story.Mail(At(i), i == 3 ? "ann@x.org" : "bob@x.org"));
        _story.Tell();
        using var database = Database.OpenToRead(_story.File);
        Assert.Equal(Way.Words, TheRoad("state:waiting to:ann@x.org"));
        Assert.Equal(Way.Words, TheRoad("state:waiting to:bob@x.org"));
        Assert.Equal(Way.State, TheRoad("state:waiting source:127.0.0.1"));
        Assert.Equal(Way.State, TheRoad("state:held to:ann@x.org"));

        Way TheRoad(string question) => Assert.Single(Roads.Of(database, Parsed(question))).Way;
    }

    [Fact]
    public void A_question_that_takes_too_long_says_how_far_it_came_and_goes_on_there()
    {
        for (var i = 0; i < 2_000; i++)
            _story.Write(_story.Mail(At(i / 100.0), i == 1_000
                ? [.. Enumerable.Range(0, 1_500).Select(static n => $"bob{n}@x.org")] // more than a page looks at
                : ["ann@x.org", i % 900 == 7 ? "carol@z.org" : "bob@x.org"]));
        _story.Tell();
        foreach (var question in (string[])["-to:ann* -to:bob*", "reply:nothing", "failed -to:ann*"])
        {
            using var reader = _story.Ledger.OpenReader(new Hurried());
            var (pages, found) = (0, new List<RecipientRow>());
            var page = reader.Find(Parsed(question), null, 1_000);
            for (; page.Next is { } next; page = reader.Find(Parsed(question), next, 1_000))
            {
                Assert.True((page.IsCut || page.Rows.Count == 1_000) && pages < 10, question);
                found.AddRange(page.Rows);
                pages++;
            }

            Assert.InRange(pages, 3, 8);
            Assert.False(page.IsCut);
            Assert.Equal(ByWalk(question), found.Concat(page.Rows));
            Assert.False(reader.FindAndCount(Parsed(question), null, 1, TimeSpan.FromSeconds(1)).Count.IsWhole);
            Assert.True(reader.FindAndCount(Parsed(question), null, 1, null).Count.IsWhole);
        }
    }

    private void Happen(int i, Random dice)
    {
        var mail = _story.Mail(At(i), [.. People.Where(_ => dice.Next(3) == 0).DefaultIfEmpty("carol@z.org")]);
        mail = mail with
        {
            Size = dice.Next(4) switch { 0 => 1_000_001, 1 => 12_000_000, _ => 4_000 },
            Origin = mail.Origin with { User = dice.Next(3) == 0 ? "wiki" : null },
            Envelope = dice.Next(5) == 0 ? mail.Envelope with { From = ReversePath.Null } : mail.Envelope,
            Header = mail.Header with
            {
                Subject = dice.Next(6) == 0 ? null : Subjects[dice.Next(Subjects.Length)],
                From = dice.Next(2) == 0 ? null : "Ann Lee (JIRA) <jira@example.com>",
                MessageId = dice.Next(9) == 0 ? null : FormattableString.Invariant($"<{i}@jira>"),
                App = dice.Next(3) switch
                {
                    0 => new AppFacts("jira")
                    {
                        Site = "https://site/", Node = "n1", Project = "PROJ", Item = "PROJ-1",
                    },
                    1 => new AppFacts("redmine") { Item = "#12" },
                    _ => null,
                },
            },
        };
        var mark = new NotedRecord(new TrailEvent(
            At(i), EventKind.DuplicateOf, mail.Id, dice.Next(2) == 0 ? null : 0) { Text = "of another" });
        if (dice.Next(4) == 0)
            _story.Write(mail); // in one batch with what comes next
        else
            _story.Tell(mail);
        _story.Tell(dice.Next(3) == 0 ? [mark] : []);
        for (var n = 0; n < mail.Envelope.Recipients.Count; n++)
            for (var tries = dice.Next(3); tries > 0 && _story.StateOf(mail.Id, n) == State.Waiting; tries--)
                _story.Tell(Leased(At(i), mail.Id, n), Settled(At(i), mail.Id, Outcome(n, dice)));
        if (dice.Next(4) == 0 && _story.StateOf(mail.Id) is State.Failed or State.Waiting)
            _story.Tell(new DirectedRecord(At(i),
                _story.StateOf(mail.Id) == State.Failed ? Happening.Released : Happening.Held,
                [new Target(mail.Id, 0)], "me", null));
    }

    private static Verdict Outcome(int n, Random dice)
    {
        var reply = Replies[dice.Next(Replies.Length)];
        var failure = new Failure(Fault.Recipient, new EnhancedStatus(reply[0] - '0', 1, 1), reply, "mx.example.com");
        return reply[0] switch
        {
            '2' => new Verdict(n, Happening.Accepted) { Reply = reply },
            '4' => new Verdict(n, Happening.Deferred) { Failure = failure, NextDue = At(999) },
            _ => new Verdict(n, Happening.Refused) { Failure = failure },
        };
    }

    private List<RecipientRow> Paged(string question, int most)
    {
        var found = new List<RecipientRow>();
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        FoundPage page;
        for (Cursor? after = null; ; after = page.Next)
        {
            page = reader.Find(Parsed(question), after, most);
            found.AddRange(page.Rows);
            if (page.Next is null)
                return found;
        }
    }

    private List<RecipientRow> ByWalk(string question)
    {
        using var database = Database.OpenToRead(_story.File);
        using var finder = new Finder(database);
        return [.. finder.Find(Parsed(question), null, 10_000, null, [new Road(Way.Table)]).Rows];
    }

    /// <summary>A hundredth of a second goes by with every look at the clock.</summary>
    private sealed class Hurried : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 100;

        public override long GetTimestamp() => _now++;
    }
}
