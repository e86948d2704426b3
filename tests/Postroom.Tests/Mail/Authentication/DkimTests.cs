using System.Security.Cryptography;
using System.Text;
using CsCheck;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
using Postroom.Mail.Authentication;
using Xunit;

namespace Postroom.Tests.Mail.Authentication;

/// <summary>Signatures, with their keys: those of the standards, and those of somebody else's signer.</summary>
public sealed class DkimTests
{
    private const string Football = "From: Joe SixPack <joe@football.example.com>\n"
        + "To: Suzie Q <suzie@shopping.example.net>\nSubject: Is dinner ready?\n"
        + "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\n"
        + "\nHi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n";

    private const string Both = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
        + " d=football.example.com; i=@football.example.com;\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
        + " subject : date : message-id : from : subject : date;\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
        + " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
        + "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n d=football.example.com; i=@football.example.com;\n"
        + " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n date : message-id : from : subject : date;\n"
        + " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
        + " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
        + " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
        + " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n";

    private const string Simple = "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"
        + "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n"
        + "      h=Received : From : To : Subject : Date : Message-ID;\n"
        + "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
        + "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"
        + "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"
        + "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n      4bmp/YzhwvcubU4=;\n"
        + "Received: from client1.football.example.com  [192.0.2.1]\n"
        + "      by submitserver.example.com with SUBMISSION;\n      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\n";

    // RFC 8463 appendix A.2 and RFC 6376 appendix C.
    private const string Published = "brisbane._domainkey.football.example.com TXT v=DKIM1; k=ed25519; "
        + "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
        + "test._domainkey.football.example.com TXT v=DKIM1; k=rsa; "
        + "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/"
        + "byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l"
        + "/K4w3QIDAQAB\n"
        + "brisbane._domainkey.example.com TXT v=DKIM1; "
        + "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYf"
        + "cTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYc"
        + "kcQ2QIDAQAB\n";

    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    private static readonly AsymmetricCipherKeyPair Rsa = RsaOf(2048);
    private static readonly AsymmetricCipherKeyPair Ed = new(
        new Ed25519PublicKeyParameters(Convert.FromBase64String("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")),
        new Ed25519PrivateKeyParameters(Convert.FromBase64String("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")));

    [Fact]
    public void The_examples_of_the_standards_verify()
    {
        Assert.Equal([Verdict.Pass, Verdict.Pass], Judge(Both + Football, Published).Select(one => one.Verdict));
        // Printed with two spaces after the sentence, and signed with one, as bh= of both standards shows.
        var plain = Football.Replace(".  Are", ". Are", StringComparison.Ordinal);
        Assert.Equal([(Verdict.Pass, 1024)], Judge(Simple + plain, Published)
            .Select(result => (result.Verdict, result.Bits)));
    }

    [Theory]
    [InlineData(false, DkimCanonicalizationAlgorithm.Simple, DkimCanonicalizationAlgorithm.Simple)]
    [InlineData(false, DkimCanonicalizationAlgorithm.Simple, DkimCanonicalizationAlgorithm.Relaxed)]
    [InlineData(false, DkimCanonicalizationAlgorithm.Relaxed, DkimCanonicalizationAlgorithm.Simple)]
    [InlineData(false, DkimCanonicalizationAlgorithm.Relaxed, DkimCanonicalizationAlgorithm.Relaxed)]
    [InlineData(true, DkimCanonicalizationAlgorithm.Simple, DkimCanonicalizationAlgorithm.Simple)]
    [InlineData(true, DkimCanonicalizationAlgorithm.Relaxed, DkimCanonicalizationAlgorithm.Relaxed)]
    public void What_another_signer_signs_verifies_and_nothing_else_does(
        bool isEd, DkimCanonicalizationAlgorithm header, DkimCanonicalizationAlgorithm body)
    {
        var signed = Signed(isEd ? Ed : Rsa, header, body);
        var key = isEd ? "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" : KeyOf(Rsa);
        Assert.Equal(Verdict.Pass, Assert.Single(Judge(signed, $"s1._domainkey.example.com TXT {key}")).Verdict);

        // Each octet of what is signed, on purpose changed: a letter for another.
        var start = signed.IndexOf("From:", StringComparison.Ordinal);
        for (var at = start; at < signed.Length; at += 3)
        {
            if (!char.IsAsciiLetterOrDigit(signed[at]) || signed.LastIndexOf('\n', at) is var line
                && !signed[(line + 1)..].StartsWith("From", StringComparison.Ordinal)
                && !signed[(line + 1)..].StartsWith("Subject", StringComparison.Ordinal)
                && at < signed.IndexOf("\n\n", StringComparison.Ordinal))
                continue;
            var broken = $"{signed[..at]}{(signed[at] == 'x' ? 'y' : 'x')}{signed[(at + 1)..]}";
            Assert.DoesNotContain(Judge(broken, $"s1._domainkey.example.com TXT {key}"),
                one => one.Verdict == Verdict.Pass && signed[at] is not ('F' or 'S'));
        }
    }

