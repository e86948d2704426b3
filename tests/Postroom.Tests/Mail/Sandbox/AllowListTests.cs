using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Xunit;

namespace Postroom.Tests.Mail.Sandbox;

public sealed class AllowListTests
{
    [Theory]
    [InlineData("alice@example.com")]
    [InlineData("@example.com")]
    [InlineData("@e")]
    [InlineData("qa-*@example.com")]
    [InlineData("*@*.example.com")]
    [InlineData("*")]
    public void An_address_a_domain_or_a_pattern_is_an_entry(string entry) => Assert.Null(AllowList.Complaint(entry));

    [Theory]
    [InlineData("", "'' is no recipient: write alice@example.com, @example.com or qa-*@example.com")]
    [InlineData("a b@example.com", "'a b@example.com' is no recipient: ")]
    [InlineData("<a@example.com>", "'<a@example.com>' is no recipient: ")]
    [InlineData("a@example.com,b@example.com", "'a@example.com,b@example.com' is no recipient: ")]
    [InlineData("a@example.com;", "'a@example.com;' is no recipient: ")]
    [InlineData("a\u0001@example.com", "'a\u0001@example.com' is no recipient: ")]
    [InlineData("example.com", "'example.com' names no address: write @example.com for a domain, or a whole address")]
    [InlineData("qa*", "'qa*' names no address: write @qa* for a domain, or a whole address")]
    [InlineData("alice@", "'alice@' names no domain after its @")]
    [InlineData("@", "'@' names no domain after its @")]
    [InlineData("alice@.example.com", "'alice@.example.com' names no domain after its @")]
    public void Any_other_is_refused_and_it_is_said_why(string entry, string complaint)
    {
        Assert.StartsWith(complaint, AllowList.Complaint(entry), StringComparison.Ordinal);
        var error = Assert.Throws<ArgumentException>(() => new AllowList(["bob@example.com", entry]));
        Assert.StartsWith(complaint, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bob@Example.com", true)]
    [InlineData("eve@example.com", false)]
    [InlineData("eve@qa.example", true)]
    [InlineData("eve@x.qa.example", false)]
    [InlineData("qa.example", false)]
    [InlineData("postmaster", false)] // RFC 5321 §4.5.1: without a domain
    [InlineData("t-1@example.org", true)]
    [InlineData("at-1@example.org", false)]
    [InlineData("a@b.c", true)]
    [InlineData("a@b.cc", false)]
    public void Who_is_on_it_is_on_it_as_a_whole(string address, bool isOnIt) => Assert.Equal(isOnIt,
        new AllowList(["t-*@example.org", "bob@example.com", "@qa.example", "*@b.c"]).Has(new ForwardPath(address)));

    [Fact]
    public void A_star_is_for_all_and_an_empty_list_for_nobody()
    {
        Assert.True(new AllowList(["*"]).Has(new ForwardPath("postmaster")));
        Assert.False(new AllowList([]).Has(new ForwardPath("postmaster")));
    }
}
