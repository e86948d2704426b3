using Postroom.Mail;
using Xunit;

namespace Postroom.Tests.Mail;

public class EnhancedStatusTests
{
    [Theory]
    [InlineData(3, 0, 0)]
    [InlineData(5, -1, 0)]
    [InlineData(5, 0, -1)]
    [InlineData(5, 1_000, 0)]
    [InlineData(5, 0, int.MinValue)]
    public void What_is_no_status_is_refused_as_documented(int @class, int subject, int detail) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EnhancedStatus(@class, subject, detail));

    [Fact]
    public void A_status_is_written_as_it_is() => Assert.Equal("5.999.0", new EnhancedStatus(5, 999, 0).ToString());
}