    [Theory]
    [InlineData("v=DKIM1; p=", Verdict.Fail, "was revoked")]
    [InlineData("v=DKIM2; p=AAAA", Verdict.PermError, "its v= is not DKIM1")]
    [InlineData("p=AAAA; v=DKIM1", Verdict.PermError, "does not stand first")]
    [InlineData("v=DKIM1; k=rsa", Verdict.PermError, "it has no p=")]
    [InlineData("v=DKIM1; h=sha1; p=AAAA", Verdict.PermError, "its h= does not name sha256")]
    [InlineData("v=DKIM1; s=tls; p=AAAA", Verdict.PermError, "its s= does not name email")]
    [InlineData("v=DKIM1; k=dsa; p=AAAA", Verdict.PermError, "its k= is dsa")]
    [InlineData("v=DKIM1; p=!!", Verdict.PermError, "its p= is no base64")]
    [InlineData("v=DKIM1; p=AAAA", Verdict.PermError, "its p= is no key of RSA")]
    [InlineData("v=DKIM1; k=ed25519; p=AAAA", Verdict.PermError, "is one of ed25519")]
    [InlineData("hello world", Verdict.PermError, "it is no list of tags")]
    [InlineData("v=DKIM1; p=AAAA; p=BBBB", Verdict.PermError, "it is no list of tags")]
    public void A_key_that_is_wrong_says_how(string key, Verdict verdict, string why)
    {
        var result = Assert.Single(Judge(Signed(Rsa), $"s1._domainkey.example.com TXT {key}"));
        Assert.Equal(verdict, result.Verdict);
        Assert.Contains(why, result.Why, StringComparison.Ordinal);
        Assert.NotEmpty(result.Cure);
    }

