using System.Text;
using Postroom.Mail;
using Postroom.Mail.Message;
using Xunit;

namespace Postroom.Tests.Mail.Message;

public class TraceBlockTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 3, 6, 2, 9, TimeSpan.Zero);
    private static readonly MailId Id = MailId.After(default, At);

    private static readonly Envelope ToAlice = To("alice@example.com");

    private static readonly Envelope ToBoth = To("alice@example.com", "bob@example.com");

    private static Envelope To(params string[] addresses) =>
        new(new ReversePath("jira@example.com"), [.. addresses.Select(a => new Recipient(new ForwardPath(a)))]);

    private static readonly Origin FromJira = new("main", "127.0.0.1", "jira.example.com", null, "ESMTP");

    private static string Write(
        string mail, Origin? origin = null, Envelope? envelope = null, string? cipher = null, DateTimeOffset? at = null)
    {
        var header = new HeaderReader();
        header.Read(Encoding.UTF8.GetBytes(mail));
        var handover = new Handover(origin ?? FromJira, envelope ?? ToAlice, "relay.example.com", cipher);
        return Encoding.UTF8.GetString(TraceBlock.Write(handover, Id, at ?? At, header));
    }

    [Fact]
    public void A_complete_mail_gets_a_Received_field_and_nothing_else() => Assert.Equal(
        $"Received: from jira.example.com ([127.0.0.1])\r\n\tby relay.example.com with ESMTP id {Id}\r\n"
        + "\tfor <alice@example.com>;\r\n\tTue, 3 Nov 2026 06:02:09 +0000\r\n",
        Write("Date: now\r\nMessage-ID: <a@b>\r\n\r\n"));

    [Fact]
    public void Missing_Date_and_Message_ID_are_added() => Assert.EndsWith(
        $"+0000\r\nDate: Tue, 3 Nov 2026 06:02:09 +0000\r\nMessage-ID: <{Id}@relay.example.com>\r\n",
        Write("Subject: x\r\n\r\nDate: in the body\r\nMessage-ID: <in@body>\r\n"), StringComparison.Ordinal);

    [Fact]
    public void The_id_we_give_is_the_id_we_note()
    {
        var header = new HeaderReader();
        header.Read("Subject: x\r\n\r\n"u8);
        Assert.Null(header.Facts.MessageId);
        Assert.Equal($"<{Id}@relay.example.com>", header.FactsAs(Id, "relay.example.com").MessageId);
        header.Reset();
        header.Read("Message-ID: <a@b>\r\n\r\n"u8);
        Assert.Equal("<a@b>", header.FactsAs(Id, "relay.example.com").MessageId);
    }

    [Fact]
    public void A_mail_without_any_header_gets_the_empty_line_that_ends_one() =>
        Assert.EndsWith(">\r\n\r\n", Write("Disk full on printer 3\r\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("\r\nbody")]
    [InlineData("Subject: x\r\n")]
    public void Any_other_mail_gets_no_empty_line(string mail) =>
        Assert.DoesNotContain("\r\n\r\n", Write(mail), StringComparison.Ordinal);

    [Fact]
    public void One_recipient_is_named_several_are_not() =>
        Assert.DoesNotContain("for <", Write("Subject: x\r\n", envelope: ToBoth), StringComparison.Ordinal);

    [Fact]
    public void How_it_came_is_told() => Assert.Contains(
        " with ESMTPS id ", Write("X: y\r\n", FromJira with { Protocol = "ESMTPS" }), StringComparison.Ordinal);

    [Fact]
    public void The_cipher_stands_in_its_own_clause() => Assert.Contains(
        "\r\n\ttls TLS_AES_256_GCM_SHA384;\r\n",
        Write("X: y\r\n", cipher: "TLS_AES_256_GCM_SHA384"), StringComparison.Ordinal);

    [Theory]
    [InlineData("127.0.0.1", "[127.0.0.1]")]
    [InlineData("::1", "[IPv6:::1]")]
    [InlineData("::ffff:10.0.0.1", "[10.0.0.1]")]
    [InlineData("unix", "unix")]
    public void The_client_is_written_as_an_address_literal(string client, string literal) => Assert.Contains(
        $"from jira.example.com ({literal})\r\n",
        Write("X: y\r\n", FromJira with { Client = client }), StringComparison.Ordinal);

    [Theory]
    [InlineData("evil\r\nBcc: all@example.com", "evil--Bcc:-all-example.com")]
    [InlineData("a) by b; (c", "a--by-b---c")]
    [InlineData("MY_PC", "MY_PC")]
    [InlineData("[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("пример", "------")]
    [InlineData("\0\u001b[2J", "--[2J")]
    [InlineData("", "[127.0.0.1]")]
    [InlineData(null, "[127.0.0.1]")]
    public void What_the_client_calls_itself_cannot_leave_its_place(string? helo, string written) => Assert.StartsWith(
        $"Received: from {written} ([127.0.0.1])\r\n\tby ",
        Write("X: y\r\n", FromJira with { Helo = helo }), StringComparison.Ordinal);

    [Fact]
    public void Only_an_SMTPUTF8_mail_has_UTF_8_in_its_trace()
    {
        var (origin, toAlisa) = (FromJira with { Helo = "пример" }, To("алиса@пример.рф"));
        var global = Write("X: y\r\n", origin, toAlisa with { SmtpUtf8 = true });
        Assert.Contains("from пример (", global, StringComparison.Ordinal);
        Assert.Contains("for <алиса@пример.рф>", global, StringComparison.Ordinal);
        Assert.True(Ascii.IsValid(Write("X: y\r\n", origin, toAlisa)));
    }

    [Fact]
    public void No_line_is_longer_than_RFC_5322_allows()
    {
        var block = Write("X: y\r\n", FromJira with { Helo = new string('h', 2_000) }, To(new string('a', 2_000)));
        Assert.All(block.Split("\r\n"), line => Assert.True(line.Length <= 998));
    }

    [Theory]
    [InlineData("2026-11-03T06:02:09+00:00", "Tue, 3 Nov 2026 06:02:09 +0000")]
    [InlineData("2024-02-29T23:59:59+05:45", "Thu, 29 Feb 2024 23:59:59 +0545")]
    [InlineData("2026-07-05T00:00:00-03:30", "Sun, 5 Jul 2026 00:00:00 -0330")]
    public void Dates_are_those_of_RFC_5322(string at, string date) => Assert.Equal(
        date, TraceBlock.DateOf(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));
}
