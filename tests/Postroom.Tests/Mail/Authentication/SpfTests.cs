using System.Net;
using CsCheck;
using Postroom.Mail.Authentication;
using Xunit;

namespace Postroom.Tests.Mail.Authentication;

/// <summary>What SPF says, in words, and within its bounds.</summary>
public sealed class SpfTests
{
    [Theory]
    [InlineData("v=spf1 ip4:192.0.2.0/24 -all", Verdict.Pass, "ip4:192.0.2.0/24 of the record of example.com matches")]
    [InlineData("v=spf1 ip4:192.0.2.8/30 ~all", Verdict.SoftFail, "~all of the record of example.com matches")]
    [InlineData("v=spf1 a:mail.example.com ?all", Verdict.Neutral, "?all of the record of example.com matches")]
    [InlineData("v=spf1", Verdict.Neutral, "nothing in the record of example.com matches")]
    [InlineData("v=spf2 -all", Verdict.None, "example.com publishes no SPF record")]
    [InlineData("v=spf1 ip4:192.0.2.300", Verdict.PermError,
        "the record of example.com is wrong: “ip4:192.0.2.300” cannot be read")]
    [InlineData("v=spf1 include:nowhere.example", Verdict.PermError,
        "the record of example.com includes nowhere.example, and nowhere.example publishes no SPF record")]
    [InlineData("v=spf1 redirect=nowhere.example", Verdict.PermError,
        "the record of example.com redirects to that of nowhere.example, and nowhere.example publishes no SPF record")]
    [InlineData("v=spf1 a:x.example a:y.example a:z.example -all", Verdict.PermError,
        "more than 2 terms of the record name what is not there (RFC 7208 §4.6.4)")]
    [InlineData("v=spf1 a:broken.example -all", Verdict.TempError,
        "DNS does not say what broken.example is: no server answers")]
    public void It_says_why(string record, Verdict verdict, string why)
    {
        var result = Judge($"example.com TXT {record}\nmail.example.com A 198.51.100.1\nbroken.example FAILED");
        Assert.Equal((verdict, why), (result.Verdict, result.Why));
    }

    [Theory]
    [InlineData(@"v=spf1 ip4:192.0.2.1 -all\x0a")]
    [InlineData(@"v=spf1 ip4:192.0.2.0/24\x0a")]
    [InlineData(@"v=spf1 a:mail.example.com\x0a +all")]
    [InlineData(@"v=spf1 redirect=example.net\x0a")]
    public void A_record_with_the_end_of_a_line_in_it_is_wrong(string record) =>
        Assert.Equal(Verdict.PermError, Judge($"example.com TXT {record}\nmail.example.com A 192.0.2.1\n"
            + "example.net TXT v=spf1 +all").Verdict);

    [Fact]
    public void Ten_lookups_are_taken_and_eleven_are_not()
    {
        Assert.Equal((Verdict.SoftFail, 10), Chain(10));
        Assert.Equal((Verdict.PermError, 11), Chain(11));

        static (Verdict, int) Chain(int length)
        {
            var zone = string.Join('\n', Enumerable.Range(0, length).Select(i =>
                $"{(i == 0 ? "example.com" : $"s{i}.example.com")} TXT v=spf1 include:s{i + 1}.example.com ~all"));
            var result = Judge($"{zone}\ns{length}.example.com TXT v=spf1 ip4:198.51.100.1 -all");
            return (result.Verdict, result.Terms);
        }
    }

    [Fact]
    public void A_record_that_includes_itself_comes_to_an_end()
    {
        var zone = Zone.Of("example.com TXT v=spf1 include:example.com -all");
        Assert.Equal(Verdict.PermError, Judge(zone).Verdict);
        Assert.Single(zone.Asked);
        var shape = zone.Think(known => SpfWalk.Of(known, "example.com"));
        Assert.Equal((Verdict.PermError, true), (shape.Verdict, shape.Terms > 10));
    }

    [Fact]
    public void What_can_be_asked_at_once_is_asked_at_once()
    {
        var zone = Zone.Of("example.com TXT v=spf1 mx -all\n" + string.Join('\n', Enumerable.Range(1, 10).Select(i =>
            $"example.com MX mx{i}.example.com\nmx{i}.example.com A 198.51.100.{i}")));
        Assert.Equal(Verdict.Fail, Judge(zone).Verdict);
        Assert.Equal((3, 12), (zone.Rounds, zone.Asked.Count));
    }

