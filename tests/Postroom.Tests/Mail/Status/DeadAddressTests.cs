using Postroom.Mail;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

public sealed class DeadAddressTests
{
    private static readonly DeadAddressRule Rule = new(3, TimeSpan.FromDays(2), TimeSpan.FromDays(30));
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(5, 1, 1, true)]
    [InlineData(5, 1, 10, true)]
    [InlineData(5, 2, 1, true)] // closed, and not to be opened again
    [InlineData(4, 1, 1, false)]
    [InlineData(5, 2, 2, false)] // full
    [InlineData(5, 1, 7, false)] // the sender's address
    [InlineData(5, 1, 8, false)]
    [InlineData(5, 7, 1, false)] // a policy
    public void OnlyAMailboxThatIsNotThereIsGone(int type, int subject, int detail, bool isGone) => Assert.Equal(isGone,
        DeadAddress.IsGone(Refused(type, subject, detail)));

    [Fact]
    public void WhatIsTheMailsOrTheNextHopsFaultIsNoneOfTheAddress()
    {
        Assert.False(DeadAddress.IsGone(Refused(5, 1, 1) with { Fault = Fault.Message }));
        Assert.False(DeadAddress.IsGone(Refused(5, 1, 1) with { Fault = Fault.NextHop }));
    }

    [Theory]
    [InlineData("0g 1g 2g", 3)]
    [InlineData("0g 1g 1g", null)] // not over two days
    [InlineData("0g 2g", null)]
    [InlineData("0g 1d 2g 3g 4g", 3)] // what was before a delivery says nothing
    [InlineData("0g 1g 2g 3d", null)]
    [InlineData("0g 1x 2g 3x 4g", 3)] // a full mailbox says nothing, either way
    [InlineData("", null)]
    public void ItIsDeadOnceEnoughFailedInARowForLongEnough(string mails, int? failures)
    {
        var fates = mails.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(mail => new AddressFate(
            Start.AddDays(mail[0] - '0'), mail[1] switch
            {
                'g' => Refused(5, 1, 1),
                'x' => Refused(5, 2, 2),
                _ => null,
            })).Reverse().ToList();
        Assert.Equal(failures, DeadAddress.Count(fates, Rule, DateTimeOffset.MinValue));
        Assert.Null(DeadAddress.Count(fates, Rule, Start.AddDays(9))); // a person took it off since
    }

    [Fact]
    public void EachTimeItIsGivenUpForTwiceAsLong()
    {
        Assert.Equal([30.0, 60, 120, 180, 180], Enumerable.Range(0, 5).Select(times => Rule.Length(times).TotalDays));
        Assert.Equal(365, (Rule with { For = TimeSpan.FromDays(365) }).Length(3).TotalDays);
    }

    private static Failure Refused(int type, int subject, int detail) =>
        new(Fault.Recipient, new EnhancedStatus(type, subject, detail), "no", null);
}
