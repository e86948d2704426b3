using System.Text;
using Postroom.Mail;
using Postroom.Mail.Message;
using Xunit;

namespace Postroom.Tests.Mail.Message;

public class HeaderReaderTests
{
    private const string Jira = "Received: from a\r\n\tby b; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
        + "Received: from c by d; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
        + "DATE: Mon, 23 Nov 2026 06:12:00 +0000 (UTC)\r\n"
        + "From: \"=?UTF-8?Q?J=C3=BCrgen_Gro=C3=9F_=28Jira=29?=\" <jira@example.com>\r\n"
        + "To: alice@example.com\r\n"
        + "Message-Id: <JIRA.10042.1700000000000.7.1700000001000@Atlassian.JIRA>\r\n"
        + "Subject: [JIRA] =?UTF-8?Q?(PROJ-123)_Umlaute_=C3=A4?=\r\n"
        + " =?UTF-8?Q?=C3=B6_und?=\r\n\t=?UTF-8?B?IG1laHI=?=\r\n"
        + "Auto-Submitted: auto-generated\r\n\r\nSubject: not me\r\n\r\nReceived: nor me\r\n";

    private static HeaderReader Read(string mail, int piece = int.MaxValue, Encoding? encoding = null)
    {
        var (reader, octets) = (new HeaderReader(), (encoding ?? Encoding.UTF8).GetBytes(mail));
        for (var at = 0; at < octets.Length; at += Math.Min(piece, octets.Length))
            reader.Read(octets.AsSpan(at, Math.Min(piece, octets.Length - at)));
        return reader;
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public void What_we_want_to_know_is_noted_however_the_mail_is_cut(int piece)
    {
        var reader = Read(Jira, piece);
        Assert.True(reader.IsDone && reader.HasDate && reader.HasMessageId && !reader.IsAllBody);
        Assert.Equal(2, reader.ReceivedCount);
        var facts = reader.Facts;
        Assert.Equal("[JIRA] (PROJ-123) Umlaute äö und mehr", facts.Subject);
        Assert.Equal("\"Jürgen Groß (Jira)\" <jira@example.com>", facts.From);
        Assert.Equal("<JIRA.10042.1700000000000.7.1700000001000@Atlassian.JIRA>", facts.MessageId);
        Assert.Equal((2, false), (facts.ReceivedCount, facts.EightBitHeader));
    }

    [Theory]
    [InlineData("Subject: =?iso-8859-1?Q?caf=E9?=", "café")]
    [InlineData("Subject: =?koi8-r?B?8NLJ18XU?=", "Привет")]
    [InlineData("Subject: =?windows-1252?Q?=80_5?=", "€ 5")]
    [InlineData("Subject: =?no-such-charset?Q?x?= y", "x y")]
    [InlineData("Subject: =?UTF-8?Q?broken", "=?UTF-8?Q?broken")]
    [InlineData("Subject: folded\r\n plain\r\n\ttext", "folded plain text")]
    [InlineData("Subject:no space", "no space")]
    [InlineData("Subject : space before", "space before")]
    [InlineData("Subject: grün, as it is (RFC 6532)", "grün, as it is (RFC 6532)")]
    [InlineData("Subject: =?UTF-8?Q?bell=07_and_=1B[31m?=", "bell  and  [31m")]
    [InlineData("Subject: first\r\nSubject: second", "first")]
    [InlineData("Subject:\r\nSubject: second", null)]
    [InlineData("Subject:   ", null)]
    public void A_subject_reads_as_people_read_it(string header, string? subject) =>
        Assert.Equal(subject, Read(header + "\r\n\r\n").Facts.Subject);

    [Fact]
    public void Long_fields_are_cut_and_no_character_is_cut_in_two()
    {
        var facts = Read($"Subject: {new string('x', 499)}{string.Concat(Enumerable.Repeat("😀", 400))}\r\n"
            + $"From: {new string('f', 5_000_000)}\r\nDate: now\r\n\r\n", 4_096).Facts;
        Assert.Equal(new string('x', 499), facts.Subject);
        Assert.Equal(new string('f', 500), facts.From);
    }

    [Fact]
    public void An_endless_line_costs_no_memory()
    {
        var reader = new HeaderReader();
        reader.Read("Subject: "u8);
        var piece = new byte[64 << 10];
        piece.AsSpan().Fill((byte)'a');
        reader.Read(piece);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            reader.Read(piece);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
        Assert.False(reader.IsDone);
    }

    [Theory]
    [InlineData("From jira@example.com Mon Nov 23 06:12:00 2026\r\nSubject: x\r\n\r\n", false)] // of a mailbox file
    [InlineData(">From jira@example.com Mon Nov 23 06:12:00 2026\r\nSubject: x\r\n\r\n", false)]
    [InlineData("Subject: x\r\nDate: now\r\n", false)] // a header and nothing else
    [InlineData("Subject: x\r\nthis line is none\r\nDate: now\r\n", false)]
    [InlineData("\r\nSubject: not me\r\n", false)]
    [InlineData("", false)]
    [InlineData("Hello\r\nSubject: not me\r\n", true)]
    [InlineData("Hello world: Subject\r\n", true)]
    [InlineData(" Subject: not me\r\n", true)]
    [InlineData("Hello", true)]
    [InlineData("Grüße\r\n", true)]
    public void A_mail_that_is_all_body_is_told_from_one_with_a_header(string mail, bool allBody)
    {
        var (whole, cut) = (Read(mail), Read(mail, 1));
        Assert.Equal(allBody, whole.IsAllBody);
        Assert.Equal(allBody, cut.IsAllBody);
        var subject = mail.Contains("Subject: x", StringComparison.Ordinal) ? "x" : null;
        Assert.Equal(subject, whole.Facts.Subject);
        Assert.Equal(subject, cut.Facts.Subject);
    }

    [Fact]
    public void A_field_counts_although_its_line_never_ends() => Assert.True(Read("Subject: x\r\nDate:").HasDate);

    [Fact]
    public void A_mailbox_line_is_one_only_in_the_first_place() =>
        Assert.False(Read("Subject: x\r\nFrom here on it is body\r\nDate: now\r\n").HasDate);

    [Fact]
    public void Only_the_header_counts_for_an_eight_bit_header()
    {
        Assert.True(Read("To: jürgen@example.com\r\n\r\n").Facts.EightBitHeader);
        Assert.False(Read("To: j@example.com\r\n\r\nGrüße").Facts.EightBitHeader);
        Assert.False(Read("To: j@example.com\r\n\r\nGrüße", 1).Facts.EightBitHeader);
        Assert.True(Read("Subject: caf\u00e9\r\n\r\n", encoding: Encoding.Latin1).Facts.EightBitHeader);
    }

    [Theory]
    [InlineData("Message-ID:\r\n <folded@example.com>\r\n", "<folded@example.com>")]
    [InlineData("Message-ID: <a@b> (added by x)\r\n", "<a@b>")]
    [InlineData("Message-ID: naked@example.com\r\n", "naked@example.com")]
    [InlineData("Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n", "<a@b>")]
    [InlineData("Message-ID:\r\n", null)]
    public void A_message_id_is_noted_as_it_stands(string header, string? id)
    {
        var reader = Read(header + "\r\n");
        Assert.True(reader.HasMessageId);
        Assert.Equal(id, reader.Facts.MessageId);
    }

    [Theory]
    [InlineData("X-One: a\r\nx-one: b\r\n\r\n", "a")] // the first counts
    [InlineData("x-ONE:a\r\n\tb\r\n\r\n", "a\tb")]
    [InlineData("X-One : a\r\n\r\n", "a")]
    [InlineData("X-One: =?UTF-8?Q?Gr=C3=BC?=\r\n =?UTF-8?Q?=C3=9Fe?=\r\n\r\n", "Grüße")]
    [InlineData("X-One:\r\n\r\n", null)]
    [InlineData("X-On: a\r\nX-Ones: b\r\n\r\nX-One: c\r\n", null)]
    [InlineData("Subject: s\r\nX-One: a", "a")]
    public void A_field_that_was_asked_for_is_kept(string header, string? value)
    {
        foreach (var piece in (ReadOnlySpan<int>)[1, 3, 4_096])
        {
            var reader = new HeaderReader(new FieldNames(["X-One", "X-Two"]));
            Feed(reader, Encoding.UTF8.GetBytes(header), piece);
            Assert.Equal(value?.Replace('\t', ' '), reader.Other("x-one"));
            Assert.Null(reader.Other("x-two"));
            reader.Reset();
            Assert.Null(reader.Other("x-one"));
        }
    }

    [Fact]
    public void What_is_asked_for_is_bounded()
    {
        var names = Enumerable.Range(0, 100).Select(n => $"x-{n}").ToList();
        var reader = new HeaderReader(new FieldNames(names));
        foreach (var name in names)
            Feed(reader, Encoding.ASCII.GetBytes($"{name}: {new string('v', 5_000)}\r\n"), 4_096);
        Assert.Equal(names[..24], names.Where(name => reader.Other(name) is not null));
        Feed(reader, "Subject: still read\r\n\r\n"u8.ToArray(), 4_096);
        Assert.Equal("still read", reader.Facts.Subject);
    }

    [Fact]
    public void The_end_of_the_header_is_told_to_the_octet()
    {
        var reader = new HeaderReader();
        Assert.Equal(12, reader.Read("Subject: x\r\n"u8));
        Assert.Equal(2, reader.Read("\r\nbody"u8));
        Assert.Equal(0, reader.Read("more"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a:")]
    [InlineData("ä")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public void A_name_that_no_field_can_have_cannot_be_asked_for(string name)
    {
        Assert.False(FieldNames.IsName(name));
        Assert.Throws<ArgumentException>(() => new FieldNames([name]));
    }

    private static void Feed(HeaderReader reader, byte[] octets, int piece)
    {
        for (var at = 0; at < octets.Length; at += piece)
            reader.Read(octets.AsSpan(at, Math.Min(piece, octets.Length - at)));
    }

    [Fact]
    public void A_reader_may_serve_the_next_mail()
    {
        var reader = Read(Jira);
        reader.Reset();
        reader.Read("To: bob@example.com\r\n\r\n"u8);
        Assert.Equal(HeaderFacts.None, reader.Facts);
        Assert.False(reader.HasDate || reader.HasMessageId);
    }
}
