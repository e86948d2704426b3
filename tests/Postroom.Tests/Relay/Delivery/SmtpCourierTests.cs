using Postroom.Mail.Status;
using Xunit;
using Postroom.Relay.Delivery;

namespace Postroom.Tests.Relay.Delivery;

public sealed class SmtpCourierTests
{
    private const string Body = "Subject: x\r\n\r\n.dot\r\nhello\r\n";

    private static readonly string[] Plain = ["PIPELINING", "8BITMIME"];
    private static readonly string[] Bare = ["8BITMIME"];
    private static readonly string[] Chunking = ["PIPELINING", "CHUNKING", "8BITMIME"];

    public static TheoryData<string> Offers => ["PIPELINING CHUNKING", "PIPELINING", "CHUNKING", "HELP"];

    [Theory]
    [MemberData(nameof(Offers))]
    public async Task A_mail_arrives_as_it_was_whatever_the_hop_can(string offer)
    {
        foreach (var cut in (int[])[0, 1, 3])
        {
            await using var house = new CourierHouse(new ScriptedPeer { Offer = offer.Split(' '), Cut = cut });
            for (var i = 0; i < 3; i++)
            {
                using var outcome = await house.SendAsync(Body, "a@example.org", "b@example.org");
                Assert.All(outcome.Results, result => Assert.Equal("250 2.0.0 Ok: queued", result.Reply));
                Assert.Equal(Body, await house.Peer.Mails.Reader.ReadAsync(TestContext.Current.CancellationToken));
                Assert.Null(outcome.Attempt!.Transcript);
            }

            Assert.Equal(1, house.Dialer.Dialled);
        }
    }

