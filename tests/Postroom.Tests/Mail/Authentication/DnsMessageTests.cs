using CsCheck;
using Postroom.Mail.Authentication;
using Xunit;

namespace Postroom.Tests.Mail.Authentication;

/// <summary>Messages that anybody may have written.</summary>
public sealed class DnsMessageTests
{
    private static readonly DnsQuestion Question = new("a.example", RecordType.Mx);

    [Fact]
    public void Mx_come_in_the_order_of_their_preference()
    {
        var answer = new Answering(Asked())
            .Record("a.example", RecordType.Mx, [0, 20, .. Answering.NameOf("b.example")])
            .Record("a.example", RecordType.Mx, [0, 10, .. Answering.NameOf("A.Example")]).Octets();
        Assert.Equal(["a.example", "b.example"], DnsMessage.Read(answer, 7, Question)!.Answer.Records);
    }

    [Fact]
    public void A_dot_or_a_steering_character_in_a_label_is_no_part_of_another_name()
    {
        var answer = new Answering(Asked()).Record("a.example", RecordType.Mx, [0, 1, 3, (byte)'x', (byte)'.', 27, 0])
            .Octets();
        Assert.Equal([@"x\046\027"], DnsMessage.Read(answer, 7, Question)!.Answer.Records);
    }

    // What a macro makes of a local part: exists:%{l}.example.
    [Theory]
    [InlineData("john doe.example")]
    [InlineData(@"a\b.example")]
    public void An_answer_to_an_odd_name_is_an_answer(string name)
    {
        var question = new DnsQuestion(name, RecordType.A);
        var heard = new Heard(DnsMessage.Ask(7, question, hasExtensions: true), question, IsByTcp: false);
        var answer = new Answering(heard).Address(name, "127.0.0.2").Octets();
        Assert.Equal(["127.0.0.2"], DnsMessage.Read(answer, 7, question)!.Answer.Records);
    }

    [Fact]
    public void A_question_is_asked_as_the_standard_writes_it()
    {
        byte[] question = [1, (byte)'a', 7, .. "example"u8, 0, 0, 15, 0, 1];
        Assert.Equal([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. question],
            DnsMessage.Ask(0x1234, Question, hasExtensions: false));
        Assert.Equal([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, .. question, 0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 0],
            DnsMessage.Ask(0x1234, Question, hasExtensions: true)); // RFC 6891 §6.1.2, with room for 1232 octets
    }

    [Theory]
    [InlineData(2, "the server says that it fails (SERVFAIL)")]
    [InlineData(4, "the server says that it cannot do that (NOTIMP)")]
    [InlineData(5, "the server says that it will not (REFUSED)")]
    [InlineData(9, "the server says error 9")]
    public void A_server_that_gives_no_answer_says_so(int code, string why)
    {
        var reply = DnsMessage.Read(new Answering(Asked()) { Code = code }.Octets(), 7, Question)!;
        Assert.Equal((DnsOutcome.Failed, why, false), (reply.Answer.Outcome, reply.Answer.Why, reply.IsTruncated));
        Assert.False(reply.IsWithoutExtensions);
    }

    [Fact]
    public void What_is_missing_what_is_empty_what_is_cut_and_what_is_old_are_told_apart()
    {
        DnsReply Read(int code = 0, int flags = 0x8180) =>
            DnsMessage.Read(new Answering(Asked()) { Code = code, Flags = flags }.Octets(), 7, Question)!;

        Assert.Equal((DnsOutcome.NoName, true), (Read(3).Answer.Outcome, Read(3).Answer.IsVoid));
        Assert.Equal((DnsOutcome.NoData, true), (Read().Answer.Outcome, Read().Answer.IsVoid));
        Assert.Equal((true, "the answer is longer than one message"),
            (Read(flags: 0x8380).IsTruncated, Read(flags: 0x8380).Answer.Why));
        Assert.Equal((true, DnsOutcome.Failed, "the server cannot read the question (FORMERR)"),
            (Read(1).IsWithoutExtensions, Read(1).Answer.Outcome, Read(1).Answer.Why));
        Assert.True(DnsMessage.Read([0, 7, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0], 7, Question)!.IsWithoutExtensions);
    }

    [Fact]
    public void What_is_no_answer_to_the_question_is_none()
    {
        var answer = new Answering(Asked()).Record("a.example", RecordType.Mx, [0, 1, 1, (byte)'b', 0]).Octets();
        Assert.NotNull(DnsMessage.Read(answer, 7, Question));
        Assert.Null(DnsMessage.Read(answer, 8, Question));
        Assert.Null(DnsMessage.Read(answer, 7, Question with { Name = "b.example" }));
        Assert.Null(DnsMessage.Read(answer, 7, Question with { Type = RecordType.A }));
        Assert.Null(DnsMessage.Read(DnsMessage.Ask(7, Question, hasExtensions: false), 7, Question)); // its echo
        Assert.Null(DnsMessage.Read(answer.AsSpan(0, 11), 7, Question));
        Assert.Null(DnsMessage.Read(answer.AsSpan(0, 20), 7, Question));
        answer[5] = 2; // it repeats two
        Assert.Null(DnsMessage.Read(answer, 7, Question));
    }

