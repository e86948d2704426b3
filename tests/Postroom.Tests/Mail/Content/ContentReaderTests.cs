using System.Text;
using Postroom.Mail.Content;
using Xunit;

namespace Postroom.Tests.Mail.Content;

/// <summary>What a mail shows, of mails that are well made and of those that are not.</summary>
public sealed class ContentReaderTests
{
    private const string Whole = """
        From: =?UTF-8?Q?J=C3=BCrgen?= <j@example.com>
        Subject: Report
         for =?ISO-8859-1?Q?K=F6ln?=
        Content-Type: multipart/mixed; boundary=m

        --m
        Content-Type: multipart/alternative; boundary=a

        --a
        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable

        Gr=FC=DFe
        --a
        Content-Type: multipart/related; boundary=r

        --r
        Content-Type: text/html; charset=utf-8

        <p>Hi <img src="cid:logo@x"></p>
        --r
        Content-Type: image/png; name=logo.png
        Content-ID: <logo@x>
        Content-Transfer-Encoding: base64

        iVBORw0KGgo=
        --r--
        --a
        Content-Type: text/calendar; method=REQUEST

        BEGIN:VCALENDAR
        --a--
        --m
        Content-Type: application/pdf
        Content-Disposition: attachment; filename*=UTF-8''%C3%9Cbersicht.pdf
        Content-Transfer-Encoding: base64

        AAECAw==
        --m
        Content-Type: message/rfc822

        Subject: Inner
        Content-Type: multipart/mixed; boundary=i

        --i
        Content-Type: text/plain

        inner text
        --i
        Content-Type: text/plain
        Content-Disposition: attachment; filename=deep.txt

        x
        --i--
        --m--

        """;

