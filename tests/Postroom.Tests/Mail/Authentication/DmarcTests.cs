using Postroom.Mail.Authentication;
using Xunit;

namespace Postroom.Tests.Mail.Authentication;

/// <summary>Whose policy holds, what aligns, and what a receiver is asked to do.</summary>
public sealed class DmarcTests
{
    [Theory]
    // the author's own
    [InlineData("example.com", "p=reject", "example.com", "", Verdict.Fail, DmarcPolicy.Reject)]
    [InlineData("example.com", "p=reject", "example.com", "spf:example.com", Verdict.Pass, DmarcPolicy.None)]
    [InlineData("example.com", "p=none", "example.com", "dkim:other.example", Verdict.Fail, DmarcPolicy.None)]
    // relaxed and strict
    [InlineData("example.com", "p=reject", "example.com", "dkim:mail.example.com", Verdict.Pass, DmarcPolicy.None)]
    [InlineData("example.com", "p=reject; adkim=s", "example.com", "dkim:mail.example.com", Verdict.Fail,
        DmarcPolicy.Reject)]
    [InlineData("example.com", "p=reject; adkim=s", "example.com", "spf:mail.example.com", Verdict.Pass,
        DmarcPolicy.None)]
    [InlineData("example.com", "p=reject; aspf=s", "example.com", "spf:mail.example.com", Verdict.Fail,
        DmarcPolicy.Reject)]
    [InlineData("example.com", "p=reject; aspf=s", "example.com", "spf:example.com", Verdict.Pass, DmarcPolicy.None)]
    // that of the organization
    [InlineData("example.com", "p=reject", "a.b.example.com", "spf:c.example.com", Verdict.Pass, DmarcPolicy.None)]
    [InlineData("example.com", "p=reject", "a.example.com", "", Verdict.Fail, DmarcPolicy.Reject)]
    [InlineData("example.com", "p=reject; sp=quarantine", "there.example.com", "", Verdict.Fail,
        DmarcPolicy.Quarantine)]
    [InlineData("example.com", "p=reject; sp=none", "example.com", "", Verdict.Fail, DmarcPolicy.Reject)]
    [InlineData("example.com", "p=none; sp=none; np=reject", "missing.example.com", "", Verdict.Fail,
        DmarcPolicy.Reject)]
    [InlineData("example.com", "p=none; sp=quarantine; np=reject", "there.example.com", "", Verdict.Fail,
        DmarcPolicy.Quarantine)]
    // a trial
    [InlineData("example.com", "p=reject; t=y", "example.com", "", Verdict.Fail, DmarcPolicy.Quarantine)]
    [InlineData("example.com", "p=quarantine; t=y", "example.com", "", Verdict.Fail, DmarcPolicy.None)]
    // suffixes and borders
    [InlineData("co.example", "p=reject; psd=y", "a.shop.co.example", "spf:b.shop.co.example", Verdict.Pass,
        DmarcPolicy.None)]
    [InlineData("co.example", "p=reject; psd=y", "shop.co.example", "spf:store.co.example", Verdict.Fail,
        DmarcPolicy.Reject)]
    [InlineData("dept.example.com", "p=reject; psd=n", "a.dept.example.com", "spf:example.com", Verdict.Fail,
        DmarcPolicy.Reject)]
    // odd, and none
    [InlineData("example.com", "rua=mailto:a@example.com", "example.com", "", Verdict.Fail, DmarcPolicy.None)]
    [InlineData("example.com", "p=strict; rua=mailto:a@example.com", "example.com", "", Verdict.Fail, DmarcPolicy.None)]
    [InlineData("example.com", "p=reject; sp=rejekt; rua=mailto:a@example.com", "example.com", "", Verdict.Fail,
        DmarcPolicy.None)]
    [InlineData("example.com", "p=reject; np=; rua=mailto:a@example.com", "missing.example.com", "", Verdict.Fail,
        DmarcPolicy.None)]
    [InlineData("example.com", "p=strict", "example.com", "", Verdict.PermError, DmarcPolicy.None)]
    [InlineData("example.com", "p=reject; sp=rejekt; rua=nobody", "example.com", "spf:example.com", Verdict.PermError,
        DmarcPolicy.None)]
    [InlineData("example.com", "adkim=s", "example.com", "", Verdict.PermError, DmarcPolicy.None)]
    [InlineData("example.com", "p=reject; p=none", "example.com", "", Verdict.PermError, DmarcPolicy.None)]
    [InlineData("example.org", "p=reject", "example.com", "spf:example.com", Verdict.None, DmarcPolicy.None)]
    public void The_policy_is_found_and_held(
        string domain, string record, string author, string vouched, Verdict verdict, DmarcPolicy disposition) =>
        Assert.Equal((verdict, disposition.ToString()), Of($"_dmarc.{domain} TXT v=DMARC1; {record}", author, vouched));

