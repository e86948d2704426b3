using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Spool.Ledger.Search;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Relay.Spool.Ledger;

public sealed class LedgerFilterTests : IDisposable
{
    private readonly Story _story = new();
    private readonly MailId _deferred;

    /// <summary>Three mails: one waits, one is delivered, one to two recipients is deferred and captured.</summary>
    public LedgerFilterTests()
    {
        var waiting = _story.Mail(At(0), "alice@example.com") with { Size = 100 };
        var delivered = _story.Mail(At(10), "bob@example.org");
        delivered = delivered with
        {
            Header = delivered.Header with { Subject = "100% done_now", From = "Confluence <wiki@example.com>" },
            Envelope = delivered.Envelope with { From = ReversePath.Null },
            Origin = delivered.Origin with { User = "confluence" },
        };
        waiting = waiting with
        {
            Header = waiting.Header with
            {
                App = new AppFacts("jira")
                {
                    Instance = "8adf", Site = "https://jira.example.com/hr", Node = "n1", Project = "PROJ",
                    Item = "PROJ-1",
                },
            },
        };
        delivered = delivered with
        {
            Header = delivered.Header with { App = new AppFacts("redmine") { Project = "infra", Item = "#12" } },
        };
        var two = _story.Mail(At(20), "Alice@Example.com", "carol@sub.example.com") with { Size = 2_000_000 };
        _deferred = two.Id;
        _story.Tell(waiting, delivered, two, Leased(At(21), delivered.Id, 0), Leased(At(21), two.Id, 0, 1),
            Settled(At(22), delivered.Id, new Verdict(0, Happening.Accepted) { Reply = "250 2.0.0 queued as XYZ" }),
            Settled(At(22), two.Id,
                new Verdict(0, Happening.Deferred) { Failure = Refusal(Fault.Recipient), NextDue = At(99) },
                new Verdict(1, Happening.Captured) { Text = "mode = capture" }));
    }

    public void Dispose() => _story.Dispose();

    [Theory]
    [InlineData("", "two/0 two/1 delivered waiting")]
    [InlineData("to:alice@example.com", "two/0 waiting")]
    [InlineData("to:lice", "two/0 waiting")]
    [InlineData("to:@example.com", "two/0 waiting")]
    [InlineData("to:*.example.com", "two/1")]
    [InlineData("to:*@*example.com", "two/0 two/1 waiting")]
    [InlineData("-to:alice@example.com", "two/1 delivered")]
    [InlineData("from:jira@example.com", "two/0 two/1 waiting")]
    [InlineData("from:<>", "delivered")]
    [InlineData("from:wiki@", "delivered")]
    [InlineData("-from:wiki@", "two/0 two/1 waiting")]
    [InlineData("addressed:bob", "delivered")]
    [InlineData("addressed:jira to:carol", "two/1")]
    [InlineData("subject:\"build FAILED\"", "two/0 two/1 waiting")]
    [InlineData("subject:100%", "delivered")]
    [InlineData("subject:done_n", "")]
    [InlineData("subject:done_n*", "delivered")]
    [InlineData("subject:one_now", "")]
    [InlineData("subject:*one_n*", "delivered")]
    [InlineData("now lice", "")]
    [InlineData("build lice", "two/0 waiting")]
    [InlineData("subject:d_ne", "")]
    [InlineData("done* -capture", "delivered")]
    [InlineData("route:upstream", "two/0 two/1 delivered waiting")]
    [InlineData("route:up*", "two/0 two/1 delivered waiting")]
    [InlineData("route:up", "")]
    [InlineData("state:waiting", "two/0 waiting")]
    [InlineData("state:captured,waiting", "two/0 two/1 waiting")]
    [InlineData("state:delivered,waiting", "two/0 delivered waiting")]
    [InlineData("state:waiting,captured state:captured,held", "two/1")]
    [InlineData("-state:delivered", "two/0 two/1 waiting")]
    [InlineData("state:waiting to:alice@example.com reply:4.1.1", "two/0")]
    [InlineData("reply:XYZ", "delivered")]
    [InlineData("-reply:XYZ", "two/0 two/1 waiting")]
    [InlineData("fault:recipient", "two/0")]
    [InlineData("-fault:recipient", "two/1 delivered waiting")]
    [InlineData("before:2026-11-23T12:10", "waiting")]
    [InlineData("after:2026-11-23T12:10", "two/0 two/1 delivered")]
    [InlineData("before:2026-11-23T12:20 after:2026-11-23T12:10", "delivered")]
    [InlineData("-before:2026-11-23T12:10", "two/0 two/1 delivered")]
    [InlineData("state:waiting before:2026-11-23T12:10", "waiting")]
    [InlineData("age:>45m", "delivered waiting")]
    [InlineData("larger:1M", "two/0 two/1")]
    [InlineData("smaller:4096", "waiting")]
    [InlineData("source:confluence", "delivered")]
    [InlineData("source:127.*", "two/0 two/1 waiting")]
    [InlineData("id:nothing", "")]
    [InlineData("\"x' OR 1=1 --\"", "")]
    public void A_filter_finds_and_counts_what_it_says(string filter, string expected)
    {
        var found = _story.Find(filter);
        Assert.Equal(expected, string.Join(' ', found.Select(Name)));
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        var counts = found.GroupBy(r => r.State).ToDictionary(g => g.Key, g => g.LongCount());
        Assert.Equal(counts, reader.Count(Parsed(filter)).ByState);
    }

