using System.Buffers;
using System.Text;
using CsCheck;
using Postroom.Mail;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

public sealed class ClientTests
{
    private static readonly string[] Parts = ["\r\n", ".", "a", "\r\n.", ".."];

    [Theory]
    [InlineData("250 2.1.5 Ok\r\n", "250 2.1.5 Ok")]
    [InlineData("250-2.0.0 one\r\n250 2.0.0 two\r\n", "250 2.0.0 one two")]
    [InlineData("250\r\n", "250 ")]
    [InlineData("354 go\n", "354 go")]
    [InlineData("550 5.1.1\x1b[31m no\r\n", "550 5.1.1\\x1B[31m no")]
    [InlineData("550 4.1.1 another class\r\n", "550 4.1.1 another class")]
    public void A_reply_comes_out_however_it_was_cut(string bytes, string reply)
    {
        foreach (var cut in (int[])[1, 2, 3, 7, bytes.Length])
            Assert.Equal([reply, reply], Read(bytes + bytes, cut).Select(one => one.ToString()));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("250-one\r\n251 two\r\n")]
    [InlineData("150 no such thing\r\n")]
    [InlineData("25\r\n")]
    [InlineData("250_x\r\n")]
    public void What_is_no_reply_is_told(string bytes)
    {
        foreach (var cut in (int[])[1, bytes.Length])
            Assert.Throws<FormatException>(() => Read(bytes, cut));
    }

    [Fact]
    public void A_reply_without_end_ends()
    {
        Assert.Throws<FormatException>(() => Read("250 " + new string('x', 2_000), 100));
        Assert.Throws<FormatException>(() => Read(string.Concat(Enumerable.Repeat("250-x\r\n", 201)), 100));
        Assert.Single(Read(string.Concat(Enumerable.Repeat("250-x\r\n", 199)) + "250 x\r\n", 100));
    }

    [Fact]
    public void What_EHLO_offers_is_read_in_any_case()
    {
        var hop = Capabilities.Of(Read(
            "250-Hop.example hi\r\n250-pipelining\r\n250-SIZE 0\r\n" +
            "250-AUTH PLAIN\r\n250-AUTH=LOGIN plain\r\n250 X-UNKNOWN y\r\n", 9)[0]);
        Assert.Equal("Hop.example", hop.Name);
        Assert.True(hop is { Pipelining: true, Size: true, LargestMail: null, Chunking: false });
        Assert.Equal(["PLAIN", "LOGIN"], hop.Auth);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("CHUNKING", "Chunking")]
    [InlineData("starttls", "StartTls")]
    [InlineData("PIPELINING", "Pipelining")]
    [InlineData("8BITMIME", "EightBitMime")]
    [InlineData("SMTPUTF8", "SmtpUtf8")]
    [InlineData("DSN", "Dsn")]
    [InlineData("SIZE", "Size")]
    [InlineData("SIZE 0", "Size")]
    [InlineData("SIZE -1", "Size")]
    [InlineData("SIZE many", "Size")]
    [InlineData("SIZE 1", "Size, at most 1")]
    [InlineData("SIZE 1000 2000", "Size, at most 1000")]
    [InlineData("SIZE 99999999999999999999", "Size")]
    [InlineData("AUTH", "")]
    [InlineData("AUTH PLAIN LOGIN plain", "Auth PLAIN LOGIN")]
    [InlineData("X-DSN", "")]
    public void Each_keyword_of_EHLO_offers_its_own(string line, string offered)
    {
        var hop = Capabilities.Of(new Reply(250, null, ["hop", line]));
        var said = new List<string>();
        foreach (var (name, isOffered) in new[]
        {
            ("Pipelining", hop.Pipelining), ("Chunking", hop.Chunking), ("EightBitMime", hop.EightBitMime),
            ("SmtpUtf8", hop.SmtpUtf8), ("Dsn", hop.Dsn), ("StartTls", hop.StartTls), ("Size", hop.Size),
        })
        {
            if (isOffered)
                said.Add(name);
        }

        if (hop.LargestMail is { } most)
            said.Add($"at most {most}");
        if (hop.Auth.Count > 0)
            said.Add("Auth " + string.Join(' ', hop.Auth));
        Assert.Equal(offered, string.Join(", ", said));
    }

    [Theory]
    [InlineData("hop.example", "hop.example")]
    [InlineData("hop.example hello", "hop.example")]
    [InlineData("", "")]
    [InlineData(" hello", "")]
    public void The_hop_names_itself_with_its_first_word(string line, string name) =>
        Assert.Equal(name, Capabilities.Of(new Reply(250, null, line)).Name);

    [Fact]
    public void A_hop_that_has_said_nothing_has_no_name() => Assert.Equal("", new Capabilities().Name);