    [Fact]
    public void A_policy_of_ones_own_goes_before_that_of_the_organization() => Assert.Equal((Verdict.Fail, "None"),
        Of("_dmarc.example.com TXT v=DMARC1; p=reject\n_dmarc.a.example.com TXT v=DMARC1; p=none", "a.example.com",
            ""));

    [Fact]
    public void Two_records_are_none_and_it_is_said()
    {
        var result = Judge("_dmarc.example.com TXT v=DMARC1; p=reject\n_dmarc.example.com TXT v=DMARC1; p=none",
            "example.com");
        Assert.Equal(Verdict.PermError, result.Verdict);
        Assert.Contains("several", result.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_answers_is_open() => Assert.Equal(Verdict.TempError, Judge("_dmarc.example.com FAILED",
        "example.com").Verdict);

    [Theory]
    [InlineData("spf:example.com", Verdict.Pass)]
    [InlineData("spf:mail.example.com", Verdict.TempError)] // of one organization? nobody says
    [InlineData("", Verdict.Fail)]
    public void What_is_not_answered_above_the_authors_domain_takes_nothing_from_its_word(
        string vouched, Verdict verdict) => Assert.Equal(verdict,
            Judge("_dmarc.example.com TXT v=DMARC1; p=reject\n_dmarc.com FAILED", "example.com", vouched).Verdict);

    [Fact]
    public void What_is_left_of_the_old_standard_is_said()
    {
        var result = Judge("_dmarc.example.com TXT v=DMARC1; p=reject; pct=20", "example.com");
        Assert.Contains("pct=20", Assert.Single(result.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void What_makes_a_record_count_for_nothing_is_said()
    {
        var counts = Judge("_dmarc.example.com TXT v=DMARC1; p=reject; sp=rejekt; rua=mailto:a@example.com",
            "example.com");
        Assert.Contains("its sp= is rejekt, which is no policy. All of it counts as p=none",
            Assert.Single(counts.Remarks), StringComparison.Ordinal);
        Assert.Contains("it has no p=", Judge("_dmarc.example.com TXT v=DMARC1; sp=reject", "example.com").Why,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_way_up_is_eight_steps_at_most()
    {
        var zone = Zone.Of("_dmarc.example.com TXT v=DMARC1; p=none");
        var author = string.Join('.', Enumerable.Range(0, 20).Select(i => $"l{i}")) + ".example.com";
        Assert.Equal(Verdict.Fail, zone.Think(known => DmarcCheck.Of(known, author, [])).Verdict);
        Assert.Equal(8, zone.Asked.Count);
        Assert.Equal((7, 1), (zone.Asked[1].Name.Split('.').Length - 1, zone.Rounds));
    }

    private static (Verdict, string) Of(string zone, string author, string vouched)
    {
        var result = Judge(zone, author, vouched);
        return (result.Verdict, result.Disposition.ToString());
    }

    private static DmarcResult Judge(string zone, string author, string vouched = "") =>
        Zone.Of(zone + "\nthere.example.com A 192.0.2.1").Think(known => DmarcCheck.Of(known, author,
            [.. vouched.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split(':'))
                .Select(one => new Vouched(one[0], one[1]))]));
}
