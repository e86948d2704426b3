using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

public class ServerPathTests
{
    [Theory]
    [InlineData("<a@example.com>", "a@example.com")]
    [InlineData("<a.b+c/d=e@example.com>", "a.b+c/d=e@example.com")]
    [InlineData("<root@localhost>", "root@localhost")]
    [InlineData("<a@my_host.internal>", "a@my_host.internal")]
    [InlineData("<\"a b\\\"@>\"@example.com>", "\"a b\\\"@>\"@example.com")]
    [InlineData("<a@[192.0.2.1]>", "a@[192.0.2.1]")]
    [InlineData("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]")]
    [InlineData("<@x.example,@y.example:a@example.com>", "a@example.com")]
    [InlineData("<a%b@c.example>", "a%b@c.example")]
    [InlineData("<x!y@c.example>", "x!y@c.example")]
    [InlineData("<postMASTER>", "postMASTER")]
    [InlineData("<>", "")]
    public void Paths(string text, string address)
    {
        Assert.True(PathGrammar.TryRead(ServerScript.Latin(text), lenient: false, out var path));
        Assert.Equal((address, text.Length, true), (path.Address, path.Length, path.IsAscii));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a@example.com")]
    [InlineData("<a@example.com")]
    [InlineData("<a>")]
    [InlineData("<@example.com>")]
    [InlineData("<a@>")]
    [InlineData("<a@@example.com>")]
    [InlineData("<a b@example.com>")]
    [InlineData("<.a@example.com>")]
    [InlineData("<a..b@example.com>")]
    [InlineData("<a.@example.com>")]
    [InlineData("<a@-example.com>")]
    [InlineData("<a@example-.com>")]
    [InlineData("<a@example.com.>")]
    [InlineData("<a@exam ple.com>")]
    [InlineData("<a@[256.0.2.1]>")]
    [InlineData("<a@[192.0.2]>")]
    [InlineData("<a@[IPv6:x]>")]
    [InlineData("<a@[192.0.2.1>")]
    [InlineData("<\"a@example.com>")]
    [InlineData("<\"a\\>")]
    [InlineData("<@x.example>")]
    [InlineData("<@x.example:>")]
    [InlineData("<@x.example;a@example.com>")]
    [InlineData("<\u00e9@example.com>")] // no UTF-8
    public void What_is_no_path(string text) =>
        Assert.False(PathGrammar.TryRead(ServerScript.Latin(text), lenient: false, out _));

    [Fact]
    public void An_old_device_may_leave_the_brackets_off()
    {
        Assert.True(PathGrammar.TryRead("a@example.com SIZE=1"u8, lenient: true, out var path));
        Assert.Equal(new PathText("a@example.com", 13, true), path);
    }

    [Fact]
    public void UTF8_asks_for_SMTPUTF8()
    {
        var script = new ServerScript().Feed("EHLO a\r\nMAIL FROM:<\u00c3\u00a9@example.com>\r\nMAIL FROM:<>\r\nRCPT TO:<a@b\u00c3\u00bcro.example>\r\n");
        Assert.Equal(2, script.Said.Split("553 5.6.7 An address beyond ASCII needs SMTPUTF8\r\n").Length - 1);
    }
}
