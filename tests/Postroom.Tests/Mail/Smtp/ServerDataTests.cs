using System.Buffers;
using System.Text;
using CsCheck;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

public class ServerDataTests
{
    private static readonly string[] LineEnds = ["\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n\n", "\0\r\n", "\r\0\n"];

    private static (string Mail, MailData Data, int Taken) Read(string text, int cut, bool dots = true,
        bool lenient = false)
    {
        var octets = Encoding.Latin1.GetBytes(text);
        var data = new MailData(1_000_000, lenient);
        data.Begin(dots);
        var mail = new ArrayBufferWriter<byte>();
        var taken = 0;
        while (taken < octets.Length && !data.IsEnd && !data.IsRefused)
            taken += data.Read(octets.AsSpan(taken, Math.Min(cut, octets.Length - taken)), mail);
        if (!dots)
            data.Finish(mail);
        return (Encoding.Latin1.GetString(mail.WrittenSpan), data, taken);
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\nhello\r\n.\r\n", "Subject: x\r\n\r\nhello\r\n")]
    [InlineData(".\r\n", "")]                                  // an empty mail ends at once
    [InlineData("..leading\r\n.\r\n", ".leading\r\n")]         // the first line is a line too
    [InlineData(".x\r\n...\r\n.\r\n", "x\r\n..\r\n")]
    [InlineData("a.\r\n b .\r\n.\r\n", "a.\r\n b .\r\n")]      // a dot elsewhere is text
    [InlineData("\r\n\r\n.\r\nMAIL FROM:<>\r\n", "\r\n\r\n")] // what follows is not ours
    public void The_mail_comes_out_however_the_data_was_cut(string text, string mail)
    {
        foreach (var cut in (int[])[1, 2, 3, 5, text.Length])
        {
            var (read, data, taken) = Read(text, cut);
            Assert.Equal(mail, read);
            Assert.True(data.IsEnd);
            Assert.Equal(mail.Length, data.Length);
            Assert.EndsWith(".\r\n", text[..taken], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_was_stuffed_comes_out_as_it_was()
    {
        var line = Gen.Char["ab. é"].Array[0, 100].Select(c => new string(c));
        Gen.Select(line.Array[0, 12], Gen.Int[1, 40]).Sample((lines, cut) =>
        {
            var mail = string.Concat(lines.Select(l => l + "\r\n"));
            var stuffed = string.Concat(lines.Select(l => (l.StartsWith('.') ? "." : "") + l + "\r\n")) + ".\r\n";
            Assert.Equal(mail, Read(stuffed, cut).Mail);
            Assert.Equal(mail, Read(mail, cut, dots: false).Mail);
        }, iter: 2000, threads: 1);
    }

    [Fact]
    public void No_mix_of_line_ends_but_the_right_one_ends_the_data()
    {
        foreach (var before in LineEnds)
        foreach (var after in LineEnds)
        foreach (var cut in (int[])[1, 2, 3, 100])
        {
            var text = $"x{before}.{after}MAIL FROM:<evil@example.com>\r\n";
            var isEnd = before.EndsWith("\r\n", StringComparison.Ordinal)
                && after.StartsWith("\r\n", StringComparison.Ordinal);

            var (_, strict, taken) = Read(text, cut);
            Assert.Equal(before == "\r\n" && isEnd, strict.IsEnd);
            Assert.Equal(!strict.IsEnd, strict.IsRefused);
            Assert.True(taken <= 1 + before.Length + 1 + after.Length + 1); // a CR is known as bare one octet later

            var (mail, lenient, _) = Read(text, cut, lenient: true);
            var ends = before is "\r\n" or "\r\r\n" or "\0\r\n" && after.StartsWith("\r\n", StringComparison.Ordinal);
            var shown = $"{before} . {after}".Replace("\r", "CR").Replace("\n", "LF");
            Assert.True(ends == lenient.IsEnd, $"{shown} cut {cut}");
            Assert.DoesNotMatch("(\\A|[^\r])\n|\r([^\n]|\\z)|\0", mail);
        }
    }

    [Theory]
    [InlineData("a\nb\r\n.\r\n", "a\r\nb\r\n", "bare LF made CRLF")]
    [InlineData("a\rb\r\n.\r\n", "a\r\nb\r\n", "bare CR made CRLF")]
    // one line end, not two: two would end a header
    [InlineData("a\r\r\nb\r\n.\r\n", "a\r\nb\r\n", "bare CR made CRLF")]
    [InlineData("a\0b\r\n.\r\n", "ab\r\n", "NUL dropped")]
    [InlineData("a\n..b\n.c\n.\r\n.\r\n", "a\r\n.b\r\nc\r\n.\r\n", "bare LF made CRLF")]
    [InlineData("a\r\n.\rb\r\n.\r\n", "a\r\n.\r\nb\r\n", "bare CR made CRLF")]
    [InlineData("a\n.\nb\0\r\n.\r\n", "a\r\n.\r\nb\r\n", "bare LF made CRLF; NUL dropped")]
    public void Lenient_data_is_repaired_and_says_so(string text, string mail, string repaired)
    {
        foreach (var cut in (int[])[1, 2, 100])
        {
            var (read, data, _) = Read(text, cut, lenient: true);
            Assert.Equal((mail, repaired, true), (read, data.Repaired, data.IsEnd));
        }
    }

    [Fact]
    public void Beyond_the_limit_all_is_counted_and_nothing_written()
    {
        var data = new MailData(5, lenient: false);
        data.Begin(dots: false);
        var mail = new ArrayBufferWriter<byte>();
        data.Read("abc\r\n"u8, mail);
        Assert.False(data.IsTooLarge);
        data.Read("d\u00e9f"u8, mail);
        Assert.Equal((true, 9, false), (data.IsTooLarge, data.Length, data.EightBit));
        Assert.Equal("abc\r\n", Encoding.Latin1.GetString(mail.WrittenSpan));
    }

    [Theory]
    [InlineData("a\r\n", "a\r\n", null)]
    [InlineData("a", "a\r\n", "final CRLF added")]
    [InlineData("", "", null)]
    [InlineData(".\r\n..b\r\n", ".\r\n..b\r\n", null)] // no dot means anything
    public void Chunks_are_taken_as_they_are_but_for_a_final_CRLF(string text, string mail, string? repaired)
    {
        foreach (var cut in (int[])[1, 2, 100])
        {
            var (read, data, _) = Read(text, cut, dots: false);
            Assert.Equal((mail, repaired), (read, data.Repaired));
        }
    }

    [Theory]
    [InlineData("a\nb\r\n")]
    [InlineData("a\rb\r\n")]
    [InlineData("a\0b\r\n")]
    [InlineData("a\r\nb\r")] // a CR that the last chunk ends with has no LF
    public void Chunks_are_held_to_the_same_lines_as_data(string text)
    {
        foreach (var cut in (int[])[1, 2, 100])
            Assert.True(Read(text, cut, dots: false).Data.IsRefused);
    }

    [Theory]
    [InlineData("DATA\r\nx\n.\r\nMAIL FROM:<evil@example.com>\r\n")]
    [InlineData("BDAT 3 LAST\r\nx\n.MAIL FROM:<evil@example.com>\r\n")]
    [InlineData("DATA\r\nx\ry\r\n.\r\n")]
    public void A_refusal_of_data_comes_at_once_and_closes(string text)
    {
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var script = new ServerScript().Feed("HELO app\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\n" + text, cut);
            Assert.EndsWith("550 5.5.2 Bare CR, bare LF or NUL in mail data: lines end with CRLF; closing\r\n",
                script.Said,
                StringComparison.Ordinal);
            Assert.True(script.IsClosed);
            Assert.Empty(script.Mails);
            Assert.Equal(Ending.BadData, script.Session.Ending);
        }
    }
}