    [Fact]
    public void A_key_that_is_not_there_is_told_apart_from_one_that_nobody_tells()
    {
        Assert.Equal(Verdict.PermError, Assert.Single(Judge(Signed(Rsa), "x.example A 192.0.2.1")).Verdict);
        Assert.Equal(Verdict.TempError, Assert.Single(Judge(Signed(Rsa), "s1._domainkey.example.com FAILED")).Verdict);
        var two = Assert.Single(Judge(Signed(Rsa), $"s1._domainkey.example.com TXT {KeyOf(Rsa)}\n"
            + "s1._domainkey.example.com TXT v=DKIM1; p="));
        Assert.Contains("several TXT records", two.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_below_1024_bits_is_not_taken()
    {
        var small = RsaOf(768);
        var result = Assert.Single(Judge(Signed(small), $"s1._domainkey.example.com TXT {KeyOf(small)}"));
        Assert.Equal((Verdict.Policy, 768), (result.Verdict, result.Bits));
    }

    [Fact]
    public void A_key_of_one_version_or_the_other_of_its_encoding_is_read()
    {
        var bare = SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(Rsa.Public).PublicKey.GetBytes();
        Assert.Equal(Verdict.Pass, Assert.Single(Judge(Signed(Rsa),
            $"s1._domainkey.example.com TXT v=DKIM1; p={Convert.ToBase64String(bare)}")).Verdict);
    }

    [Theory]
    [InlineData("v=1;", "v=2;", "it has no v=1")]
    [InlineData("from : ", "x : ", "its h= does not name From")]
    [InlineData("i=@football.example.com", "i=@example.com", "its i= is not within d=")]
    [InlineData("c=relaxed/relaxed", "c=relaxed/odd", "its c= is unknown")]
    [InlineData("q=dns/txt", "q=dns/key", "its q= does not name dns/txt")]
    [InlineData("t=1528637909;", "l=9999999;", "its l= is more than the body has")]
    [InlineData("t=1528637909;", "t=20; x=10;", "its x= is no instant behind t=")]
    public void A_signature_that_is_wrong_says_how(string was, string now, string why)
    {
        var first = Judge((Both + Football).Replace(was, now, StringComparison.Ordinal), Published)[0];
        Assert.Equal(Verdict.PermError, first.Verdict);
        Assert.Contains(why, first.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void One_of_an_old_algorithm_is_not_taken() => Assert.Contains("rsa-sha1", Judge((Both + Football).Replace(
        "a=ed25519-sha256", "a=rsa-sha1", StringComparison.Ordinal), Published)[0].Why, StringComparison.Ordinal);

    [Fact]
    public void One_that_expired_fails_and_one_that_has_not_passes()
    {
        var today = DateTimeOffset.UtcNow;
        var signed = Signed(Rsa, expiresAfter: TimeSpan.FromDays(1));
        var zone = $"s1._domainkey.example.com TXT {KeyOf(Rsa)}";
        Assert.Equal((Verdict.Pass, "The key at s1._domainkey.example.com verifies the signature of example.com."),
            Assert.Single(Judge(signed, zone, today).Select(one => (one.Verdict, one.Why))));
        var late = Assert.Single(Judge(signed, zone, today.AddDays(2)));
        Assert.Equal(Verdict.Fail, late.Verdict);
        Assert.Contains("expired", late.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_for_the_domain_alone_is_not_one_for_what_is_below()
    {
        var strict = Published.Replace("test._domainkey.football.example.com TXT v=DKIM1;",
            "test._domainkey.football.example.com TXT v=DKIM1; t=s:y;", StringComparison.Ordinal);
        var result = Judge(Both + Football, strict)[1];
        Assert.Equal((Verdict.Pass, true), (result.Verdict, result.IsTest));
        var simple = Published.Replace("brisbane._domainkey.example.com TXT v=DKIM1;",
            "brisbane._domainkey.example.com TXT v=DKIM1; t=s;", StringComparison.Ordinal);
        Assert.Contains("(t=s)", Judge(Simple + Football, simple)[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_behind_l_is_counted()
    {
        var mail = Octets((Both + Football).Replace("t=1528637909;", "l=3;", StringComparison.Ordinal));
        Assert.Equal("Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n".Length - 3,
            DkimSignature.In(mail)[0]!.Unsigned);
    }

    // RFC 6376 §3.5: h= may name other signatures, and never means the one that it stands in.
    [Fact]
    public void One_that_signs_another_signature_and_that_there_is_no_third_verifies()
    {
        using var rsa = RSA.Create(2048);
        const string Rest = "DKIM-Signature: v=1; d=first.example\nFrom: a@example.com\n";
        var bodyHash = Convert.ToBase64String(SHA256.HashData("hi\r\n"u8));
        var own = "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from:dkim-signature:dkim-signature; "
            + $"bh={bodyHash}; b=";
        var signed = Octets("From: a@example.com\nDKIM-Signature: v=1; d=first.example\n" + own);
        var signature = rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Assert.Equal(Verdict.Pass, Assert.Single(Judge($"{own}{Convert.ToBase64String(signature)}\n{Rest}\nhi\n",
            "s1._domainkey.example.com TXT v=DKIM1; p=" + Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())))
            .Verdict);
    }

    [Theory]
    [InlineData("\n\n")]
    [InlineData("\n")] // no empty line
    [InlineData("")]   // and no line end
    public void A_mail_of_a_header_alone_is_read_to_its_end(string end)
    {
        var signed = Signed(Ed, text: "From: a@example.com\nSubject: x\n\n").TrimEnd('\n') + end;
        Assert.Equal(Verdict.Pass, Assert.Single(Judge(signed, "s1._domainkey.example.com TXT v=DKIM1; k=ed25519; "
            + "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")).Verdict);
    }

    [Theory]
    [InlineData(DkimCanonicalizationAlgorithm.Simple)]
    [InlineData(DkimCanonicalizationAlgorithm.Relaxed)]
    public void Empty_lines_and_the_last_line_end_of_a_body_do_not_count(DkimCanonicalizationAlgorithm body)
    {
        var signed = Signed(Ed, body: body).TrimEnd('\n');
        foreach (var end in (string[])["", "\n", "\n\n\n\n\n"])
            Assert.Equal(Verdict.Pass, Assert.Single(Judge(signed + end, "s1._domainkey.example.com TXT v=DKIM1; "
                + "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")).Verdict);
    }

    // Whatever stands in a header: there is a verdict, and nothing is thrown.
    [Fact]
    public void Any_header_comes_to_a_verdict() => Gen.Byte.Array[0, 200].Select(Gen.Int[0, 700], (noise, at) =>
        (noise, at)).Sample(one =>
        {
            var octets = Octets(Both + Football);
            byte[] mail = [.. octets[..one.at], .. one.noise, .. octets[one.at..]];
            var zone = Zone.Of(Published);
            foreach (var signature in DkimSignature.In(mail).OfType<DkimSignature>())
                _ = zone.Think(known => DkimCheck.Of(known, signature, Now));
        }, iter: 1_000);

    private static List<DkimResult> Judge(string mail, string zone, DateTimeOffset? now = null) =>
        [.. DkimSignature.In(Octets(mail)).OfType<DkimSignature>().Select(signature => Zone.Of(zone).Think(known =>
            DkimCheck.Of(known, signature, now ?? Now)))];

    private static byte[] Octets(string mail) =>
        Encoding.Latin1.GetBytes(mail.Replace("\n", "\r\n", StringComparison.Ordinal));

    private static AsymmetricCipherKeyPair RsaOf(int bits)
    {
        var keys = new RsaKeyPairGenerator();
        keys.Init(new KeyGenerationParameters(new SecureRandom(), bits));
        return keys.GenerateKeyPair();
    }

    private static string KeyOf(AsymmetricCipherKeyPair keys) => "v=DKIM1; k=rsa; p=" + Convert.ToBase64String(
        SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(keys.Public).GetDerEncoded());

    private static string Signed(AsymmetricCipherKeyPair keys,
        DkimCanonicalizationAlgorithm header = DkimCanonicalizationAlgorithm.Relaxed,
        DkimCanonicalizationAlgorithm body = DkimCanonicalizationAlgorithm.Relaxed, TimeSpan? expiresAfter = null,
        string? text = null)
    {
        var signer = new DkimSigner(keys.Private, "example.com", "s1", keys.Private is Ed25519PrivateKeyParameters
            ? DkimSignatureAlgorithm.Ed25519Sha256 : DkimSignatureAlgorithm.RsaSha256)
        {
            BodyCanonicalizationAlgorithm = body,
            HeaderCanonicalizationAlgorithm = header,
            SignaturesExpireAfter = expiresAfter,
        };
        using var read = new MemoryStream(Octets(text ?? "From: A  B <a@example.com>\nTo: b@x.example\nX_AZ: z\n"
            + "Subject:  a\n\tfolded \t subject \nX: y\n\nSome   text \t\n  indented\n\n\nmore\n\n\n"));
        using var message = MimeMessage.Load(read, TestContext.Current.CancellationToken);
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        signer.Sign(format, message, (string[])["From", "X_AZ", "Subject"]);
        using var signed = new MemoryStream();
        message.WriteTo(format, signed, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(signed.ToArray()).Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
