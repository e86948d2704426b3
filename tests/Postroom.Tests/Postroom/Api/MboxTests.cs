using System.Text;
using CsCheck;
using Postroom.Api;
using Postroom.Api.Export;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>A result outside of the relay: what is written reads back as what it was.</summary>
public sealed class MboxTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 5, 9, 4, 7, TimeSpan.FromHours(1));

    [Theory]
    [InlineData("Subject: x\r\n\r\nFrom here on\r\n", "Subject: x\r\n\r\n>From here on\r\n")]
    [InlineData("a\r\n>From b\r\n>>From c\r\n", "a\r\n>>From b\r\n>>>From c\r\n")]
    [InlineData("From: a@example.com\r\nFrom\r\n From x\r\nxFrom y\r\n", null)] // none of these is a mark
    [InlineData("a\nFrom b\n", "a\n>From b\n")]
    [InlineData("no end", "no end\n")]
    [InlineData("From", "From\n")]
    [InlineData(">", ">\n")]
    [InlineData("\r\n", null)]
    public async Task A_line_that_would_cut_the_mbox_is_quoted_however_it_was_cut(string mail, string? written)
    {
        foreach (var cut in (int[])[1, 2, 3, 5, mail.Length])
            Assert.Equal($"From a@example.com Thu Nov  5 08:04:07 2026\n{written ?? mail}\n",
                await WriteAsync([("a@example.com", mail)], cut));
    }

    [Fact]
    public async Task The_null_path_has_a_name_and_what_was_not_written_is_not_there()
    {
        using var into = new MemoryStream();
        await using var mbox = new MboxStream(into);
        mbox.Begin("gone@example.com", At);
        mbox.Begin("", At);
        await mbox.WriteAsync("x\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await mbox.EndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("From MAILER-DAEMON Thu Nov  5 08:04:07 2026\nx\r\n\n", Encoding.UTF8.GetString(into.ToArray()));
    }

    [Fact]
    public async Task Whoever_takes_one_sign_from_each_such_line_has_the_mails_back()
    {
        string[] pieces = ["From ", ">", "\r\n", "\n", "\r", "Fro", "m ", "x", " ", "From: y", "\n\nFrom z"];
        var mail = Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]).Array[1, 30].Select(string.Concat);
        await Gen.Select(mail.Array[1, 3], Gen.Int[1, 9]).SampleAsync(async (mails, cut) =>
        {
            var mbox = await WriteAsync([.. mails.Select(text => ("a@example.com", text))], cut);
            return Split(mbox).SequenceEqual(mails.Select(text => text.EndsWith('\n') ? text : text + "\n"));
        });
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("he said \"no\"", "\"he said \"\"no\"\"\"")]
    [InlineData("two\r\nlines", "\"two\nlines\"")]
    [InlineData("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"")]
    [InlineData("@SUM(1)", "'@SUM(1)")]
    [InlineData("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0")]
    [InlineData("-1+1", "'-1+1")]
    [InlineData("\t=1", "\\x09=1")]
    [InlineData("\e[2Jx", "\\x1B[2Jx")]
    [InlineData(null, "")]
    public void A_cell_is_text_and_nothing_else(string? cell, string written)
    {
        Assert.Equal(written, Csv.Line(cell));
        Assert.Equal($"x,{written},y", Csv.Line("x", cell, "y"));
    }

    [Fact]
    public void A_row_has_a_cell_for_each_column()
    {
        var row = new RecipientAnswer("06AME7XHM0000", 1, "failed", "=a@example.com", "jira@example.com")
        {
            AcceptedAt = At, Subject = "a, \"b\"\nc", Route = "up", FailedTries = 2, Size = 99, Last = "550 no",
        };
        Assert.Equal("id,recipient,state,to,from,acceptedAt,subject,route,failedTries,nextDue,size,source,app,item,"
            + "last,box,unread,tags\r\n", RecipientLines.CsvHead);
        Assert.Equal("06AME7XHM0000,1,failed,'=a@example.com,jira@example.com,2026-11-05T09:04:07.0000000+01:00,"
            + "\"a, \"\"b\"\"\nc\",up,2,,99,,,,550 no,,,\r\n", RecipientLines.AsCsv(row));
        // Whoever adds a word to the answer adds a column.
        Assert.Equal(typeof(RecipientAnswer).GetProperties().Select(p => p.Name).Order(),
            RecipientLines.CsvHead.TrimEnd().Split(',').Select(c => char.ToUpperInvariant(c[0]) + c[1..]).Order());
    }

    /// <summary>Takes an mbox apart as mboxrd says.</summary>
    internal static List<string> Split(string mbox)
    {
        var mails = new List<StringBuilder>();
        foreach (var line in mbox[..^1].Split('\n'))
            if (line.StartsWith("From ", StringComparison.Ordinal))
                mails.Add(new StringBuilder());
            else
                mails[^1].Append(line.TrimStart('>').StartsWith("From ", StringComparison.Ordinal) ? line[1..] : line)
                    .Append('\n');
        return [.. mails.Select(mail => mail.ToString()[..^1])]; // the empty line behind each is the mbox's
    }

    private static async Task<string> WriteAsync((string From, string Mail)[] mails, int cut)
    {
        using var into = new MemoryStream();
        await using var mbox = new MboxStream(into);
        foreach (var (from, mail) in mails)
        {
            mbox.Begin(from, At);
            foreach (var piece in Encoding.Latin1.GetBytes(mail).Chunk(cut))
                await mbox.WriteAsync(piece);
            await mbox.EndAsync(CancellationToken.None);
        }

        return Encoding.Latin1.GetString(into.ToArray());
    }
}
