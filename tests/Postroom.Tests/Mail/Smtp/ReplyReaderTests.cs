using System.Text;
using Postroom.Mail;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

public class ReplyReaderTests
{
    // Only a status of three numbers that stands alone, and is of the code's class, is one.
    [Theory]
    [InlineData("250 2.1.5", "2.1.5", "")]
    [InlineData("250 2.1.5 Ok", "2.1.5", "Ok")]
    [InlineData("250 2.10.15 Ok", "2.10.15", "Ok")]
    [InlineData("250 2.123.456 Ok", "2.123.456", "Ok")]
    [InlineData("451 4.7.1 Later", "4.7.1", "Later")]
    [InlineData("400 4.0.0 Later", "4.0.0", "Later")]
    [InlineData("250 2.1", null, "2.1")]
    [InlineData("250 2.1.", null, "2.1.")]
    [InlineData("250 2.1. x", null, "2.1. x")]
    [InlineData("250 2..1", null, "2..1")]
    [InlineData("250 2..1 x", null, "2..1 x")]
    [InlineData("250 2.x.1 y", null, "2.x.1 y")]
    [InlineData("250 2.123", null, "2.123")]
    [InlineData("250 2.1 5 x", null, "2.1 5 x")]
    [InlineData("250 2 1.5 x", null, "2 1.5 x")]
    [InlineData("250 2.1.5x", null, "2.1.5x")]
    [InlineData("550 5.7.1234 x", null, "5.7.1234 x")]
    [InlineData("550 5.1234.7 x", null, "5.1234.7 x")]
    [InlineData("550 4.1.1 x", null, "4.1.1 x")]
    [InlineData("300 3.0.0 x", null, "3.0.0 x")]
    [InlineData("354 3.0.0 x", null, "3.0.0 x")]
    [InlineData("399 3.0.0 x", null, "3.0.0 x")]
    [InlineData("250 ", null, "")]
    [InlineData("250", null, "")]
    public void A_status_is_taken_off_the_text(string line, string? status, string text)
    {
        foreach (var cut in (int[])[1, 4, line.Length + 2])
        {
            var reply = Assert.Single(Read(line + "\r\n", cut).Replies);
            Assert.Equal((status, text), (reply.Status?.ToString(), reply.Text));
            Assert.Equal(line[..3], $"{reply.Code}");
        }
    }

    [Fact]
    public void A_reply_of_many_lines_has_the_status_of_its_first()
    {
        var reply = Assert.Single(Read("250-2.1.0 one\r\n250-\r\n250-2.2.2 two\r\n250 three\r\n", 5).Replies);
        Assert.Equal(new EnhancedStatus(2, 1, 0), reply.Status);
        Assert.Equal(["one", "", "two", "three"], reply.Lines);
    }

    [Fact]
    public void Replies_pipelined_come_one_by_one()
    {
        var reader = new ReplyReader();
        ReadOnlySpan<byte> bytes = "250-a\r\n250 b\r\n250 c\r\n25"u8;
        Assert.Equal(ReplyProgress.Complete, reader.Read(ref bytes, out var reply));
        Assert.Equal(("a b", 9), (reply?.Text, bytes.Length));
        Assert.Equal(ReplyProgress.Complete, reader.Read(ref bytes, out reply));
        Assert.Equal(("c", 2), (reply?.Text, bytes.Length));
        Assert.Equal(ReplyProgress.More, reader.Read(ref bytes, out reply));
        Assert.Equal((null, 0), (reply, bytes.Length));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("2", true)]
    [InlineData("250 one\r", true)]
    [InlineData("250 one\r\n", false)]
    [InlineData("250-one\r\n", true)]
    [InlineData("250-one\r\n250 ", true)]
    [InlineData("250-one\r\n250 two\r\n", false)]
    public void Between_replies_it_is_not_midway(string text, bool isMidway) =>
        Assert.Equal(isMidway, Read(text, text.Length + 1).Reader.IsMidway);

