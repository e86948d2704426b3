using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Mail;
using Postroom.Tests.Relay.Queue;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>docs/next-hops.md, played row by row: what a next hop does, and what was decided to come of it.</summary>
public sealed class HostileHopTests
{
    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var step in HopPage.Rows)
                foreach (var row in step)
                    rows.Add(step.Key, row.Does);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task What_comes_of_it_is_what_was_decided(string step, string does)
    {
        var row = HopPage.Rows[step].Single(row => row.Does == does);
        var ways = HopSteps.All[step].Ways.Where(way => row.IsFor(way.IsAhead)).ToList();
        Assert.NotEmpty(ways);
        foreach (var way in ways)
        {
            await using var play = new HopPlay(step, row.Misfortune, way);
            var mail = await play.RunAsync();
            Holds(row, way, play, mail);
            play.Mend();
            if (!play.IsHopeless)
                await play.House.EndedAsync(mail);
            KeepsItsPromises(row, play, mail);
        }
    }

    [Fact]
    public void Every_step_of_the_dialogue_is_on_the_page() =>
        Assert.Equal(HopSteps.All.Keys.Order(), HopPage.Rows.Select(step => step.Key).Order());

    private static void Holds(HopRow row, HopWay way, HopPlay play, StoryMail mail)
    {
        var settled = play.House.Spool.Settlements.First(one => one.Lease.Id == mail.Id);
        var verdicts = settled.Verdicts.OrderBy(verdict => verdict.Index).ToList();
        var told = string.Join("\n", verdicts.Select(v => $"{v.What}: {v.Failure?.Diagnostic ?? v.Reply}"))
            + $"\nby {way.Name}\n{settled.Attempt?.Transcript}";
        Assert.True(verdicts.Count == 2, told);
        for (var i = 0; i < 2; i++)
        {
            var state = RecipientLife.Next(State.Trying, verdicts[i].What);
            Assert.True(row.Recipients[row.Recipients.Length == 1 ? 0 : i] == Word(state), $"is {state}\n{told}");
            if (verdicts[i].Failure is not { } failure)
                continue;
            Assert.True(row.Fault == Word(failure.Fault) && row.Status == failure.Status.ToString(),
                $"is {failure.Fault} {failure.Status}\n{told}");
            Assert.True((verdicts[i].What == Happening.Deferred) == (row.Counted == true), $"counted?\n{told}");
            Assert.True(failure.Diagnostic.Length <= Reply.LongestQuote + 200, told);
        }

        var said = verdicts.Select(v => (v.Failure?.Diagnostic ?? v.Reply)!);
        Assert.True(said.Any(words => words.Contains(row.Says, StringComparison.Ordinal)), told);
        var doubts = settled.Events.Count(happened => happened.Kind == EventKind.InDoubt);
        Assert.True(doubts == (row.IsInDoubt(way.IsAhead) ? 2 : 0), $"{doubts} in doubt\n{told}");
        if (settled.Attempt?.Remote is not null && verdicts.Exists(v => v.Failure is not null))
            Assert.NotNull(settled.Attempt.Transcript);
    }

    // Whatever happened: what was to arrive did, once; and nobody saw what he must not see.
    private static void KeepsItsPromises(HopRow row, HopPlay play, StoryMail mail)
    {
        var (spool, peer) = (play.House.Spool, play.Peer);
        for (var i = 0; i < 2; i++)
        {
            var to = mail.Envelope.Recipients[i].Path.Address;
            var doubts = spool.Trail.Count(e => e.Kind == EventKind.InDoubt && e.Mail == mail.Id && e.Recipient == i);
            var arrived = peer.TakenFor.Count(taken => taken == to);
            var state = mail.Recipients[i].State;
            Assert.True(state == (play.IsHopeless ? State.Waiting
                : row.Recipients[row.Recipients.Length == 1 ? 0 : i] == "failed" ? State.Failed : State.Delivered),
                $"{to} is {state}");
            Assert.InRange(arrived, state == State.Delivered ? 1 : 0, state == State.Delivered ? 1 + doubts : 0);
        }

        Assert.False(peer.IsHeardOut, "it listened to what has no end");
        var kept = string.Join('\n',
            spool.Settlements.SelectMany(Kept).Concat(spool.Story).Concat(play.House.Log.Lines));
        Assert.DoesNotContain(HopPlay.Password, kept, StringComparison.Ordinal);
        for (var at = 0; at + 12 <= HopPlay.Login.Length; at++)
            Assert.DoesNotContain(HopPlay.Login[at..(at + 12)], kept, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', kept);
        var clear = peer.ClearLines.Where(line => line.Split(' ')[0] is not ("GREETING" or "EHLO" or "HELO" or "QUIT"));
        if (play.Route.Tls == TlsMode.Required)
            Assert.DoesNotContain(clear, line => line is not ("STARTTLS" or "TLS"));
        Assert.DoesNotContain(clear, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Kept(Postroom.Relay.Spool.Settlement settled) =>
        settled.Verdicts.SelectMany(v => new[] { v.Reply, v.Text, v.Failure?.Diagnostic })
            .Append(settled.Attempt?.Transcript).Append(settled.Attempt?.Greeting)
            .Concat(settled.Events.Select(e => e.Text)).OfType<string>();

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
