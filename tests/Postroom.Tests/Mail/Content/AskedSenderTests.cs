using System.Net;
using System.Text;
using Postroom.Mail.Content;
using Postroom.Mail.Content.Checks;
using Postroom.Tests.Mail.Authentication;
using Xunit;

namespace Postroom.Tests.Mail.Content;

/// <summary>What is told of a sender when DNS was asked, and what to do about it.</summary>
public sealed class AskedSenderTests
{
    private const string Key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    // RFC 8463 appendix A.
    private const string Signed = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
        + " d=football.example.com; i=@football.example.com;\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
        + " subject : date : message-id : from : subject : date;\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
        + " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
        + "From: Joe SixPack <joe@football.example.com>\n"
        + "To: Suzie Q <suzie@shopping.example.net>\nSubject: Is dinner ready?\n"
        + "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\n"
        + "\nHi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n";

    [Fact]
    public void A_sender_with_all_in_order_has_no_problem()
    {
        var judged = Judge("football.example.com TXT v=spf1 ip4:8.8.8.8 -all\n"
            + $"brisbane._domainkey.football.example.com TXT {Key}\n_dmarc.example.com TXT v=DMARC1; p=reject",
            "8.8.8.8");
        Assert.All(judged.Findings, one => Assert.Equal(Severity.Fine, one.Severity));
        Assert.Equal(["spf-record", "spf", "dkim", "dmarc"], judged.Findings.Select(one => one.Name));
        Assert.Equal("spf=pass smtp.mailfrom=football.example.com; dkim=pass header.d=football.example.com "
            + "header.s=brisbane; dmarc=pass header.from=football.example.com", judged.Results);
    }

    [Fact]
    public void A_sender_that_publishes_nothing_is_told_what_to_publish()
    {
        var judged = Judge("x.example A 192.0.2.1", "8.8.8.8");
        Assert.Equal("Publish a TXT record at football.example.com: v=spf1 ip4:8.8.8.8 ~all.", Cure(judged, "spf"));
        Assert.Equal("Publish the key of the signer as a TXT record at brisbane._domainkey.football.example.com.",
            Cure(judged, "dkim"));
        Assert.StartsWith("Publish one as a TXT record at _dmarc.football.example.com: v=DMARC1; p=none",
            Cure(judged, "dmarc"), StringComparison.Ordinal);
        Assert.Equal("spf=none smtp.mailfrom=football.example.com; dkim=permerror header.d=football.example.com "
            + "header.s=brisbane; dmarc=none header.from=football.example.com", judged.Results);
    }

    [Fact]
    public void Without_an_address_nothing_is_held_against_the_mail_that_an_address_may_heal()
    {
        var judged = Judge("football.example.com TXT v=spf1 ip4:8.8.8.8 -all\n"
            + "_dmarc.example.com TXT v=DMARC1; p=reject", address: null);
        Assert.Equal(Severity.Advice, Found(judged, "spf").Severity);
        Assert.Equal(Severity.Advice, Found(judged, "dmarc").Severity);
        Assert.StartsWith("Without an address to judge SPF for, DMARC fails", Found(judged, "dmarc").What,
            StringComparison.Ordinal);
        Assert.Equal("dkim=permerror header.d=football.example.com header.s=brisbane", judged.Results);
        Assert.Equal(Severity.Problem, Found(Judge("football.example.com TXT v=spf1 foo", address: null), "spf-record")
            .Severity);
    }

    [Theory]
    [InlineData("football.example.com TXT v=spf1 +all", "8.8.8.8", "spf-open", Severity.Problem)]
    [InlineData("football.example.com TXT v=spf1 -all", "10.1.2.3", "spf-address", Severity.Advice)]
    [InlineData("football.example.com TXT v=spf1 ~all", "8.8.8.8", "spf", Severity.Advice)]
    [InlineData("football.example.com TXT v=spf1 -all", "2606:4700::1", "spf", Severity.Problem)]
    [InlineData("brisbane._domainkey.football.example.com TXT t=y; " + Key, "8.8.8.8", "dkim", Severity.Problem)]
    [InlineData("_dmarc.example.com TXT v=DMARC1; p=reject; pct=5", "8.8.8.8", "dmarc-record", Severity.Advice)]
    public void Each_is_as_bad_as_it_is(string zone, string address, string name, Severity severity)
    {
        var finding = Found(Judge(zone, address), name);
        Assert.Equal(severity, finding.Severity);
        Assert.NotEmpty(finding.Cure);
    }

