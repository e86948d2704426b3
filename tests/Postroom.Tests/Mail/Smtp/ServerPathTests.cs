using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using CsCheck;
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
    [InlineData("<a@[0.255.10.100]>", "a@[0.255.10.100]")]
    [InlineData("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]")]
    [InlineData("<a@[ipv6:::]>", "a@[ipv6:::]")]
    [InlineData("<a@[IPv6:1:2:3:4:5:6:7:8]>", "a@[IPv6:1:2:3:4:5:6:7:8]")]
    [InlineData("<a@[IPv6:::ffff:192.0.2.1]>", "a@[IPv6:::ffff:192.0.2.1]")]
    [InlineData("<a@[x:y]>", "a@[x:y]")]
    [InlineData("<a@[tag:c:d]>", "a@[tag:c:d]")]
    [InlineData("<@x.example,@y.example:a@example.com>", "a@example.com")]
    [InlineData("<a%b@c.example>", "a%b@c.example")]
    [InlineData("<x!y@c.example>", "x!y@c.example")]
    [InlineData("<postMASTER>", "postMASTER")]
    [InlineData("<@x:postmaster>", "postmaster")]
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
    [InlineData("<")]
    [InlineData("<a")]
    [InlineData("<a.>")]
    [InlineData("<a.")]
    [InlineData("<a@")]
    [InlineData("<a@b.")]
    [InlineData("<postmaster")]
    [InlineData("<\"postmaster\">")]
    [InlineData("<\"a")]
    [InlineData("<\"a\\")]
    [InlineData("<\"a\u001f\"@b>")]
    [InlineData("<\"a\\\u001f\"@b>")]
    [InlineData("<\"a\u007f\"@b>")]
    [InlineData("<@")]
    [InlineData("<@a")]
    [InlineData("<@a,")]
    [InlineData("<@a:")]
    [InlineData("<@a:>")]
    [InlineData("<@:a@b>")]
    [InlineData("<@!x@b>")]
    [InlineData("<@a,x@b>")]
    [InlineData("<@a,xb:c@d>")]
    [InlineData("<a@[")]
    [InlineData("<a@[]>")]
    [InlineData("<a@[x]>")]
    [InlineData("<a@[:]>")]
    [InlineData("<a@[:y]>")]
    [InlineData("<a@[x:]>")]
    [InlineData("<a@[x!:y]>")]
    [InlineData("<a@[x:y z]>")]
    [InlineData("<a@[x:y[z]>")]
    [InlineData("<a@[x:y\\z]>")]
    [InlineData("<a@[1..2.3]>")]
    [InlineData("<a@[1.2.3.x]>")]
    [InlineData("<a@[1.2.3.4.5]>")]
    [InlineData("<a@[0001.2.3.4]>")]
    [InlineData("<a@[1.2.3.256]>")]
    [InlineData("<a@[IPv6:1]>")] // .NET reads an address of IPv4 in these
    [InlineData("<a@[IPv6:192.0.2.1]>")]
    [InlineData("<a@[IPv6:fe80::1%eth0]>")]
    [InlineData("<\u00e9@example.com>")] // no UTF-8
    public void What_is_no_path(string text) =>
        Assert.False(PathGrammar.TryRead(ServerScript.Latin(text), lenient: false, out _));

    [Theory]
    [InlineData("a@example.com SIZE=1", "a@example.com")]
    [InlineData("a@example.com", "a@example.com")]
    [InlineData("postmaster", "postmaster")]
    [InlineData("a@b>", null)]
    [InlineData("a@b,c@d", null)]
    [InlineData("a b", null)]
    [InlineData("@a:b@c", null)]
    public void An_old_device_may_leave_the_brackets_off(string text, string? address)
    {
        Assert.Equal(address != null, PathGrammar.TryRead(ServerScript.Latin(text), lenient: true, out var path));
        Assert.Equal((address, address?.Length ?? 0), (path.Address, path.Length));
    }

    [Theory]
    [InlineData("<\u0400@example.com>")] // its second octet is 0x80, the least beyond ASCII
    [InlineData("<a@\u0400\u00e9.example>")]
    [InlineData("<\"\u0400\"@example.com>")]
    public void UTF8_is_read_and_told(string text)
    {
        Assert.True(PathGrammar.TryRead(Encoding.UTF8.GetBytes(text), lenient: false, out var path));
        Assert.Equal((text[1..^1], Encoding.UTF8.GetByteCount(text), false), (path.Address, path.Length, path.IsAscii));
    }

    // Paths, and what becomes of them by a piece put in or taken out here and there.
    [Fact]
    public void The_grammar_is_the_one_of_the_standard_written_as_an_expression()
    {
        var edit = Gen.Select(Gen.Int[0, 40], Gen.Int[0, 2], Gen.Int[0, Pieces.Length - 1]);
        var (paths, others) = (0, 0);
        Gen.Select(Gen.Int[0, Samples.Length - 1], edit.Array[0, 3], Gen.Bool).Sample((sample, edits, lenient) =>
        {
            var text = Samples[sample];
            foreach (var (where, gone, piece) in edits)
            {
                var at = where % (text.Length + 1);
                text = text[..at] + Pieces[piece] + text[Math.Min(at + gone, text.Length)..];
            }

            var expected = Expected(text, lenient);
            PathText? read = PathGrammar.TryRead(ServerScript.Latin(text), lenient, out var path) ? path : null;
            Assert.True(expected == read, $"{text}: {read}, and not {expected}");
            _ = read is null ? others++ : paths++;
        }, iter: 6_000, threads: 1);
        Assert.True(paths > 500 && others > 500, $"{paths} paths, {others} others");
    }

    private static readonly string[] Samples =
    [
        "<>", "<a@b>", "<a.b@c.d>", "<@a,@b.c:d@e>", "<\"a\\ \"@b-c>", "<a@[1.2.3.4]>", "<a@[IPv6:1::2]>",
        "<a@[t:c]>", "<postmaster>", "<\u00c3\u00a9@\u00c3\u00a9>", "a@b", "a.b@c.d SIZE=1", "\"a\"@b",
        "a@[1.22.255.4]",
    ];

    private static readonly string[] Pieces =
    [
        "", "<", ">", "@", ".", "-", ",", ":", "\"", "\\", "[", "]", " ", "a", "A", "_", "!", "~", "0", "25", "(", ";",
        "\u00c3\u00a9", "\u00d0\u0080", "\u0080", "\u001f", "\u007f", "\u0000", "IPv6:", "::1", "%", "postmaster", "@a",
    ];

    private static PathText? Expected(string text, bool lenient)
    {
        var found = InBrackets.Match(text);
        if (!found.Success && lenient)
            found = Bare.Match(text);
        var octets = ServerScript.Latin(found.Groups["address"].Value);
        var ip = found.Groups["ip"].Value;
        if (!found.Success || !Utf8.IsValid(octets) || ip.Contains('%') || (ip.Length > 0 && !IsIPv6(ip)))
            return null;
        return new PathText(Encoding.UTF8.GetString(octets), found.Length, octets.All(octet => octet < 0x80));
    }

    private static bool IsIPv6(string text) =>
        IPAddress.TryParse(text, out var ip) && ip.GetAddressBytes().Length == 16;

    // RFC 5321 §4.1.2 and §4.1.3, an octet a character.
    private const string
        Atom = @"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\x80-\xff]+",
        Label = @"[A-Za-z0-9_\x80-\xff]([-A-Za-z0-9_\x80-\xff]*[A-Za-z0-9_\x80-\xff])?",
        Domain = $@"{Label}(\.{Label})*",
        Local = $@"({Atom}(\.{Atom})*|""([^""\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"")",
        Byte = "(25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])",
        IP = @"(?i:IPv6):(?<ip>[!-Z^-~]+)",
        Tagged = @"(?!(?i:IPv6):)[A-Za-z0-9_]+:[!-Z^-~]+",
        Literal = $@"\[({Byte}(\.{Byte}){{3}}|{IP}|{Tagged})\]",
        Mailbox = $@"(?<address>{Local}@({Domain}|{Literal})|(?i:postmaster))",
        Path = $@"\A<(|(@{Domain}(,@{Domain})*:)?{Mailbox})>";

    private static readonly Regex InBrackets = new(Path), Bare = new($@"\A{Mailbox}(?= |\z)");

    [Fact]
    public void UTF8_asks_for_SMTPUTF8()
    {
        var script = new ServerScript().Feed("EHLO a\r\nMAIL FROM:<\u00c3\u00a9@example.com>\r\nMAIL FROM:<>\r\nRCPT TO:<a@b\u00c3\u00bcro.example>\r\n");
        Assert.Equal(2, script.Said.Split("553 5.6.7 An address beyond ASCII needs SMTPUTF8\r\n").Length - 1);
    }
}
