using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

public class SignTests
{
    [Theory]
    [InlineData("daily", "550 Daily limit", true)]
    [InlineData("daily", "daily", true)]
    [InlineData("daily", "(daily)", true)]
    [InlineData("daily", "xdaily", false)] // a part of another word
    [InlineData("daily", "550 undaily", false)]
    [InlineData("daily", "dailys", false)]
    [InlineData("daily", "daily_limit", false)]
    [InlineData("daily", "_daily", false)]
    [InlineData("daily", "undaily, daily", true)] // the second is one
    [InlineData("daily", "2daily3", true)] // a number is no word
    [InlineData("5.7.1", "550 5.7.1 no", true)]
    [InlineData("5.7.1", "550 5.7.14 no", false)]
    [InlineData("5.7.1", "15.7.1", false)]
    [InlineData("5.7.1", "x5.7.1x", true)]
    public void A_word_is_found_whole(string sign, string words, bool fits) =>
        Assert.Equal(fits, new Sign(null, sign).Fits(new Failure(Fault.Account, default, words, null)));
}