    [Theory]
    [InlineData("HTTP/1.1 400 Bad\r\n", "no reply of SMTP: HTTP/1.1 400 Bad")]
    [InlineData("250.x\r\n", "no reply of SMTP: 250.x")]
    [InlineData("650 x\r\n", "no reply of SMTP: 650 x")]
    [InlineData("\r\n", "no reply of SMTP: ")]
    [InlineData("25\x1b\r\n", "no reply of SMTP: 25\\x1B")]
    [InlineData("250-one\r\n550 two\r\n", "a reply whose lines disagree about its code: 550 two")]
    public void What_is_no_reply_is_told_in_words(string text, string complaint) => Assert.Equal(
        $"the next hop sent {complaint}", Read(text, text.Length).Reader.Complaint);

    [Theory]
    [InlineData(2_000, true)]
    [InlineData(2_001, false)]
    public void A_line_is_as_long_as_it_may_be_and_no_longer(int octets, bool fits)
    {
        foreach (var cut in (int[])[1, 700, 1_999, 2_000, 2_001])
        {
            var read = Read("250 " + new string('x', octets - 6) + "\r\n", cut);
            Assert.Equal(fits ? octets - 6 : 0, read.Replies.Sum(reply => reply.Text.Length));
            Assert.Equal(!fits, read.Reader.Complaint?.StartsWith(
                "the next hop sent a line of more than 2,000 octets: ", StringComparison.Ordinal) ?? false);
        }
    }

    [Fact]
    public void Of_what_was_sent_the_complaint_shows_the_start() => Assert.Equal(
        "the next hop sent no reply of SMTP: " + new string('x', 80), Read(new string('x', 81) + "\r\n", 100).Reader.Complaint);

    // A line counts without its CRLF.
    [Theory]
    [InlineData(1_600, true)]
    [InlineData(1_601, false)]
    public void A_reply_is_as_long_as_it_may_be_and_no_longer(int last, bool fits)
    {
        var lines = string.Concat(Enumerable.Repeat($"250-{new string('x', 1_596)}\r\n", 9));
        var reply = $"{lines}250 {new string('x', last - 4)}\r\n";
        var read = Read(reply + (fits ? reply : ""), 1_000); // the next one is counted from its own start
        Assert.Equal(fits ? 2 : 0, read.Replies.Count);
        Assert.Equal(fits ? null : "the next hop sent a reply of more than 16,000 octets: 250 " + new string('x', 76),
            read.Reader.Complaint);
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(201, "the next hop sent a reply of more than 200 lines: 250 x")]
    public void A_reply_has_as_many_lines_as_it_may_and_no_more(int lines, string? complaint) => Assert.Equal(complaint,
        Read(string.Concat(Enumerable.Repeat("250-x\r\n", lines - 1)) + "250 x\r\n", 1_000).Reader.Complaint);

    [Fact]
    public void After_garbage_nothing_more_is_read()
    {
        var reader = Read("no\r\n", 4).Reader;
        ReadOnlySpan<byte> bytes = "250 Ok\r\n"u8;
        Assert.Equal(ReplyProgress.Garbage, reader.Read(ref bytes, out var reply));
        Assert.Equal((null, 8, "the next hop sent no reply of SMTP: no"), (reply, bytes.Length, reader.Complaint));
        bytes = default;
        Assert.Equal(ReplyProgress.Garbage, reader.Read(ref bytes, out _));
    }

    private static (List<Reply> Replies, ReplyReader Reader) Read(string text, int cut)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new ReplyReader();
        var replies = new List<Reply>();
        for (var at = 0; at < bytes.Length && reader.Complaint is null; at += cut)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(at, Math.Min(cut, bytes.Length - at));
            while (reader.Read(ref piece, out var reply) == ReplyProgress.Complete)
                replies.Add(reply!);
        }

        return (replies, reader);
    }
}
