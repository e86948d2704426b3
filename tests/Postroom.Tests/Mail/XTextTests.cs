using Postroom.Mail;
using Xunit;

namespace Postroom.Tests.Mail;

public class XTextTests
{
    [Theory]
    [InlineData("QQ314159", "QQ314159")]
    [InlineData("a+b=c d", "a+2Bb+3Dc+20d")]
    [InlineData("ü\r\n", "+C3+BC+0D+0A")]
    [InlineData("", "")]
    public void It_is_put_into_armour_and_taken_out_again(string text, string xtext)
    {
        Assert.Equal(xtext, XText.Encode(text));
        Assert.True(XText.TryDecode(xtext, out var back));
        Assert.Equal(text, back);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData("a+2")]
    [InlineData("a+")]
    [InlineData("a+GG")]
    [InlineData("ü")]
    [InlineData("+FF")]
    [InlineData("a\r\nb")]
    public void What_is_no_xtext_is_not_decoded(string? xtext) => Assert.False(XText.TryDecode(xtext, out _));
}