    [Fact]
    public void While_dns_is_silent_about_a_key_no_verdict_is_final()
    {
        var judged = Judge("football.example.com TXT v=spf1 -all\nbrisbane._domainkey.football.example.com FAILED\n"
            + "_dmarc.example.com TXT v=DMARC1; p=reject", "8.8.8.8");
        Assert.EndsWith("dmarc=temperror header.from=football.example.com", judged.Results, StringComparison.Ordinal);
        Assert.StartsWith("As long as DNS is silent, DMARC fails", Found(judged, "dmarc").What,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_on_trial_vouches_for_nothing()
    {
        var trial = Key.Replace("v=DKIM1;", "v=DKIM1; t=y;", StringComparison.Ordinal);
        var judged = Judge($"brisbane._domainkey.football.example.com TXT {trial}\n"
            + "_dmarc.example.com TXT v=DMARC1; p=reject", "8.8.8.8");
        Assert.Equal(Severity.Fine, Found(judged, "dkim").Severity);
        Assert.Equal(Severity.Advice, Found(judged, "dkim-trial").Severity);
        Assert.Contains("dmarc=fail", judged.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void The_null_path_is_judged_by_what_is_not_known_here()
    {
        var judged = Judge("_dmarc.example.com TXT v=DMARC1; p=reject", "8.8.8.8", from: "");
        Assert.Contains("EHLO", Found(judged, "spf").What, StringComparison.Ordinal);
    }

    // Whoever serves a name says what they want.
    [Fact]
    public void What_dns_says_steers_no_screen_and_ends()
    {
        var large = new string('x', 64_000);
        string[] texts =
        [
            "v=spf1 a:\\x1b[2J.example", "v=spf1 \\x1b[2J", $"v=spf1 {large}", "v=spf1 \\xe9",
            "v=spf1 exp=e.example -all", "v=spf1 redirect=football.example.com", $"v=spf1 include:{large}.example -all",
        ];
        string[] keys = ["v=DKIM1; k=\\x1b[2J; p=AA", $"v=DKIM1; p={large}", large, "\\x1b"];
        string[] policies = ["v=DMARC1; p=\\x1b[2J", $"v=DMARC1; {large}", "v=DMARC1;;;;", "v=DMARC1"];
        foreach (var (text, key, policy) in from text in texts from key in keys from policy in policies
                                            select (text, key, policy))
        {
            var judged = Judge($"football.example.com TXT {text}\ne.example TXT \\x1b[2J\n"
                + $"brisbane._domainkey.football.example.com TXT {key}\n_dmarc.example.com TXT {policy}", "8.8.8.8");
            Assert.All(judged.Findings, one => Assert.DoesNotContain(one.What + one.Cure, char.IsControl));
            Assert.DoesNotContain(judged.Results, char.IsControl);
            Assert.All(judged.Findings, one => Assert.InRange(one.What.Length, 1, 600));
        }
    }

    private static Finding Found(SenderJudgement judged, string name) =>
        judged.Findings.First(one => one.Name == name);

    private static string Cure(SenderJudgement judged, string name) => Found(judged, name).Cure;

    private static SenderJudgement Judge(string zone, string? address, string from = "joe@football.example.com")
    {
        var octets = Encoding.Latin1.GetBytes(Signed.Replace("\n", "\r\n", StringComparison.Ordinal));
        var facts = SenderFacts.Of(new CheckedMail(ContentReader.Read(new MemoryStream(octets)), octets, from,
            ["suzie@shopping.example.net"]));
        var at = address is null ? null : IPAddress.Parse(address);
        return Zone.Of(zone).Think(known => AskedSender.Of(known, facts, at, DateTimeOffset.UnixEpoch));
    }
}
