using CsCheck;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Mail.Audit;

public sealed class TimelineTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void A_mark_stands_where_its_time_is_whoever_was_written_down_first()
    {
        Assert.Equal("Accepted Trying DuplicateOf Delivered",
            Ordered((0, EventKind.Accepted), (1, EventKind.Trying), (4, EventKind.Delivered),
                (3, EventKind.DuplicateOf)));
        Assert.Equal("Accepted Trying Delivered DuplicateOf",
            Ordered((0, EventKind.Accepted), (1, EventKind.Trying), (4, EventKind.DuplicateOf),
                (3, EventKind.Delivered)));
        Assert.Equal("Accepted Read Tagged Captured",
            Ordered((0, EventKind.Accepted), (4, EventKind.Captured), (3, EventKind.Tagged), (2, EventKind.Read)));
    }

    [Fact]
    public void Nothing_stands_before_the_acceptance() => Assert.Equal("Accepted DuplicateOf",
        Ordered((5, EventKind.Accepted), (3, EventKind.DuplicateOf)));

    [Fact]
    public void A_clock_that_was_set_turns_nothing()
    {
        Assert.Equal("Accepted Trying DuplicateOf", // back by a second
            Ordered((0, EventKind.Accepted), (3_000, EventKind.Trying), (2_000, EventKind.DuplicateOf)));
        Assert.Equal("Accepted DuplicateOf Trying",
            Ordered((0, EventKind.Accepted), (2_999, EventKind.Trying), (2_000, EventKind.DuplicateOf)));
        Assert.Equal("Accepted Trying Delivered", // by less, between a try and its outcome
            Ordered((0, EventKind.Accepted), (9, EventKind.Trying), (5, EventKind.Delivered)));
    }

    [Fact]
    public void What_changes_the_state_keeps_its_order_and_nothing_is_lost() => Gen.Select(
        Gen.Int[0, 3_000], Gen.Enum<EventKind>()).List[0, 12].Sample(told =>
    {
        var before = told.ConvertAll(one => Event(one.Item1, one.Item2));
        var after = before.ToList();
        Timeline.PutInOrder(after);
        Assert.Equal(before.Where(IsStep), after.Where(IsStep));
        Assert.Equal(before.Count, after.Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.True(before.Count == 0 || ReferenceEquals(before[0], after[0]));
    });

    private static bool IsStep(TrailEvent e) => !Timeline.IsMark(e.Kind);

    private static string Ordered(params (int Milliseconds, EventKind Kind)[] told)
    {
        var trail = told.Select(one => Event(one.Milliseconds, one.Kind)).ToList();
        Timeline.PutInOrder(trail);
        return string.Join(' ', trail.Select(e => e.Kind));
    }

    private static TrailEvent Event(int milliseconds, EventKind kind) =>
        new(Start.AddMilliseconds(milliseconds), kind, new MailId(1), null);
}