    [Fact]
    public void Everything_in_it_is_named_and_can_be_taken_out()
    {
        var mail = Read(Whole);
        Assert.Empty(mail.Cuts);
        Assert.Equal("Grüße", mail.Text);
        Assert.StartsWith("<p>Hi ", mail.Html, StringComparison.Ordinal);
        Assert.Equal("Report for Köln", mail.Field("subject"));
        Assert.Equal("Report\r\n for =?ISO-8859-1?Q?K=F6ln?=", mail.Fields[1].Written);
        Assert.Equal("Jürgen <j@example.com>", mail.Fields[0].Text);
        Assert.Equal(
        [
            "1 1.1 text/plain part-1.txt 5 body", "2 1.2.1 text/html part-2.html 32 body",
            "3 1.2.2 image/png logo.png 8 ", "4 1.3 text/calendar part-4.ics 15 ",
            "5 2 application/pdf Übersicht.pdf 4 ", "6 3 message/rfc822 Inner.eml 199 ",
            "7 3.1 text/plain part-7.txt 10 ", "8 3.2 text/plain deep.txt 1 ",
        ], mail.Parts.Select(p => $"{p.Number} {p.Path} {p.Type} {p.Name} {p.Size} {(p.IsBody ? "body" : "")}"));
        Assert.Equal(3, mail.ByContentId("logo@x")?.Number);
        Assert.Equal([0, 1, 2, 3], mail.Parts[4].Octets(100, out var isCut));
        Assert.False(isCut);
        Assert.Equal([0, 1], mail.Parts[4].Octets(2, out isCut));
        Assert.True(isCut);
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..\\..\\windows\\system.ini", "system.ini")]
    [InlineData("invoice\u202Efdp.exe", "invoice_fdp.exe")]
    [InlineData("a\r\nSet-Cookie: b", "a__Set-Cookie_ b")]
    [InlineData("\x1b[2Jx", "_[2Jx")]
    [InlineData("con.txt", "_con.txt")]
    [InlineData("LPT1", "_LPT1")]
    [InlineData("...", "part-7.pdf")]
    [InlineData("", "part-7.pdf")]
    [InlineData("a/", "part-7.pdf")]
    [InlineData(".bashrc", "bashrc")]
    [InlineData("C:evil", "C_evil")]
    [InlineData("😀.png", "😀.png")]
    [InlineData("$(rm -rf).sh", "_(rm -rf).sh")]
    public void A_name_is_safe_for_a_file(string written, string safe) =>
        Assert.Equal(safe, PartName.Safe(written, "application/pdf", 7));

    [Fact]
    public void A_long_name_keeps_its_ending()
    {
        var name = PartName.Safe(new string('x', 5_000) + ".tar.gz", "application/gzip", 1);
        Assert.Equal("x_y", PartName.Safe("x\ud800y", "a/b", 1)); // half a character
        Assert.Equal((120, true), (name.Length, name.EndsWith(".gz", StringComparison.Ordinal)));
        Assert.Equal(119, PartName.Safe("x" + string.Concat(Enumerable.Repeat("x😀", 500)), "a/b", 1).Length);
    }

    [Theory]
    [InlineData("utf-7", "+ADw-script+AD4-", "+ADw-script+AD4-")]
    [InlineData("x-unknown", "Gr\u00fc\u00dfe", "Grüße")]
    [InlineData("us-ascii", "Gr\u00c3\u00bc\u00c3\u009fe", "Grüße")]
    [InlineData("koi8-r", "\u00f0\u00d2\u00c9", "При")]
    [InlineData("windows-1252", "\u0080", "€")]
    [InlineData("utf-16", "a\0b\0", "ab")]
    [InlineData("\"", "a\0b", "ab")]
    public void A_charset_that_is_wrong_or_strange_is_no_obstacle(string charset, string octets, string text) =>
        Assert.Equal(text, Read($"Content-Type: text/plain; charset={charset}\n\n{octets}").Text);

    [Theory]
    [InlineData("parts")]
    [InlineData("fields")]
    [InlineData("levels")]
    [InlineData("mails")]
    [InlineData("text")]
    public void A_bomb_ends_in_an_answer_that_says_so(string kind)
    {
        var limits = new ContentLimits();
        var octets = kind switch
        {
            "parts" => "Content-Type: multipart/mixed; boundary=b\n\n" + Many(100_000, _ => "--b\n\n"),
            "fields" => Many(100_000, _ => "a: b\n") + "\nx",
            "levels" => Many(3_000, n => $"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"),
            "mails" => Many(30_000, _ => "Content-Type: message/rfc822\n\n"),
            _ => "\n" + Many(400_000, _ => "a line\n"),
        };
        var mail = Read(octets);
        Assert.NotEmpty(mail.Cuts);
        Assert.InRange(mail.Parts.Count, 1, limits.Parts);
        Assert.InRange(mail.Fields.Count, 0, limits.Fields);
        Assert.InRange(mail.Text?.Length ?? 0, 0, limits.TextOctets);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("no header at all")]
    [InlineData("\0\0\0")]
    [InlineData("Content-Type: multipart/mixed\n\nno boundary")]
    [InlineData("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n----")]
    [InlineData("Content-Type: ;;;=/\nContent-Disposition: ;filename*0*=x''%;filename*1=\n\nx")]
    [InlineData("Content-Transfer-Encoding: base64\n\n!!!!")]
    [InlineData("Content-Type: text/plain; charset*=''%FF\nContent-Transfer-Encoding: x-none\n\nx")]
    [InlineData("Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\neJ8+IgEAAQAAAAAA")]
    [InlineData("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQp4")]
    [InlineData("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--")]
    [InlineData("Content-Type: message/partial; id=a; number=1\n\nx")]
    [InlineData("Content-Type: message/delivery-status\n\nA: b\n\n\nC: d")]
    [InlineData("Content-Type: multipart/encrypted; boundary=b\n\n--b\n\n--b--")]
    public void Nonsense_has_an_answer(string octets)
    {
        var mail = Read(octets);
        Assert.All(mail.Parts, part => Assert.True(part.Size >= 0 && part.Octets(1_000, out _).Length <= 1_000));
        Assert.All(mail.Parts, part => Assert.DoesNotContain(part.Name, c => char.IsControl(c) || c is '/' or '\\'));
    }

    internal static ShownMail Read(string octets) => ContentReader.Read(new MemoryStream(
        Encoding.Latin1.GetBytes(octets.Replace("\r\n", "\n", StringComparison.Ordinal)
            .Replace("\n", "\r\n", StringComparison.Ordinal))));

    private static string Many(int count, Func<int, string> one) =>
        string.Concat(Enumerable.Range(0, count).Select(one));
}
