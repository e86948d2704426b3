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