    [Theory]
    [InlineData("example.com TXT v=spf1 include:a.example a mx -all\na.example TXT v=spf1 redirect=b.example\n"
        + "b.example TXT v=spf1 exists:%{i}.example ~all", Verdict.Neutral, 5, "")]
    [InlineData("x.example A 192.0.2.1", Verdict.None, 0, "example.com publishes no SPF record")]
    [InlineData("example.com TXT v=spf1 include:a.example -all", Verdict.PermError, 1,
        "the record of example.com includes a.example, which publishes no SPF record")]
    [InlineData("example.com TXT v=spf1 a a a a a a a a a a a -all", Verdict.PermError, 11,
        "the record asks DNS 11 times, and receivers stop at 10 (RFC 7208 §4.6.4)")]
    [InlineData("example.com TXT v=spf1 -all include:a.example", Verdict.Neutral, 0, "")]
    [InlineData("example.com FAILED", Verdict.TempError, 0,
        "DNS does not say what the record of example.com is: no server answers")]
    [InlineData("example.com TXT v=spf1 -all\nexample.com TXT v=spf1 +all", Verdict.PermError, 0,
        "example.com publishes several SPF records, and one is all that there may be")]
    [InlineData("example.com TXT v=spf1 foo", Verdict.PermError, 0,
        "the record of example.com is wrong: “foo” cannot be read")]
    public void A_record_has_a_shape_without_an_address(string zone, Verdict verdict, int terms, string why)
    {
        var shape = Zone.Of(zone).Think(known => SpfWalk.Of(known, "example.com"));
        Assert.Equal((verdict, terms, why), (shape.Verdict, shape.Terms, shape.Why));
    }

    [Fact]
    public void Who_lets_everybody_send_is_found()
    {
        var shape = Zone.Of("example.com TXT v=spf1 include:a.example -all\na.example TXT v=spf1 +all")
            .Think(known => SpfWalk.Of(known, "example.com"));
        Assert.Equal("+all in the record of a.example", shape.Open);
    }

    [Fact]
    public void An_address_of_version_4_within_one_of_version_6_is_that_address() =>
        Assert.Equal(Verdict.Pass, Zone.Of("example.com TXT v=spf1 ip4:192.0.2.1 -all").Think(known => SpfCheck.Of(
            known, new SpfAsked("example.com", IPAddress.Parse("::ffff:192.0.2.1"), "a@example.com", default)))
            .Verdict);

    [Theory]
    [InlineData("exists:a%%", Verdict.Fail)]
    [InlineData("exists:a.%_", Verdict.Fail)]
    [InlineData("exists:a%-", Verdict.Fail)]
    [InlineData("exists:a%", Verdict.PermError)]
    [InlineData("exists:a", Verdict.PermError)]
    public void A_name_may_end_with_any_macro(string term, Verdict verdict) => // RFC 7208 §7.1: domain-end
        Assert.Equal(verdict, Judge($"example.com TXT v=spf1 {term} -all").Verdict);

    // Whatever stands in a record: there is a verdict, within the bounds.
    [Fact]
    public void Any_record_comes_to_a_verdict()
    {
        string[] words =
        [
            "all", "-all", "include:example.com", "include:%{d}", "a", "a/0", "mx//0", "ptr", "ip4:192.0.2.1",
            "ip6:::/0", "exists:%{ir}.%{v}.%{p}.example", "redirect=example.com", "exp=%{h}.example",
            "a:%{l1r-}.x.example", "%", "a:",
            "é", "\0", "ip4:1", "a/99", "x=%{", "%{d999999999999}.example", "a:%{S}.example", "a:%%%_%-.example",
        ];
        Gen.Int[0, words.Length - 1].Array[0, 12].Select(Gen.Int[0, 2], (picks, glue) => (picks, glue)).Sample(pick =>
        {
            var text = "v=spf1 " + string.Join(pick.glue switch { 0 => " ", 1 => "  ", _ => "" },
                pick.picks.Select(i => words[i]));
            var zone = Zone.Of($"example.com TXT {text}\nexample.com A 198.51.100.2\nexample.com MX example.com\n"
                + "1.2.0.192.in-addr.arpa PTR example.com");
            var result = Judge(zone);
            return result.Terms <= 11 && result.Voids <= 3 && result.Why.Length > 0 && zone.Asked.Count < 120;
        }, iter: 2_000);
    }

    private static SpfResult Judge(string zone) => Judge(Zone.Of(zone));

    private static SpfResult Judge(Zone zone) => zone.Think(known => SpfCheck.Of(known, new SpfAsked("example.com",
        IPAddress.Parse("192.0.2.1"), "jira@example.com", DateTimeOffset.UnixEpoch)));
}
