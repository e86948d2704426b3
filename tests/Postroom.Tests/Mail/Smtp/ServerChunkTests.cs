using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

public class ServerChunkTests
{
    private const string Begun = "HELO app\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\n";
    private const string Refused = "550 5.5.2 Bare CR, bare LF or NUL in mail data: lines end with CRLF; closing\r\n";
    private const string TooLarge = "552 5.3.4 Message size exceeds the limit\r\n";

    private static readonly ServerProfile Small = new("relay.test") { MessageSize = 100 };

    private static string X(int octets) => new('x', octets);

    [Theory]
    [InlineData("BDAT 3 LAST\r\nabc", "abc\r\n", "final CRLF added")]
    [InlineData("BDAT 5 last\r\nabc\r\n", "abc\r\n", null)]
    [InlineData("BDAT 4\r\na\r\n.BDAT 4 LAST\r\n\r\nb\r", null, null)]
    [InlineData("BDAT 4\r\na\r\n.BDAT 5  LAST \r\n\r\nb\r\n", "a\r\n.\r\nb\r\n", null)]
    [InlineData("BDAT 2\r\na\rBDAT 0\r\nBDAT 1 LAST\r\n\n", "a\r\n", null)]
    [InlineData("BDAT 2\r\na\nBDAT 0 LAST\r\n", null, null)]
    [InlineData("BDAT 0\r\nBDAT 0 LAST\r\n", "", null)]
    public void Chunks_are_one_mail_behind_each_other(string chunks, string? mail, string? repaired)
    {
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var script = new ServerScript().Feed(Begun + chunks, cut);
            var taken = script.Mails.SingleOrDefault();
            Assert.Equal((mail, repaired), (taken?.Octets, taken?.Repaired));
            Assert.EndsWith(mail == null ? Refused : "250 2.0.0 Taken\r\n", script.Said, StringComparison.Ordinal);
            Assert.Equal(mail == null ? Ending.BadData : Ending.None, script.Session.Ending);
        }
    }

    [Theory]
    [InlineData("BDAT", "501 5.5.4 BDAT needs a size; closing")]
    [InlineData("BDAT LAST", "501 5.5.4 BDAT needs a size; closing")]
    [InlineData("BDAT 1x", "501 5.5.4 BDAT needs a size; closing")]
    [InlineData("BDAT +1", "501 5.5.4 BDAT needs a size; closing")]
    [InlineData("BDAT 1 LASTS", "501 5.5.4 BDAT needs a size; closing")]
    [InlineData("BDAT 1 2", "501 5.5.4 BDAT needs a size; closing")]
    [InlineData("BDAT 100000000000000000", "552 5.3.4 Message size exceeds the limit")]
    [InlineData("BDAT 1000000000000000000", "501 5.5.4 BDAT needs a size; closing")]
    public void A_chunk_of_a_size_that_cannot_be_closes(string command, string answer)
    {
        var script = new ServerScript().Feed($"{Begun}{command}\r\nNOOP\r\n");
        Assert.EndsWith($"Recipient ok\r\n{answer}\r\n", script.Said, StringComparison.Ordinal);
        Assert.True(script.IsClosed);
    }

    [Fact]
    public void Chunks_together_are_held_to_the_limit_and_read_past()
    {
        foreach (var (first, last) in ((int, string)[])[(60, " LAST"), (60, ""), (1, "")])
        {
            var second = first == 1 ? 100 : 60;
            var script = new ServerScript(Small).Feed(
                $"{Begun}BDAT {first}\r\n{X(first)}BDAT {second}{last}\r\n{X(second)}NOOP\r\n");
            Assert.EndsWith($"250 2.0.0 {first} octets received\r\n{TooLarge}250 2.0.0 Ok\r\n",
                script.Said, StringComparison.Ordinal);
            Assert.Contains(ServerStep.DropBody, script.Steps);
        }
    }

    [Fact]
    public void One_chunk_is_as_large_as_a_mail_and_no_larger()
    {
        var script = new ServerScript(Small).Feed($"{Begun}BDAT 100 LAST\r\n{X(98)}\r\n");
        Assert.Equal(100, Assert.Single(script.Mails).Octets.Length);
        Assert.True(new ServerScript(Small).Feed($"{Begun}BDAT 101 LAST\r\n").IsClosed);
    }

    // The octets of the mail before do not count.
    [Fact]
    public void Each_mail_has_the_whole_limit()
    {
        var mail = $"MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nBDAT 60 LAST\r\n{X(58)}\r\n";
        Assert.Equal(3, new ServerScript(Small).Feed("HELO app\r\n" + mail + mail + mail).Mails.Count);
    }

    [Fact]
    public void While_chunks_come_there_is_no_other_mail()
    {
        var script = new ServerScript().Feed(Begun + "BDAT 1\r\nxMAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
        Assert.EndsWith("250 2.0.0 1 octets received\r\n" + string.Concat(
            Enumerable.Repeat("503 5.5.1 Mail data has begun: BDAT or RSET\r\n", 3)), script.Said, StringComparison.Ordinal);
    }
}