    [Theory]
    [MemberData(nameof(Offers))]
    public async Task A_refused_recipient_does_not_stop_the_other(string offer)
    {
        var peer = new ScriptedPeer
        {
            Offer = offer.Split(' '),
            Script = line => line.Contains("nobody", StringComparison.Ordinal) ? "550 5.1.1 No such user" : null,
        };
        await using var house = new CourierHouse(peer);

        using var outcome = await house.SendAsync(Body, "nobody@example.org", "b@example.org");

        Assert.Equal(new EnhancedStatusOf(Fault.Recipient, "5.1.1"), EnhancedStatusOf.The(outcome.Results[0].Failure!));
        Assert.Equal("550 5.1.1 No such user", outcome.Results[0].Failure!.Diagnostic);
        Assert.NotNull(outcome.Results[1].Reply);
        Assert.Contains("RCPT TO:<nobody@example.org>", outcome.Attempt!.Transcript!, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Offers))]
    public async Task After_a_mail_without_takers_the_next_one_arrives_alone(string offer)
    {
        var peer = new ScriptedPeer
        {
            Offer = offer.Split(' '),
            Script = line => line.Contains("nobody", StringComparison.Ordinal) ? "550 5.1.1 No such user" : null,
        };
        await using var house = new CourierHouse(peer);

        var first = house.SendAsync("one\r\n", "nobody@example.org");
        var second = house.SendAsync("two\r\n", "b@example.org");

        using var refused = await first;
        using var taken = await second;
        Assert.False(refused.InDoubt);
        Assert.Equal(Fault.Recipient, refused.Results[0].Failure!.Fault);
        Assert.NotNull(taken.Results[0].Reply);
        Assert.Equal("two\r\n", await house.Peer.Mails.Reader.ReadAsync(TestContext.Current.CancellationToken));
        var again = peer.Lines.LastIndexOf("MAIL FROM:<app@example.com>");
        Assert.Equal("RSET", peer.Lines[again - 1]);
    }

    [Fact]
    public async Task A_large_mail_behind_one_without_takers_does_not_join_its_transaction()
    {
        var peer = new ScriptedPeer
        {
            Offer = Chunking,
            Script = line => line.Contains("nobody", StringComparison.Ordinal) ? "550 5.1.1 No such user" : null,
        };
        await using var house = new CourierHouse(peer, with: settings => settings with { LargestPipelined = 10 });

        var first = house.SendAsync("one\r\n", "nobody@example.org");
        var second = house.SendAsync(Body, "b@example.org");

        (await first).Dispose();
        using var taken = await second;
        Assert.NotNull(taken.Results[0].Reply);
        Assert.Equal("RSET", peer.Lines[peer.Lines.LastIndexOf("MAIL FROM:<app@example.com>") - 1]);
    }

    public static TheoryData<string, string, Fault, string> Refusals => new()
    {
        { "GREETING", "554 5.3.2 Not today", Fault.NextHop, "5.3.2" },
        { "GREETING", "421 4.3.2 Busy", Fault.NextHop, "4.3.2" },
        { "GREETING", "HTTP/1.1 400 Bad Request", Fault.NextHop, "4.5.0" },
        { "GREETING", ScriptedPeer.Drop, Fault.NextHop, "4.4.2" },
        { "EHLO", "421 4.3.2 Closing", Fault.NextHop, "4.3.2" },
        { "EHLO", ScriptedPeer.Drop, Fault.NextHop, "4.4.2" },
        { "MAIL", "451 4.7.1 Greylisted", Fault.Message, "4.7.1" },
        { "MAIL", "550 5.7.1 Sender refused", Fault.Message, "5.7.1" },
        { "MAIL", "530 5.7.57 Client not authenticated", Fault.Account, "5.7.57" },
        { "MAIL", "452 4.3.1 Insufficient storage", Fault.NextHop, "4.3.1" },
        { "MAIL", "421 4.3.2 Closing", Fault.NextHop, "4.3.2" },
        { "MAIL", ScriptedPeer.Drop, Fault.NextHop, "4.4.2" },
        { "RCPT", "450 4.2.1 Too fast", Fault.Recipient, "4.2.1" },
        { "RCPT", "550 5.1.1 No such user", Fault.Recipient, "5.1.1" },
        { "RCPT", "421 4.3.2 Closing", Fault.NextHop, "4.3.2" },
        { "RCPT", "garbage", Fault.NextHop, "4.5.0" },
        { "END", "451 4.3.0 Later", Fault.Message, "4.3.0" },
        { "END", "552 5.2.3 Too big", Fault.Message, "5.2.3" },
        { "END", "421 4.3.2 Closing", Fault.NextHop, "4.3.2" },
        { "END", ScriptedPeer.Drop, Fault.NextHop, "4.4.2" },
        { "END", "garbage", Fault.NextHop, "4.5.0" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Who_is_at_fault_is_told_by_where_it_happened(string at, string reply, Fault fault, string status)
    {
        foreach (var offer in (string[][])[Chunking, Plain, Bare])
        {
            var peer = new ScriptedPeer
            {
                Offer = offer,
                Script = line => line.StartsWith(at, StringComparison.Ordinal) ? reply : null,
            };
            await using var house = new CourierHouse(peer);

            using var outcome = await house.SendAsync(Body, "a@example.org");

            var failure = Assert.Single(outcome.Results).Failure!;
            Assert.Equal(new EnhancedStatusOf(fault, status), EnhancedStatusOf.The(failure));
            Assert.Equal("hop.example", failure.RemoteMta ?? "hop.example");

            // In doubt only where the whole mail was on its way and no valid answer came to it.
            var noAnswer = reply is ScriptedPeer.Drop or "garbage";
            var wasWritten = house.AtWire.Count > 0;
            Assert.Equal(noAnswer && wasWritten, outcome.InDoubt);
            Assert.True(at == "END" || offer == Chunking || !wasWritten);
            Assert.NotNull(outcome.Attempt!.Transcript);
        }
    }

    [Theory]
    [InlineData("GREETING", 5, "the greeting")]
    [InlineData("EHLO", 5, "the reply to ehlo")]
    [InlineData("MAIL", 5, "the reply to MAIL")]
    [InlineData("RCPT", 5, "the reply to RCPT")]
    [InlineData("DATA", 2, "the reply to DATA")]
    [InlineData("END", 10, "the reply to the end of the mail")]
    public async Task Silence_ends_when_RFC_5321_says(string at, int minutes, string awaited)
    {
        var peer = new ScriptedPeer
        {
            Offer = Bare,
            Script = line => line.StartsWith(at, StringComparison.Ordinal) ? ScriptedPeer.Silence : null,
        };
        await using var house = new CourierHouse(peer);
        var sending = house.SendAsync(Body, "a@example.org");
        await foreach (var heard in peer.Heard.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            if (heard.StartsWith(at, StringComparison.Ordinal))
                break;

        house.Time.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
        Assert.False(sending.IsCompleted);
        house.Time.Advance(TimeSpan.FromSeconds(2));

        using var outcome = await sending;
        Assert.Equal($"timed out waiting for {awaited}", outcome.Results[0].Failure!.Diagnostic);
        Assert.Equal(at == "END", outcome.InDoubt);
    }

    [Fact]
    public async Task Several_mails_are_in_flight_without_an_answer_and_no_more_than_the_route_says()
    {
        var peer = new ScriptedPeer { Offer = Chunking };
        var gate = new TaskCompletionSource();
        peer.Script = line =>
        {
            if (line.StartsWith("MAIL", StringComparison.Ordinal))
                gate.Task.Wait(CourierHouse.Patience);
            return null;
        };
        await using var house = new CourierHouse(peer);
        var sending = Enumerable.Range(0, 6).Select(i => house.SendAsync($"{i}\r\n", "a@example.org")).ToArray();
        await foreach (var heard in peer.Heard.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            if (heard.StartsWith("EHLO", StringComparison.Ordinal))
                break;
        SpinWait.SpinUntil(() => house.AtWire.Count == 4, CourierHouse.Patience);
        Assert.Equal(4, house.AtWire.Count);
        gate.SetResult();

        var first = await sending[0];
        for (var i = 1; i < 4; i++)
            await sending[i];
        Assert.Equal(4, house.AtWire.Count);    // answered, but nothing is recorded yet
        first.Dispose();
        await sending[4];
        Assert.Equal(5, house.AtWire.Count);
        Assert.False(sending[5].IsCompleted);
        (await sending[1]).Dispose();
        await sending[5];
        for (var i = 0; i < 6; i++)
            Assert.Equal($"{i}\r\n", await peer.Mails.Reader.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_mark_comes_before_the_end_of_the_mail()
    {
        var peer = new ScriptedPeer { Offer = Plain };
        await using var house = new CourierHouse(peer);
        using var outcome = await house.SendAsync(Body, "a@example.org");
        Assert.Equal("DATA", Assert.Single(house.AtWire));
    }

    [Fact]
    public async Task A_kept_connection_that_the_peer_closed_meanwhile_is_nobodys_failure()
    {
        foreach (var farewell in (string[])[ScriptedPeer.Drop, "421 4.4.2 Idle too long"])
        {
            var count = 0;
            var peer = new ScriptedPeer
            {
                Script = line => line.StartsWith("MAIL", StringComparison.Ordinal) && ++count == 2 ? farewell : null,
            };
            await using var house = new CourierHouse(peer);
            (await house.SendAsync(Body, "a@example.org")).Dispose();
            house.Time.Advance(TimeSpan.FromSeconds(10));

            using var outcome = await house.SendAsync(Body, "a@example.org");

            Assert.NotNull(outcome.Results[0].Reply);
            Assert.False(outcome.InDoubt);
            Assert.Equal(2, house.Dialer.Dialled);
        }
    }

    [Fact]
    public async Task An_idle_connection_is_closed_with_QUIT()
    {
        await using var house = new CourierHouse(new ScriptedPeer());
        (await house.SendAsync(Body, "a@example.org")).Dispose();
        house.Time.Advance(TimeSpan.FromSeconds(31));
        await foreach (var heard in house.Peer.Heard.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            if (heard == "QUIT")
                return;
    }

    [Fact]
    public async Task Too_many_recipients_go_in_a_second_transaction()
    {
        var taken = 0;
        var peer = new ScriptedPeer();
        peer.Script = line =>
        {
            if (line.StartsWith("MAIL", StringComparison.Ordinal))
                taken = 0;
            return line.StartsWith("RCPT", StringComparison.Ordinal) && ++taken > 2
                ? "452 4.5.3 Too many recipients" : null;
        };
        await using var house = new CourierHouse(peer);

        using var outcome = await house.SendAsync(
            Body, "a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org");

        Assert.All(outcome.Results, result => Assert.Null(result.Failure));
        Assert.Equal([0, 1, 2, 3, 4], outcome.Results.Select(result => result.Index));
        Assert.Equal(3, house.AtWire.Count);
    }

    [Fact]
    public async Task A_mail_larger_than_the_hop_takes_is_not_sent()
    {
        await using var house = new CourierHouse(new ScriptedPeer { Offer = ["SIZE 10"] });
        using var outcome = await house.SendAsync(Body, "a@example.org");
        Assert.Equal(new EnhancedStatusOf(Fault.Message, "5.3.4"), EnhancedStatusOf.The(outcome.Results[0].Failure!));
        Assert.DoesNotContain(house.Peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_back_is_never_ended()
    {
        foreach (var offer in (string[][])[Chunking, Plain])
        {
            await using var house = new CourierHouse(new ScriptedPeer { Offer = offer });
            var mail = house.Mail(Body, "a@example.org");
            var damaged = new Content(100, [], (at, into, _) => at == 0
                ? ValueTask.FromResult(10)
                : throw new InvalidDataException("checksum mismatch"));
            using var outcome = await house.SendAsync(mail with { Content = damaged });
            Assert.Equal("checksum mismatch", outcome.Damage);
            Assert.False(outcome.InDoubt);
            Assert.Empty(house.AtWire);
        }
    }

    [Fact]
    public async Task A_large_mail_read_from_the_spool_arrives_whole()
    {
        foreach (var offer in (string[][])[Chunking, Plain])
        {
            var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $".line {i}\r\n"));
            var bytes = System.Text.Encoding.ASCII.GetBytes(text);
            await using var house = new CourierHouse(new ScriptedPeer { Offer = offer });
            var stored = new Content(bytes.Length, [], (at, into, _) =>
            {
                var piece = bytes.AsMemory((int)at, (int)Math.Min(into.Length, bytes.Length - at));
                piece.CopyTo(into);
                return ValueTask.FromResult(piece.Length);
            });
            using var outcome = await house.SendAsync(house.Mail("", "a@example.org") with { Content = stored });
            Assert.Null(outcome.Results[0].Failure);
            Assert.Equal(text, await house.Peer.Mails.Reader.ReadAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_probe_says_why_not_and_its_connection_is_used()
    {
        var refuse = true;
        var peer = new ScriptedPeer { Script = line => refuse && line == "GREETING" ? "554 5.3.2 Not today" : null };
        await using var house = new CourierHouse(peer);
        Assert.Equal(Fault.NextHop, (await house.Courier.ProbeAsync(CancellationToken.None))!.Fault);
        refuse = false;
        Assert.Null(await house.Courier.ProbeAsync(CancellationToken.None));
        (await house.SendAsync(Body, "a@example.org")).Dispose();
        Assert.Equal(2, house.Dialer.Dialled);
    }
}

/// <summary>What a failure comes to, short enough to stand in a table.</summary>
public sealed record EnhancedStatusOf(Fault Fault, string Status)
{
    public static EnhancedStatusOf The(Failure failure) => new(failure.Fault, failure.Status.ToString());
}
