using CsCheck;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Relay.Spool.Ledger;

/// <summary>
/// Random lives of random mails: the ledger ends where a plain walk through the table of states ends.
/// </summary>
public class LedgerLivesTests
{
    private const int Mails = 5;
    private const int Recipients = 2;

    private static readonly Gen<(int Mail, int Recipient, Happening What)[]> Lives =
        Gen.Select(Gen.Int[0, Mails - 1], Gen.Int[0, Recipients - 1], Gen.Enum<Happening>()).Array[0, 120];

    [Fact]
    public void The_ledger_agrees_with_the_table() =>
        Gen.Select(Lives, Gen.Int[1, 40]).Sample((life, batch) =>
        {
            using var story = new Story();
            var model = new State[Mails, Recipients];
            var ids = new List<MailId>();
            for (var m = 0; m < Mails; m++)
            {
                var mail = story.Mail(At(m), "a@x", "b@x");
                ids.Add(mail.Id);
                story.Write(mail);
                for (var r = 0; r < Recipients; r++)
                    model[m, r] = State.Waiting;
            }

            for (var i = 0; i < life.Length; i++)
            {
                var (m, r, what) = life[i];
                Step(model, m, r, what);
                story.Write(RecordOf(ids[m], r, what, At(10 + i)));
            }

            foreach (var part in story.Journal.Chunk(batch))
                story.Ledger.Apply(part, story.LaneOf);
            AssertSame(story, ids, model);
        }, iter: 60, threads: 1);

    private static void Step(State[,] model, int mail, int recipient, Happening what) =>
        model[mail, recipient] = RecipientLife.After(model[mail, recipient], what) ?? model[mail, recipient];

    private static JournalRecord RecordOf(MailId id, int n, Happening what, DateTimeOffset at) => what switch
    {
        Happening.Leased => Leased(at, id, n),
        Happening.LeaseLost => new LeasesLostRecord(at, [new Target(id, n)], []),
        _ when IsVerdict(what) => Settled(at, id, new Verdict(n, what)),
        _ => new DirectedRecord(at, what, [new Target(id, n)], "anna", null),
    };

    private static bool IsVerdict(Happening what) => what is Happening.Returned or Happening.Accepted
        or Happening.Deferred or Happening.Refused or Happening.Captured or Happening.Suppressed;

    private static void AssertSame(Story story, List<MailId> ids, State[,] model)
    {
        var counts = new Dictionary<State, long>();
        for (var m = 0; m < Mails; m++)
            for (var r = 0; r < Recipients; r++)
            {
                Assert.Equal(model[m, r], story.StateOf(ids[m], r));
                counts[model[m, r]] = counts.GetValueOrDefault(model[m, r]) + 1;
            }

        using var reader = story.Ledger.OpenReader(TimeProvider.System);
        Assert.Equal(counts, reader.Count(Filter.All).ByState);
        foreach (var (state, count) in counts)
            Assert.Equal(count, story.Find($"state:{state}").Count);
    }
}
