using System.Net;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail.Authentication;
using Postroom.Relay.Dns;
using Postroom.Tests.Mail.Authentication;
using Xunit;

namespace Postroom.Tests.Relay.Dns;

/// <summary>DNS is asked, by servers that do what they should and by such as do not.</summary>
public sealed class DnsAskerTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private static readonly DnsQuestion Question = new("a.example", RecordType.Txt);

    [Fact]
    public async Task What_is_there_and_what_is_not_is_told_apart()
    {
        await using var server = ScriptedDns.Of("a.example TXT one\na.example TXT two\nb.example A 192.0.2.1\n"
            + "b.example AAAA 2001:db8::1\nb.example MX m.example\nc.example PTR p.example\nd.example FAILED");
        Assert.Equal(["one", "two"], (await AskAsync(server, Question)).Records);
        Assert.Equal(["192.0.2.1"], (await AskAsync(server, new("b.example", RecordType.A))).Records);
        Assert.Equal(["2001:db8::1"], (await AskAsync(server, new("b.example", RecordType.Aaaa))).Records);
        Assert.Equal(["m.example"], (await AskAsync(server, new("b.example", RecordType.Mx))).Records);
        Assert.Equal(["p.example"], (await AskAsync(server, new("c.example", RecordType.Ptr))).Records);
        Assert.Equal(DnsOutcome.NoData, (await AskAsync(server, new("b.example", RecordType.Txt))).Outcome);
        Assert.Equal(DnsOutcome.NoName, (await AskAsync(server, new("x.example", RecordType.Txt))).Outcome);
        var failed = await AskAsync(server, new("d.example", RecordType.Txt));
        Assert.Equal((DnsOutcome.Failed, $"the server says that it fails (SERVFAIL), at {server.Place}"),
            (failed.Outcome, failed.Why));
    }

    [Fact]
    public async Task A_name_that_stands_for_another_is_followed_and_not_for_ever()
    {
        await using var whole = new ScriptedDns(heard => [heard.Answer().Alias("a.example", "B.example")
            .Alias("b.example", "c.example").Text("c.example", "found").Octets()]);
        Assert.Equal(["found"], (await AskAsync(whole, Question)).Records);
        Assert.Single(whole.Asked);

        // One that does not ask on says where it leads, and is asked again.
        await using var halves = new ScriptedDns(heard => [heard.Question.Name == "a.example"
            ? new Answering(heard) { Flags = 0x8400 }.Alias("a.example", "c.example").Octets()
            : heard.Answer().Text("c.example", "found").Octets()]);
        Assert.Equal(["found"], (await AskAsync(halves, Question)).Records);

        await using var endless = new ScriptedDns(heard => [new Answering(heard) { Flags = 0x8400 }
            .Alias(heard.Question.Name, "x" + heard.Question.Name).Octets()]);
        Assert.Equal("the name leads on and on (CNAME)", (await AskAsync(endless, Question)).Why);
        Assert.Equal(8, endless.Asked.Count);

        await using var circle = new ScriptedDns(heard => [heard.Answer().Alias("a.example", "b.example")
            .Alias("b.example", "a.example").Octets()]);
        Assert.StartsWith("the name leads on and on (CNAME)", (await AskAsync(circle, Question)).Why,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_room_in_one_message_comes_by_tcp()
    {
        var text = new string('x', 60_000);
        await using var server = new ScriptedDns(heard => [heard.IsByTcp
            ? heard.Answer().Text("a.example", text).Octets()
            : new Answering(heard) { Flags = 0x8380 }.Octets()]);
        Assert.Equal(text, Assert.Single((await AskAsync(server, Question)).Records));
        Assert.Equal([false, true], server.Asked.Select(one => one.IsByTcp));

        await using var never = new ScriptedDns(heard => [new Answering(heard) { Flags = 0x8380 }.Octets()]);
        Assert.StartsWith("the answer is longer than any message", (await AskAsync(never, Question)).Why,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_answer_to_the_question_counts_for_nothing()
    {
        await using var server = new ScriptedDns(heard =>
        {
            var right = heard.Answer().Text("a.example", "right").Octets();
            var wrongId = heard.Answer().Text("a.example", "wrong").Octets();
            wrongId[0] ^= 1;
            var wrongQuestion = new Heard([.. heard.Octets[..12], .. Answering.NameOf("b.example"), 0, 16, 0, 1],
                new("b.example", RecordType.Txt), false).Answer().Text("a.example", "wrong").Octets();
            var question = heard.Octets[..^11];
            return [wrongId, wrongQuestion, question, [], [1, 2, 3], heard.Octets, right];
        });
        Assert.Equal(["right"], (await AskAsync(server, Question)).Records);

        // Records of other names, in the answer to the right question.
        await using var other = new ScriptedDns(heard => [heard.Answer().Text("b.example", "wrong").Octets()]);
        Assert.Equal(DnsOutcome.NoData, (await AskAsync(other, Question)).Outcome);
    }

    public static TheoryData<string, byte[]> Broken => new()
    {
        { "a pointer to itself", [0xC0, 27, 0, 16, 0, 1, 0, 0, 0, 1, 0, 2, 1, 65] },
        { "a pointer ahead", [0xC0, 99, 0, 16, 0, 1, 0, 0, 0, 1, 0, 2, 1, 65] },
        { "a pointer into the header", [0xC0, 4, 0, 16, 0, 1, 0, 0, 0, 1, 0, 2, 1, 65] },
        { "a label of 64", [64, .. new byte[80]] },
        { "a record that ends nowhere", [0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 1, 0xFF, 0xFF, 1, 65] },
        { "a string that is longer than its record", [0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 1, 0, 2, 9, 65] },
        { "half a record", [0xC0, 12, 0, 16] },
        { "nothing", [] },
    };

    [Theory, MemberData(nameof(Broken))]
    public async Task An_answer_that_cannot_be_read_is_a_failure(string what, byte[] record)
    {
        await using var server = new ScriptedDns(heard => [heard.Answer().Raw(record).Octets()]);
        var answer = await AskAsync(server, Question);
        Assert.Equal((DnsOutcome.Failed, true), (answer.Outcome, answer.Why.StartsWith("the answer cannot be read",
            StringComparison.Ordinal)));
        Assert.NotEmpty(what);
    }

    [Fact]
    public async Task Who_knows_no_extensions_is_asked_without()
    {
        await using var server = new ScriptedDns(heard => [heard.HasExtensions
            ? new Answering(heard) { Code = 1 }.Octets()
            : heard.Answer().Text("a.example", "plain").Octets()]);
        Assert.Equal(["plain"], (await AskAsync(server, Question)).Records);
    }

    [Fact]
    public async Task Where_one_fails_the_next_is_asked_and_each_twice()
    {
        await using var bad = new ScriptedDns(heard => [new Answering(heard) { Code = 5 }.Octets()]);
        await using var good = ScriptedDns.Of("a.example TXT found");
        var asker = Asker(TimeProvider.System, bad.Place, good.Place);
        Assert.Equal(["found"], (await AskAsync(asker, Question)).Records);
        Assert.Equal((1, 1), (bad.Asked.Count, good.Asked.Count));
        Assert.Contains("REFUSED", (await AskAsync(bad, Question)).Why, StringComparison.Ordinal);
        Assert.Equal(3, bad.Asked.Count);
    }

    [Fact]
    public async Task A_silent_server_is_waited_for_so_long_and_no_longer()
    {
        var clock = new FakeTimeProvider();
        await using var server = new ScriptedDns(_ =>
        {
            clock.Advance(DnsAsker.WithinTry);
            return [];
        });
        var asker = Asker(clock, server.Place);
        Assert.Equal($"no answer from {server.Place}", (await AskAsync(asker, Question)).Why);
        Assert.Equal(2, server.Asked.Count);

        // One name leads to the next: 10 seconds are 5 tries.
        server.Asked.Clear();
        var told = await asker.ThinkAsync(known =>
        {
            DnsAnswer? last = null;
            for (var i = 0; i < 30 && (i == 0 || last is not null); i++)
                last = known.Of($"n{i}.example", RecordType.A);
            return last;
        }, Cancel);
        Assert.Equal("the 10 seconds for all questions were over", told.Thought!.Why);
        Assert.InRange(server.Asked.Count, 5, 6);
    }

    [Fact]
    public async Task Forty_questions_are_asked_and_no_more()
    {
        await using var server = ScriptedDns.Of("");
        var told = await Asker(TimeProvider.System, server.Place).ThinkAsync(known =>
            Enumerable.Range(0, 100).Select(i => known.Of($"n{i}.example", RecordType.A)).ToList(), Cancel);
        Assert.Equal((40, 40), (told.Questions, server.Asked.Count));
        Assert.Equal(60, told.Thought.Count(one => one!.Why == "more than 40 questions would have to be asked"));
    }

    [Fact]
    public async Task Whoever_asked_may_go_away()
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var server = new ScriptedDns(_ =>
        {
            gone.Cancel();
            return [];
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Asker(TimeProvider.System, server.Place)
            .ThinkAsync(known => known.Of("a.example", RecordType.A), gone.Token));
    }

    private static DnsAsker Asker(TimeProvider clock, params IPEndPoint[] servers)
    {
        var settings = new DnsSettings(servers);
        return new DnsAsker(() => settings, clock);
    }

    private static Task<DnsAnswer> AskAsync(ScriptedDns server, DnsQuestion question) =>
        AskAsync(Asker(TimeProvider.System, server.Place), question);

    private static async Task<DnsAnswer> AskAsync(DnsAsker asker, DnsQuestion question) =>
        (await asker.ThinkAsync(known => known.Of(question.Name, question.Type), Cancel)).Thought!;
}