    [Theory]
    [InlineData("issue:PROJ-1", "waiting")]
    [InlineData("issue:proj-1", "waiting")]
    [InlineData("issue:proj-*", "waiting")]
    [InlineData("issue:PROJ", "")]
    [InlineData("issue:12", "delivered")]
    [InlineData("issue:#12", "delivered")]
    [InlineData("-issue:proj-1", "two/0 two/1 delivered")]
    [InlineData("issue:PROJ-1 to:alice@example.com", "waiting")]
    [InlineData("issue:PROJ-1 to:bob@example.org", "")]
    [InlineData("to:alice@example.com -issue:PROJ-1", "two/0")]
    [InlineData("project:PROJ", "waiting")]
    [InlineData("project:*", "delivered waiting")]
    [InlineData("-project:proj", "two/0 two/1 delivered")]
    [InlineData("app:Jira", "waiting")]
    [InlineData("app:jira project:infra", "")]
    [InlineData("app:gitlab", "")]
    [InlineData("-app:jira", "two/0 two/1 delivered")]
    [InlineData("app:* -app:jira", "delivered")]
    [InlineData("instance:8ADF", "waiting")]
    [InlineData("instance:jira.example.com", "waiting")]
    [InlineData("instance:other", "")]
    [InlineData("node:n1", "waiting")]
    [InlineData("node:n", "")]
    [InlineData("app:* state:delivered", "delivered")]
    [InlineData("app:* state:waiting", "waiting")]
    public void A_filter_finds_what_an_application_is_known_by(string filter, string expected) =>
        A_filter_finds_and_counts_what_it_says(filter, expected);

