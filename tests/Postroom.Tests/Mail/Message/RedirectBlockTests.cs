using System.Text;
using MimeKit;
using Postroom.Mail;
using Postroom.Mail.Message;
using Xunit;

namespace Postroom.Tests.Mail.Message;

public class RedirectBlockTests
{
    [Theory]
    [InlineData("Subject: hello\r\n\r\nx", "Subject: [qa] hello\r\n\r\nx")]
    [InlineData("Subject:hello\r\n\r\n", "Subject: [qa] hello\r\n\r\n")]
    [InlineData("SUBJECT :\thello\r\n\r\n", "SUBJECT : [qa]\thello\r\n\r\n")]
    [InlineData("Subject:\r\n hello\r\n\r\n", "Subject: [qa]\r\n hello\r\n\r\n")]
    [InlineData("Subject: \r\n\r\n", "Subject: [qa] \r\n\r\n")]
    [InlineData("Subject: =?utf-8?Q?=C3=BC?=\r\n\r\n", "Subject: [qa] =?utf-8?Q?=C3=BC?=\r\n\r\n")]
    [InlineData("A: b\r\n Subject: no\r\nSubject: yes\r\nSubject: no\r\n\r\n",
        "A: b\r\n Subject: no\r\nSubject: [qa] yes\r\nSubject: no\r\n\r\n")]
    [InlineData("A: b\r\n\r\nSubject: in the body\r\n", "Subject: [qa]\r\nA: b\r\n\r\nSubject: in the body\r\n")]
    [InlineData("no header\r\nSubject: in the body\r\n", "Subject: [qa]\r\nno header\r\nSubject: in the body\r\n")]
    [InlineData("", "Subject: [qa]\r\n")]
    public void The_tag_goes_in_front_of_the_subject_and_nothing_else_changes(string mail, string expected) =>
        Assert.Equal("X-Original-To: alice@example.com\r\n" + expected, Put(mail, "[qa]", "alice@example.com"));

    [Theory]
    [InlineData("Subject: plain\r\n\r\n", "[prüfung] plain")]
    [InlineData("Subject: =?utf-8?Q?=C3=BCber?=\r\n\r\n", "[prüfung] über")]
    [InlineData("Subject:\r\n =?utf-8?Q?=C3=BCber?=\r\n\r\n", "[prüfung] über")]
    [InlineData("From: a@b.example\r\n\r\n", "[prüfung]")]
    public void A_tag_that_is_no_ASCII_is_an_encoded_word_of_its_own(string mail, string read)
    {
        var put = Put(mail, "[prüfung]", "alice@example.com");
        Assert.True(Ascii.IsValid(put));
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(put));
        Assert.Equal(read, MimeMessage.Load(stream, TestContext.Current.CancellationToken).Subject);
    }

    [Fact]
    public void Each_recipient_has_a_field_and_another_alphabet_is_encoded()
    {
        var put = Put("A: b\r\n\r\n", null, "a@example.com", "мария.константинопольская@почта.example");
        Assert.StartsWith("X-Original-To: a@example.com\r\nX-Original-To: =?utf-8?B?", put, StringComparison.Ordinal);
        Assert.EndsWith("?=\r\nA: b\r\n\r\n", put, StringComparison.Ordinal);
        Assert.True(Ascii.IsValid(put));
        Assert.All(put.Split("\r\n"), line => Assert.True(line.Length <= 76));
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(put));
        var read = MimeMessage.Load(stream, TestContext.Current.CancellationToken);
        Assert.Equal("мария.константинопольская@почта.example",
            read.Headers.Last(h => h.Field == "X-Original-To").Value);
    }

    [Fact]
    public void No_line_gets_longer_than_mail_may_have()
    {
        var put = Put($"Subject: {new string('x', 985)}\r\n\r\n", "[staging]", "a@example.com");
        Assert.Contains($"Subject: [staging]\r\n {new string('x', 985)}\r\n", put, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_goes_on_for_ever_gets_no_second_subject()
    {
        var part = Encoding.ASCII.GetBytes("X-A: b\r\nX-B: c");
        Assert.Empty(RedirectBlock.Of(part, isWhole: false, [], "[qa]").Front);
    }

    private static string Put(string mail, string? tag, params string[] to)
    {
        var octets = Encoding.UTF8.GetBytes(mail);
        var block = RedirectBlock.Of(octets, isWhole: true, [.. to.Select(one => new ForwardPath(one))], tag);
        return Encoding.UTF8.GetString(
            [.. block.Front, .. octets[..block.At], .. block.Insert, .. octets[block.At..]]);
    }
}
