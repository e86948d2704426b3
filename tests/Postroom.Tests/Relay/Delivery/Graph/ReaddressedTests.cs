using System.Text;
using CsCheck;
using MimeKit;
using Postroom.Relay.Delivery.Graph;
using Xunit;

namespace Postroom.Tests.Relay.Delivery.Graph;

public sealed class ReaddressedTests
{
    private const string A = "a@example.org", B = "b@example.org", C = "c@example.org";

    [Theory]
    [InlineData("To: a@example.org\r\nCc: B <b@example.org>\r\n")]
    [InlineData("To: a@example.org,\r\n\t\"B, or b@example.org\"\r\n <b@example.org>\r\n")]
    [InlineData("Bcc: Team: a@example.org, b@example.org;\r\n")]
    [InlineData("TO : =?utf-8?q?J=C3=BCrg?= <a@EXAMPLE.org>\r\nbcc:b@example.org\r\n")]
    [InlineData("To: undisclosed-recipients:;\r\nCc:\r\nBcc: a@example.org, b@example.org\r\nSubject: To: c@x\r\n")]
    [InlineData("Resent-To: a@example.org\r\nTo: a@example.org, b@example.org\r\n")]
    public void Who_names_exactly_the_cleared_goes_unchanged(string header)
    {
        var to = Of(header + "\r\n", A, B);
        Assert.Equal(header + "\r\n", Text(to));
        Assert.Null(to.Remark);
    }

