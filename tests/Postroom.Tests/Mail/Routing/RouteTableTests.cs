using Postroom.Mail;
using Postroom.Mail.Routing;
using Xunit;

namespace Postroom.Tests.Mail.Routing;

public class RouteTableTests
{
    [Theory]
    [InlineData("*", "alice@example.com", true)]
    [InlineData("*@*", "alice@example.com", true)]
    [InlineData("*", "Postmaster", true)]                             // RFC 5321 §4.5.1: no domain at all
    [InlineData("example.com", "alice@EXAMPLE.com", true)]
    [InlineData("example.com", "alice@mail.example.com", false)]
    [InlineData("example.com", "alice@example.com.evil.test", false)]
    [InlineData("*@example.com", "alice@example.com", true)]
    [InlineData("*@example.com", "alice@notexample.com", false)]
    [InlineData("*.example.com", "alice@eu.example.com", true)]
    [InlineData("*.example.com", "alice@a.b.Example.Com", true)]
    [InlineData("*.example.com", "alice@example.com", false)]
    [InlineData("*.example.com", "alice@evilexample.com", false)]
    [InlineData("*@*.example.com", "alice@eu.example.com", true)]
    [InlineData("alice@example.com", "Alice@example.com", true)]
    [InlineData("alice@example.com", "bob@example.com", false)]
    [InlineData("example.com", "\"a@b\"@example.com", true)]          // the last @ divides
    [InlineData("example.com", "Postmaster", false)]
    [InlineData("[192.0.2.1]", "alice@[192.0.2.1]", true)]
    public void A_pattern_fits_what_it_says_and_nothing_else(string pattern, string address, bool fits)
    {
        var table = new RouteTable([new Route("r", "h", 25) { Recipients = [pattern] }]);
        Assert.Equal(fits ? "r" : RouteTable.NoLane, table.LaneOf(ReversePath.Null, new ForwardPath(address), null));
    }

    [Fact]
    public void Mail_whose_route_is_named_takes_it_whatever_routes_fit()
    {
        Route main = new("main", "h", 25), backup = new("backup", "h", 25) { Recipients = ["nobody.example"] };
        var table = new RouteTable([main, backup],
        [
            new Pin("relay@example.com", "ops@example.com", "backup"),
            new Pin("a@example.com", "b@example.com", "gone"),
            new Pin("relay@example.com", "ops@example.com", "main"), // the first holds
        ]);
        Assert.Equal("backup", LaneOf("relay@example.com", "ops@example.com"));
        Assert.Equal("main", LaneOf("relay@example.com", "other@example.com"));
        Assert.Equal("main", LaneOf("", "ops@example.com"));
        Assert.Equal("main", LaneOf("a@example.com", "b@example.com"));

        string LaneOf(string from, string to) => table.LaneOf(
            from.Length == 0 ? ReversePath.Null : new ReversePath(from), new ForwardPath(to), null);
    }

    [Fact]
    public void A_route_that_a_person_names_is_taken_or_none()
    {
        var backup = new Route("backup", "h", 25) { Recipients = ["x.test"] };
        var table = new RouteTable([new Route("main", "h", 25), backup]);
        Assert.Equal("main", Lane(null));
        Assert.Equal("backup", Lane("backup"));
        Assert.Equal(RouteTable.NoLane, Lane("gone"));

        string Lane(string? named) => table.LaneOf(new ReversePath("a@x"), new ForwardPath("bob@example.org"), named);
    }

    [Theory]
    [InlineData("<>", "", true)]
    [InlineData("<>", "jira@example.com", false)]
    [InlineData("*", "", true)]
    [InlineData("example.com", "", false)]
    [InlineData("jira@example.com", "jira@example.com", true)]
    public void A_sender_pattern_knows_the_null_path(string pattern, string sender, bool fits)
    {
        var table = new RouteTable([new Route("r", "h", 25) { Senders = [pattern] }]);
        Assert.Equal(fits, table.Find(new ReversePath(sender), new ForwardPath("bob@example.org")) is not null);
    }

    [Fact]
    public void The_first_route_in_the_file_that_fits_both_ends_wins()
    {
        var table = new RouteTable([
            new Route("reports", "a", 25) { Senders = ["<>"] },
            new Route("inside", "b", 25) { Recipients = ["example.com", "*.example.com"] },
            new Route("jira", "c", 25) { Senders = ["jira@example.com"], Recipients = ["partner.test"] },
            new Route("rest", "d", 25),
        ]);
        Assert.Equal("reports", Lane("", "alice@example.com"));
        Assert.Equal("inside", Lane("jira@example.com", "alice@eu.example.com"));
        Assert.Equal("jira", Lane("jira@example.com", "bob@partner.test"));
        Assert.Equal("rest", Lane("wiki@example.com", "bob@partner.test"));

        string Lane(string from, string to) => table.LaneOf(new ReversePath(from), new ForwardPath(to), null);
    }

    [Fact]
    public void Without_a_route_there_is_no_lane()
    {
        Assert.Equal("", RouteTable.Empty.LaneOf(ReversePath.Null, new ForwardPath("alice@example.com"), null));
        Assert.Null(RouteTable.Empty.Named("upstream"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*.")]
    [InlineData("*@")]
    [InlineData("a*@example.com")]
    [InlineData("example.*")]
    [InlineData("@example.com")]
    [InlineData("alice@")]
    [InlineData(".example.com")]
    [InlineData("alice@.example.com")]
    [InlineData("*@alice@example.com")]
    [InlineData("<alice@example.com>")]
    [InlineData("a b@example.com")]
    public void What_is_no_pattern_is_refused_with_its_own_text(string pattern)
    {
        var refused = Assert.Throws<ArgumentException>(
            () => new RouteTable([new Route("r", "h", 25) { Recipients = [pattern] }]));
        Assert.Contains($"'{pattern}'", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(RouteTable.Complaint(pattern));
    }

    [Fact]
    public void Two_routes_of_one_name_would_share_a_lane_and_are_refused() =>
        Assert.Throws<ArgumentException>(() => new RouteTable([new Route("r", "a", 25), new Route("r", "b", 25)]));

    [Fact]
    public void To_ask_allocates_nothing()
    {
        var table = new RouteTable(
            [new Route("inside", "b", 25) { Recipients = ["*.example.com", "bob@partner.test"] }]);
        var (from, to) = (new ReversePath("jira@example.com"), new ForwardPath("alice@a.b.elsewhere.test"));
        table.LaneOf(from, to, null);
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++) // a collection in the middle of a round counts towards it
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
                table.LaneOf(from, to, null);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
