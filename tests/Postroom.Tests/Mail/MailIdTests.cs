using Postroom.Mail;
using Xunit;

namespace Postroom.Tests.Mail;

public class MailIdTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_written_is_read_back_and_sorts_as_it_counts()
    {
        var a = MailId.After(default, Noon);
        var b = MailId.After(a, Noon);
        Assert.True(MailId.TryParse(a.ToString(), out var back));
        Assert.Equal(a, back);
        Assert.True(string.CompareOrdinal(a.ToString(), b.ToString()) < 0);
        Assert.Equal(Noon, a.At);
    }

    [Fact]
    public void A_clock_that_steps_back_repeats_no_id()
    {
        var a = MailId.After(default, Noon);
        Assert.True(MailId.After(a, Noon.AddDays(-2)) > a);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789AB")]
    [InlineData("ZZZZZZZZZZZZZ")]
    [InlineData("0123456789AB!")]
    public void What_is_no_id_is_not_taken_for_one(string? text) => Assert.False(MailId.TryParse(text, out _));
}