    [Theory]
    [InlineData(0x8180, false)]
    [InlineData(0x8100, true)] // the server does not ask on
    public void An_alias_is_gone_after_where_the_server_does_not(int flags, bool isOurs)
    {
        var answer = new Answering(Asked()) { Flags = flags }.Alias("a.example", "B.example")
            .Alias("b.example", "c.example").Text("c.example", "not asked for").Octets();
        Assert.Equal((DnsOutcome.NoData, isOurs ? "c.example" : null),
            DnsMessage.Read(answer, 7, Question) is { } reply ? (reply.Answer.Outcome, reply.Alias) : default);
        Assert.Null(DnsMessage.Read(new Answering(Asked()) { Flags = flags }.Octets(), 7, Question)!.Alias);
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(16, false)]
    public void A_chain_of_sixteen_names_is_gone_along(int aliases, bool isFound)
    {
        var answer = new Answering(Asked());
        for (var i = 0; i < aliases; i++)
            answer.Alias(i == 0 ? "a.example" : $"n{i}.example", $"n{i + 1}.example");
        answer.Record($"n{aliases}.example", RecordType.Mx, [0, 1, 1, (byte)'b', 0]);
        var reply = DnsMessage.Read(answer.Octets(), 7, Question)!;
        Assert.Equal(isFound ? "" : "the name leads on and on (CNAME)", reply.Answer.Why);
        Assert.Equal(isFound ? ["b"] : [], reply.Answer.Records);
    }

    [Theory]
    [InlineData(1, new byte[] { 192, 0, 2, 1 }, "192.0.2.1")]
    [InlineData(1, new byte[] { 192, 0, 2 }, null)]
    [InlineData(1, new byte[] { 192, 0, 2, 1, 0 }, null)]
    [InlineData(28, new byte[] { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, "2001:db8::1")]
    [InlineData(28, new byte[] { 192, 0, 2, 1 }, null)]
    [InlineData(12, new byte[] { 1, 98, 0 }, "b")]
    [InlineData(12, new byte[] { 1, 98, 0xC0, 12 }, "b.a.example")]   // and then the name that was asked for
    [InlineData(12, new byte[] { 1, 98, 0xC0, 14 }, "b.example")]
    [InlineData(12, new byte[] { 1, 98, 0xC0, 11 }, null)]            // into the head
    [InlineData(12, new byte[] { 0xC0, 48 }, null)]                   // to itself
    [InlineData(12, new byte[] { 0xC0 }, null)]
    [InlineData(12, new byte[] { 1, 98 }, null)]
    [InlineData(12, new byte[] { 2, 98 }, null)]
    [InlineData(12, new byte[] { 64, 98, 0 }, null)]
    [InlineData(15, new byte[] { 0, 1, 1, 98, 0 }, "b")]
    [InlineData(15, new byte[] { 0, 1, 0 }, "")]                      // it takes no mail
    [InlineData(15, new byte[] { 0, 1 }, null)]
    [InlineData(16, new byte[] { 1, 98, 2, 99, 100 }, "bcd")]
    [InlineData(16, new byte[] { 1, 98, 2, 99 }, null)]
    [InlineData(16, new byte[] { 0 }, "")]
    public void A_record_is_read_whole_or_not_at_all(int type, byte[] data, string? text)
    {
        var question = Question with { Type = (RecordType)type };
        var asked = new Heard(DnsMessage.Ask(7, question, hasExtensions: true), question, IsByTcp: false);
        var reply = DnsMessage.Read(new Answering(asked).Record("a.example", type, data).Octets(), 7, question)!;
        Assert.Equal(text is null ? "the answer cannot be read" : "", reply.Answer.Why);
        Assert.Equal(text is null ? [] : [text], reply.Answer.Records);
    }

    // Whatever comes, it is read or it is not; nothing is thrown, and it is not more than came.
    [Fact]
    public void Any_octets_are_borne()
    {
        var whole = new Answering(Asked()).Alias("a.example", "b.example").Record("b.example", RecordType.Mx,
            [0, 1, 0xC0, 12]).Text("b.example", "text").Address("b.example", "192.0.2.1").Octets();
        var edited = Gen.Int[0, whole.Length - 1].Select(Gen.Byte).Array[0, 6];
        edited.Select(Gen.Int[0, whole.Length]).Sample((edits, cut) =>
        {
            var octets = whole.ToArray();
            foreach (var (at, octet) in edits)
                octets[at] = octet;
            var reply = DnsMessage.Read(octets.AsSpan(0, cut), 7, Question);
            return reply is null || reply.Answer.Records.Sum(one => one.Length) < 5_000;
        }, iter: 20_000);
        Gen.Byte.Array[0, 300].Sample(octets =>
        {
            _ = DnsMessage.Read(octets, 7, Question);
            _ = DnsMessage.Read([0, 7, 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, .. whole[12..27], .. octets], 7, Question);
        }, iter: 20_000);
    }

    private static Heard Asked() => new(DnsMessage.Ask(7, Question, hasExtensions: true), Question, IsByTcp: false);
}
