using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

public class RecipientLifeTests
{
    private static readonly State[] Final = [State.Delivered, State.Cancelled];
    private static readonly State[] Ended =
        [State.Delivered, State.Captured, State.Failed, State.Expired, State.Cancelled, State.Suppressed];

    public static TheoryData<State, Happening> EveryPair()
    {
        var pairs = new TheoryData<State, Happening>();
        foreach (var state in Enum.GetValues<State>())
            foreach (var what in Enum.GetValues<Happening>())
                pairs.Add(state, what);
        return pairs;
    }

    [Fact]
    public void What_was_delivered_or_cancelled_stays_so()
    {
        foreach (var state in Final)
            foreach (var what in Enum.GetValues<Happening>())
                Assert.Null(RecipientLife.After(state, what));
    }

    [Fact]
    public void What_ended_otherwise_lives_again_only_when_a_person_releases_it()
    {
        foreach (var state in Ended.Except(Final))
            foreach (var what in Enum.GetValues<Happening>())
                Assert.Equal(what switch
                {
                    Happening.Released => State.Waiting,
                    Happening.Cancelled when state == State.Captured => State.Cancelled, // deleted by a person
                    _ => (State?)null,
                }, RecipientLife.After(state, what));
    }

    [Fact]
    public void From_every_open_state_there_is_a_way_to_every_end()
    {
        foreach (var state in Enum.GetValues<State>().Where(RecipientLife.IsOpen))
            Assert.Superset(Ended.ToHashSet(), Reachable(state));
    }

    [Fact]
    public void Only_a_lease_leads_onto_the_wire()
    {
        var waysIn = from state in Enum.GetValues<State>()
                     from what in Enum.GetValues<Happening>()
                     where RecipientLife.After(state, what) == State.Trying
                     select (state, what);
        Assert.Equal([(State.Waiting, Happening.Leased)], waysIn);
    }

    [Fact]
    public void Only_a_try_can_deliver()
    {
        var waysIn = from state in Enum.GetValues<State>()
                     from what in Enum.GetValues<Happening>()
                     where RecipientLife.After(state, what) == State.Delivered
                     select (state, what);
        Assert.Equal([(State.Trying, Happening.Accepted)], waysIn);
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void The_impossible_is_refused_loudly_and_the_possible_is_done(State state, Happening what)
    {
        if (RecipientLife.After(state, what) is { } next)
            Assert.Equal(next, RecipientLife.Next(state, what));
        else
            Assert.Equal($"a recipient that is {state} cannot be {what}",
                Assert.Throws<InvalidOperationException>(() => RecipientLife.Next(state, what)).Message);
    }

    [Fact]
    public void Whatever_a_crash_leaves_of_a_lease_waits_again()
    {
        Assert.Equal(State.Waiting, RecipientLife.After(State.Trying, Happening.LeaseLost));
        Assert.Equal(State.Waiting, RecipientLife.After(State.Trying, Happening.Returned));
    }

    private static HashSet<State> Reachable(State from)
    {
        var seen = new HashSet<State> { from };
        var todo = new Queue<State>(seen);
        while (todo.TryDequeue(out var state))
            foreach (var what in Enum.GetValues<Happening>())
                if (RecipientLife.After(state, what) is { } next && seen.Add(next))
                    todo.Enqueue(next);
        return seen;
    }
}