    [Fact]
    public void Dots_are_doubled_and_undone_however_the_mail_was_cut() =>
        Gen.Select(Gen.Int[0, 4].Select(i => Parts[i]).Array[0, 12], Gen.Int[1, 5]).Sample((parts, cut) =>
        {
            var mail = string.Concat(parts);
            var data = Stuffed(mail, cut);
            var lines = data.Split("\r\n");
            Assert.Equal([".", ""], lines[^2..]);
            Assert.DoesNotContain(".", lines[..^2]);
            var undone = string.Concat(lines[..^2].Select(line => (line.StartsWith('.') ? line[1..] : line) + "\r\n"));
            var isWhole = mail.Length == 0 || mail.EndsWith("\r\n", StringComparison.Ordinal);
            Assert.Equal(isWhole ? mail : mail + "\r\n", undone);
        });

    // No mail of ours has a bare LF. If one had, it would go as it is: only CRLF begins a line.
    [Theory]
    [InlineData("a|\n.b", "a\n.b\r\n.\r\n")]
    [InlineData("a\r|\n.b", "a\r\n..b\r\n.\r\n")]
    [InlineData("a|.b", "a.b\r\n.\r\n")]
    [InlineData("a\r|.b", "a\r.b\r\n.\r\n")]
    [InlineData("a\r\n|.b", "a\r\n..b\r\n.\r\n")]
    public void A_line_begins_behind_CRLF_and_nowhere_else(string pieces, string data)
    {
        var to = new ArrayBufferWriter<byte>();
        var dots = new DotWriter();
        foreach (var piece in pieces.Split('|'))
            dots.Write(Encoding.ASCII.GetBytes(piece), to);
        dots.Finish(to);
        Assert.Equal(data, Encoding.ASCII.GetString(to.WrittenSpan));
        Assert.True(dots.AddedLineEnd);
    }

    [Theory]
    [InlineData("DSN SIZE SMTPUTF8 8BITMIME",
        "MAIL FROM:<a@b> SIZE=9 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id|" +
        "RCPT TO:<jürgen@c> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@c")]
    [InlineData("SMTPUTF8 8BITMIME", "MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8|RCPT TO:<jürgen@c>")]
    public void Parameters_are_given_only_as_offered(string offer, string commands)
    {
        var to = new ArrayBufferWriter<byte>();
        new ClientTransaction(Umlaut, Offering(offer), "hop").WriteEnvelope(to, reset: false);
        var lines = commands.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n";
        Assert.Equal(lines, Encoding.UTF8.GetString(to.WrittenSpan));
    }

    [Theory]
    [InlineData("SMTPUTF8", "5.6.3")]
    [InlineData("8BITMIME", "5.6.7")]
    [InlineData("SMTPUTF8 8BITMIME SIZE", null)]
    public void What_the_hop_cannot_take_is_said_without_sending(string offer, string? status)
    {
        var transaction = new ClientTransaction(Umlaut, Offering(offer), "hop");
        Assert.Equal(status, transaction.FailureOf(0)?.Status.ToString());
        Assert.Equal(status is not null, transaction.Stage == ClientStage.Done);
    }

    private static ClientMail Umlaut { get; } = new(
        new Envelope(new ReversePath("a@b"), [])
        {
            SmtpUtf8 = true, Return = Return.Headers, EnvelopeId = "id", Body = BodyKind.EightBitMime,
        },
        [new Recipient(new ForwardPath("jürgen@c"), Notify.Success | Notify.Delay, "rfc822;x@c")],
        new HeaderFacts { EightBit = true, EightBitHeader = true }, 9);

    private static Capabilities Offering(string words) =>
        Capabilities.Of(new Reply(250, null, ["hop", .. words.Split(' ')]));

    private static List<Reply> Read(string text, int cut)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new ReplyReader();
        var replies = new List<Reply>();
        for (var i = 0; i < bytes.Length; i += cut)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(i, Math.Min(cut, bytes.Length - i));
            ReplyProgress progress;
            while ((progress = reader.Read(ref piece, out var reply)) == ReplyProgress.Complete)
                replies.Add(reply!);
            if (progress == ReplyProgress.Garbage)
                throw new FormatException(reader.Complaint);
        }

        return replies;
    }

    private static string Stuffed(string mail, int cut)
    {
        var to = new ArrayBufferWriter<byte>();
        var dots = new DotWriter();
        var bytes = Encoding.ASCII.GetBytes(mail);
        for (var i = 0; i < bytes.Length; i += cut)
            dots.Write(bytes.AsSpan(i, Math.Min(cut, bytes.Length - i)), to);
        dots.Finish(to);
        return Encoding.ASCII.GetString(to.WrittenSpan);
    }
}