    [Fact]
    public void Whom_the_header_does_not_name_is_put_in_front_as_Bcc()
    {
        var to = Of("Received: x\r\nTo: a@example.org\r\n\r\n", A, B, C);
        Assert.Equal("Bcc: b@example.org,\r\n c@example.org\r\nReceived: x\r\nTo: a@example.org\r\n\r\n", Text(to));
        Assert.Contains("Bcc added for 2", to.Remark, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Bcc_that_is_there_already_becomes_one_with_the_new() => Assert.Equal(
        "Bcc: b@example.org,\r\n a@example.org\r\nSubject: x\r\n\r\n",
        Text(Of("Subject: x\r\nBCC: b@example.org\r\n\r\n", A, B)));

    [Theory]
    [InlineData("To: a@example.org, evil@example.net\r\n", "To: a@example.org\r\n")]
    [InlineData("To: evil@example.net,\r\n A <a@example.org>\r\n", "To: A <a@example.org>\r\n")]
    [InlineData("To: G: evil@example.net, a@example.org;\r\n", "To: a@example.org\r\n")]
    [InlineData("To: A@example.org\r\n", "To: a@example.org\r\n")]
    [InlineData("To: a@example.org\r\nCc: evil@example.net\r\n", "To: a@example.org\r\n")]
    [InlineData("To: a@example.org\r\nBcc: evil@example.net\r\n", "To: a@example.org\r\n")]
    [InlineData("To: a@example.org\r\nto : evil@example.net\r\n", "To: a@example.org\r\n")]
    [InlineData("To: a@example.org\r\nTo: a@example.org\r\n", "To: a@example.org\r\n")]
    [InlineData("To: \"evil@example.net\" <a@example.org>\r\n", "To: a@example.org\r\n")]
    [InlineData("To: =?utf-8?q?evil=40example=2Enet?= <a@example.org>\r\n", "To: a@example.org\r\n")]
    [InlineData("To: (evil@example.net) a@example.org\r\n", "To: a@example.org\r\n")]
    [InlineData("To: <@example.net:a@example.org>\r\n", "To: a@example.org\r\n")]
    [InlineData("Subject: x\nBcc: evil@example.net\r\nTo: a@example.org\r\n", "Subject: x\nTo: a@example.org\r\n")]
    [InlineData("Subject: x\rBcc: evil@example.net\r\nTo: a@example.org\r\n", "Subject: x\rTo: a@example.org\r\n")]
    [InlineData("no field\r\nBcc: evil@example.net\r\nTo: a@example.org\r\n", "no field\r\nTo: a@example.org\r\n")]
    [InlineData(" Bcc: evil@example.net\r\nTo: a@example.org\r\n", "To: a@example.org\r\n")]
    [InlineData("To: a@example.org\r\nResent-Bcc: evil@example.net\r\n", "To: a@example.org\r\n")]
    public void Nobody_else_is_named(string header, string expected)
    {
        var to = Of(header + "X-Last: 1\r\n\r\n", A);
        Assert.Equal(expected + "X-Last: 1\r\n\r\n", Text(to));
        Assert.Contains("written anew", to.Remark, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("To: a@example.org b@example.net ; <<\r\n")]
    [InlineData("To: <a@example.org\r\n")]
    [InlineData("To: localuser\r\n")]
    public void What_is_no_list_of_addresses_is_not_taken_for_one(string header)
    {
        var to = Of(header + "\r\n", A);
        Assert.Equal([A], Named(to.Header));
        Assert.DoesNotContain("example.net", Text(to), StringComparison.Ordinal);
        Assert.DoesNotContain("localuser", Text(to), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"a b\"@example.org", true)]
    [InlineData("o'brien+x=y@example.org", true)]
    [InlineData("jürg@bücher.example", true)]
    [InlineData("a@[192.0.2.1]", true)]
    [InlineData("postmaster", false)]
    [InlineData("a,b@example.org", false)]
    [InlineData("a@example.org>,<b@example.org", false)]
    public void An_address_that_could_be_read_as_others_is_not_written(string address, bool isWritable) =>
        Assert.Equal(isWritable, Addresses.IsWritable(address));

    [Fact]
    public void A_field_of_a_hundred_thousand_at_signs_takes_no_time() =>
        Assert.Equal([A], Named(Of($"To: {new string('@', 100_000)}\r\nCc: {string.Concat(
            Enumerable.Repeat("a@", 60_000))}\r\n\r\n", A).Header));

    // Addresses, ways to write them, fields, and other lines; the same header whatever the order.
    private static readonly Gen<string> Address = OneOf(
        A, B, C, "A@example.org", "d@Example.NET", "\"x y\"@example.org", "e@sub.example.org", "f@example.org");

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static readonly Gen<string> Mailbox = Gen.Select(Address, Gen.Int[0, 9], (address, how) => how switch
    {
        0 => $"Name <{address}>",
        1 => $"\"Na, me\"\r\n <{address}>",
        2 => $"=?utf-8?q?J=C3=BC?= <{address}>",
        3 => $"G: {address};",
        4 => $"({address}) <{address}>",
        5 => $"<{address}",
        6 => "nobody",
        _ => address,
    });

    private static readonly Gen<string> Line = Gen.Frequency(
        (3, Gen.Select(
            OneOf("To", "Cc", "Bcc", "to ", "BCC", "Resent-To", "Resent-Bcc"), Mailbox.Array[0, 4],
            OneOf(", ", ",\r\n ", ",\r\n\t"), (name, all, comma) => $"{name}: {string.Join(comma, all)}\r\n")),
        (2, OneOf("Subject: To: g@example.org\r\n", "X-To: g@example.org\r\n", "From: h@example.org\r\n",
            "Received: from x\r\n by y\r\n", "References: <1@example.org>\r\n <2@example.org>\r\n", "odd line\r\n")));

    [Fact]
    public void Of_any_header_exactly_the_cleared_come_out_and_every_other_line_stays()
    {
        var mails = Gen.Select(Line.Array[0, 8], Address.Array[1, 5]);
        mails.Sample((lines, recipients) =>
        {
            var cleared = recipients.Distinct().ToArray();
            var to = Readdressed.Of(Encoding.UTF8.GetBytes(string.Concat(lines) + "\r\n"), cleared);
            Assert.NotNull(to);
            var expected = cleared.Select(Addresses.Key).Order(StringComparer.Ordinal).Distinct();
            Assert.Equal(expected, Named(to.Header));
            Assert.Equal(Others(string.Concat(lines)), Others(Text(to)));
            Assert.EndsWith("\r\n", Text(to), StringComparison.Ordinal);
            Assert.Equal(expected, to.To.Concat(to.Cc).Concat(to.Bcc).Select(m => Addresses.Key(m.Address))
                .Distinct().Order(StringComparer.Ordinal));
        }, iter: 20_000);
    }

    private static Readdressed Of(string header, params string[] cleared) =>
        Readdressed.Of(Encoding.UTF8.GetBytes(header), cleared)!;

    private static string Text(Readdressed to) => Encoding.UTF8.GetString(to.Header);

    // Another reader than ours, and a simpler one.
    private static IEnumerable<string> Named(byte[] header) => Encoding.UTF8.GetString(header)
        .Replace("\r\n ", " ", StringComparison.Ordinal).Replace("\r\n\t", " ", StringComparison.Ordinal).Split("\r\n")
        .Select(line => line.Split(':', 2))
        .Where(field => field[0].Trim().ToLowerInvariant() is "to" or "cc" or "bcc" && field[1].Trim().Length > 0)
        .SelectMany(field => InternetAddressList.Parse(field[1]).Mailboxes)
        .Select(m => Addresses.Key(m.Address)).Distinct().Order(StringComparer.Ordinal);

    private static string[] Others(string header) =>
    [
        .. header.Replace("\r\n ", "\u0001", StringComparison.Ordinal).Replace("\r\n\t", "\u0002", StringComparison.Ordinal)
            .Split("\r\n").Where(line => !System.Text.RegularExpressions.Regex.IsMatch(
                line, "^(resent-)?(to|cc|bcc) ?:", System.Text.RegularExpressions.RegexOptions.IgnoreCase)
                && line.Length > 0),
    ];
}
