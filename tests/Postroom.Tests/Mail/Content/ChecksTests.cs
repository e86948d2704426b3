using System.Net;
using System.Text;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;
using Postroom.Mail.Content;
using Postroom.Mail.Content.Checks;
using Xunit;

namespace Postroom.Tests.Mail.Content;

/// <summary>What of a mail will not arrive, not be seen or not be trusted.</summary>
public sealed class ChecksTests
{
    private const string Good = "From: Jira <jira@example.com>\nTo: bob@partner.example\nSubject: Hello\n"
        + "Date: Sun, 29 Nov 2026 06:00:00 +0000\nMessage-ID: <a@example.com>\nContent-Type: multipart/alternative; "
        + "boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the issue at https://jira.example.com/1 please, "
            + "thanks\n--b\n"
        + "Content-Type: text/html\n\n<p>See the issue <a href=\"https://jira.example.com/1\">at this place</a> "
            + "please, "
        + "thanks</p>\n--b--\n";

    [Fact]
    public void A_good_mail_has_no_problem()
    {
        var findings = Check(Good);
        Assert.DoesNotContain(findings, one => one.Severity == Severity.Problem);
        Assert.Equal(["dkim-none"], findings.Where(one => one.Severity == Severity.Advice).Select(one => one.Name));
        Assert.Contains(findings, one => one.Name == "dmarc" && one.What.StartsWith(
            "DMARC would pass by SPF of example.com, the domain of From", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("link-relative", "https://jira.example.com/1\"", "/browse/PROJ-1\"")]
    [InlineData("link-template", "https://jira.example.com/1\"", "https://${host}/1\"")]
    [InlineData("link-template", "https://jira.example.com/1\"", "https://x.example/{{ id }}\"")]
    [InlineData("link-inner", "https://jira.example.com/1\"", "http://localhost:8080/1\"")]
    [InlineData("link-inner", "https://jira.example.com/1\"", "https://jira/1\"")]
    [InlineData("link-inner", "https://jira.example.com/1\"", "https://10.1.2.3/1\"")]
    [InlineData("link-inner", "https://jira.example.com/1\"", "https://jira.corp/1\"")]
    [InlineData("link-inner", "https://jira.example.com/1\"", "https://[fd00::1]/1\"")]
    [InlineData("link-http", "https://jira.example.com/1\"", "http://jira.example.com/1\"")]
    [InlineData("link-scheme", "https://jira.example.com/1\"", "javascript:x\"")]
    [InlineData("link-empty", "https://jira.example.com/1\"", "#\"")]
    [InlineData("link-elsewhere", "at this place", "https://bank.example/")]
    [InlineData("template-unresolved", "thanks</p>", "dear ${user.name}</p>")]
    [InlineData("template-unresolved", "Hello", "Hello {{name}}")]
    [InlineData("subject-missing", "Subject: Hello\n", "")]
    [InlineData("from-missing", "From: Jira <jira@example.com>\n", "")]
    [InlineData("from-several", "To:", "From: b@example.com\nTo:")]
    [InlineData("from-name-is-an-address", "Jira <", "\"ceo@bank.example\" <")]
    [InlineData("header-8-bit", "Hello", "Gr\u00c3\u00bc\u00c3\u009fe")]
    [InlineData("unsubscribe-missing", "To:", "List-Id: <x.example.com>\nTo:")]
    [InlineData("unsubscribe-not-one-click", "To:", "Precedence: bulk\nList-Unsubscribe: <mailto:x@example.com>\nTo:")]
    [InlineData("texts-differ", "See the issue at https://jira.example.com/1 please, thanks",
        "Your program cannot show this message because HTML was switched off in it")]
    [InlineData("8-bit-undeclared", "please, thanks\n", "Gr\u00c3\u00bc\u00c3\u009fe\n")]
    [InlineData("charset-unknown", "text/html\n", "text/html; charset=x-none\n")]
    [InlineData("alt-missing", "<p>", "<p><img src=\"https://a.example/a.png\">")]
    [InlineData("dropped", "<p>", "<p style=\"display:flex\">")]
    [InlineData("dropped", "<p>", "<style>@import 'x'</style><p>")]
    [InlineData("dropped", "<p>", "<svg></svg><p>")]
    [InlineData("dropped", "<p>", "<link rel=stylesheet href=x><p>")]
    [InlineData("dkim-unreadable", "From:", "DKIM-Signature: v=1\nFrom:")]
    public void What_is_wrong_is_found_and_nothing_else(string name, string from, string to)
    {
        Assert.Contains(from, Good, StringComparison.Ordinal);
        var broken = Check(Good.Replace(from, to, StringComparison.Ordinal));
        var found = Assert.Single(broken, one => one.Name == name);
        Assert.NotEqual(Severity.Fine, found.Severity);
        Assert.NotEqual("", found.Cure);
        string[] usual = ["dkim-none", "dmarc", "spf-domain", name];
        Assert.All(broken, one => Assert.Contains(one.Name, usual));
    }

    [Fact]
    public void What_is_too_large_or_too_long_is_found()
    {
        Assert.Contains(Check(Good.Replace("</p>", new string('x', 900) + string.Concat(
            Enumerable.Repeat("\n<!-- 0123456789012345678901234567890123456789012345678901234567890123456789 -->",
                1_500))
            + "</p>", StringComparison.Ordinal)), one => one.Name == "html-clipped");
        var found = Assert.Single(Check(Good.Replace("<p>", "<p>" + new string('x', 999) + "\n",
            StringComparison.Ordinal)),
            one => one.Name == "line-too-long");
        Assert.Equal("line 15", found.Where);
    }

    [Fact]
    public void Within_the_house_an_inner_link_is_advice() => Assert.Equal(Severity.Advice, Assert.Single(
        Check(Good.Replace("https://jira.example.com/1\"", "http://jira/1\"", StringComparison.Ordinal),
            to: "a@example.com"), one => one.Name == "link-inner").Severity);

    [Theory]
    [InlineData("jira@example.com", Severity.Fine)]
    [InlineData("bounce@mail.example.com", Severity.Fine)]
    [InlineData("x@other.example.com", Severity.Fine)]
    [InlineData("x@example.org", Severity.Problem)]
    [InlineData("", Severity.Problem)]
    public void Alignment_is_told(string reversePath, Severity severity) =>
        Assert.Equal(severity, Assert.Single(Check(Good, reversePath), one => one.Name == "dmarc").Severity);

    [Fact]
    public void Siblings_are_not_called_aligned() => Assert.Equal(Severity.Advice, Assert.Single(Check(
        Good.Replace("jira@example.com", "jira@news.example.com", StringComparison.Ordinal), "x@mail.example.com"),
        one => one.Name == "dmarc").Severity);

    [Theory]
    [InlineData(DkimCanonicalizationAlgorithm.Simple)]
    [InlineData(DkimCanonicalizationAlgorithm.Relaxed)]
    public void A_signature_is_held_against_the_body(DkimCanonicalizationAlgorithm how)
    {
        var signed = Signed(Good.Replace("please, thanks</p>", "a \t b  \n\n\nc</p>\n\n\n", StringComparison.Ordinal),
            how);
        Assert.Equal(Severity.Fine, Assert.Single(Check(signed), one => one.Name == "dkim-body").Severity);
        Assert.StartsWith("DMARC would pass by", Assert.Single(Check(signed, "x@elsewhere.example"),
            one => one.Name == "dmarc").What, StringComparison.Ordinal);
        var changed = signed.Replace("See the issue <a", "See an issue <a", StringComparison.Ordinal);
        Assert.Equal(Severity.Problem, Assert.Single(Check(changed), one => one.Name == "dkim-body").Severity);
        Assert.Equal(Severity.Problem, Assert.Single(Check(changed, "x@elsewhere.example"),
            one => one.Name == "dmarc").Severity);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("100.64.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("ff02::1", false)]
    [InlineData("fec0::1", false)]
    public void What_is_within_the_house_is_known(string address, bool isPublic) =>
        Assert.Equal(isPublic, Reach.IsPublic(IPAddress.Parse(address)));

    private static IReadOnlyList<Finding> Check(
        string mail, string from = "jira@example.com", string to = "bob@partner.example")
    {
        var octets = Encoding.Latin1.GetBytes(mail.Replace("\r\n", "\n", StringComparison.Ordinal)
            .Replace("\n", "\r\n", StringComparison.Ordinal));
        return MailChecks.Of(new CheckedMail(ContentReader.Read(new MemoryStream(octets)), octets, from, [to]));
    }

    // By somebody else's signer.
    private static string Signed(string mail, DkimCanonicalizationAlgorithm how)
    {
        var keys = new RsaKeyPairGenerator();
        keys.Init(new KeyGenerationParameters(new SecureRandom(), 1024));
        var signer = new DkimSigner(keys.GenerateKeyPair().Private, "example.com", "s1")
        {
            BodyCanonicalizationAlgorithm = how,
        };
        using var read = new MemoryStream(Encoding.Latin1.GetBytes(mail.Replace("\n", "\r\n", StringComparison.Ordinal)));
        using var message = MimeMessage.Load(read, TestContext.Current.CancellationToken);
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        signer.Sign(format, message, [HeaderId.From, HeaderId.Subject]);
        using var signed = new MemoryStream();
        message.WriteTo(format, signed, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(signed.ToArray());
    }
}