    [Fact]
    public void A_mail_is_found_by_our_id_and_by_its_own()
    {
        Assert.Equal(2, _story.Find($"id:{_deferred}").Count);
        Assert.Equal(2, _story.Find($"id:<{_deferred}@jira>").Count);
        Assert.Equal(2, _story.Find($"id:{_deferred}@jira").Count);
        Assert.Equal(2, _story.Find($"-id:{_deferred}").Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("state:waiting,captured")]
    [InlineData("to:alice@example.com")]
    [InlineData("before:2026-11-23T12:15")]
    [InlineData("app:*")]
    [InlineData("issue:PROJ-1")]
    public void Pages_of_one_make_the_whole(string filter)
    {
        var pages = new List<RecipientRow>();
        for (Cursor? after = null; pages.Count < 10 && _story.Find(filter, after, 1) is [var row];)
        {
            pages.Add(row);
            after = new Cursor(row.Mail, row.Recipient);
        }

        Assert.Equal(_story.Find(filter), pages);
    }

    [Fact]
    public void A_row_says_what_a_list_shows()
    {
        var row = _story.Find("fault:recipient")[0];
        Assert.Equal(new RecipientRow(_deferred, 0, State.Waiting, "Alice@Example.com", "jira@example.com")
        {
            AcceptedAt = At(20), Subject = "[JIRA] (PROJ-1) Build failed", Lane = "upstream", FailedTries = 1,
            NextDue = At(99), Size = 2_000_000, Source = "127.0.0.1", Last = "421 4.1.1 not now",
        }, row);
    }

    [Theory]
    [InlineData(Way.Table, "SEARCH r USING PRIMARY KEY (mail>? AND mail<?)")]
    [InlineData(Way.State,
        "SEARCH recipient USING COVERING INDEX recipient_standing (state=? AND mail>? AND mail<?)")]
    [InlineData(Way.Words, "SCAN words VIRTUAL TABLE INDEX 192:M1<>")]
    [InlineData(Way.Said, "SCAN said VIRTUAL TABLE INDEX 192:M1<>")]
    public void A_page_is_a_walk_down_an_index(Way way, string step)
    {
        var filter = FilterSql.Of(Parsed("to:alice -subject:x after:2026-11-23"));
        var plan = AssertPlan(Finder.PageQuery(filter, way, 0),
            "CO-ROUTINE w", step, "SEARCH r USING PRIMARY KEY (mail=?)", "SEARCH m USING INTEGER PRIMARY KEY");
        Assert.DoesNotContain(plan, line => line.Contains("B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public void A_page_of_all_mails_reads_each_once() => AssertPlan(
        Finder.PageQuery(FilterSql.Of(Parsed("-subject:x after:2026-11-23")), Way.Table, 0),
        "SEARCH m USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", "SEARCH r USING PRIMARY KEY (mail=?)");

    [Fact]
    public void The_queue_reads_its_lane_by_an_index_alone()
    {
        AssertPlan(Backlog.WaitingQuery, "SEARCH r USING INDEX recipient_due (lane=? AND (due,mail)>(?,?))");
        AssertPlan(Backlog.TryingQuery, "SEARCH r USING INDEX recipient_standing (state=?)");
    }

    private List<string> AssertPlan(string query, params string[] steps)
    {
        using var database = Database.OpenToRead(_story.File);
        database.Define("has", static (string? _, long _) => true);
        database.Define("begins", static (long _, long _) => true);
        database.DefineGuard("passes", static (long _, long _) => true);
        using var rows = database.Prepare("EXPLAIN QUERY PLAN " + query);
        var plan = new List<string>();
        while (rows.Step())
            plan.Add(rows.Text(3));
        foreach (var step in steps)
            Assert.Contains(plan, line => line.Contains(step, StringComparison.Ordinal) || Fail(plan));
        // 192: in the order of mails, and backwards; M: by the term; < and >: between two mails.
        Assert.DoesNotContain(plan, line => line.StartsWith("SCAN", StringComparison.Ordinal)
            && line != "SCAN w" && !line.Contains("VIRTUAL TABLE INDEX", StringComparison.Ordinal));
        Assert.DoesNotContain("USE TEMP B-TREE FOR ORDER BY", plan);
        return plan;
    }

    private static bool Fail(List<string> plan)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', plan));
        return false;
    }

    private string Name(RecipientRow row) => row.Mail == _deferred
        ? FormattableString.Invariant($"two/{row.Recipient}") : row.AcceptedAt == At(0) ? "waiting" : "delivered";
}
