using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Mail.Audit;

/// <summary>A checkpoint goes through any log as it is, and is found again in whatever stands around it.</summary>
public sealed class CheckpointTests
{
    private const string Line = "postroom-checkpoint 1 installation=0123456789abcdef0123456789abcdef segment=12 "
        + "offset=40960 chain=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff records=512 "
        + "at=2026-11-28T12:00:00.0000000Z key=0011223344556677 signature=";

    [Theory]
    [InlineData("{0}")]
    [InlineData("12:00:00 {0}")]
    [InlineData("{{\"time\":\"2026-11-28T12:00:00+00:00\",\"message\":\"{0}\",\"checkpoint\":\"{0}\"}}")]
    [InlineData("Nov 28 12:00:00 jira01 postroom[12]: {0}\r\nsomething else\r\n{0}")]
    public void It_is_found_once_wherever_it_stands(string around)
    {
        var text = around.Replace("{{", "{").Replace("}}", "}").Replace("{0}", Fixed());
        var found = Assert.Single(Checkpoint.FindAll(text, out var unread));
        Assert.Equal((0, Fixed()), (unread, found.ToString()));
        Assert.Equal((12, 40960, 512L, 64), (found.Segment, found.Offset, found.Records, found.Signature.Length));
        Assert.Equal(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero), found.At);
    }

    [Fact]
    public void What_is_signed_is_the_line_up_to_the_signature()
    {
        var found = Checkpoint.FindAll(Fixed(), out _)[0];
        Assert.Equal(Fixed()[..Fixed().IndexOf(" signature=", StringComparison.Ordinal)],
            System.Text.Encoding.ASCII.GetString(found.Signed));
    }

    [Theory]
    [InlineData("offset=40960", "offset=040960")] // one way to write it
    [InlineData("offset=40960", "offset=99999999999")]
    [InlineData("postroom-checkpoint 1", "postroom-checkpoint 2")]
    [InlineData("key=0011223344556677", "key=00112233")]
    [InlineData("2026-11-28T12", "2026-13-28T12")]
    [InlineData("signature=A", "signature=")]
    public void What_begins_like_one_and_is_none_is_counted(string from, string to)
    {
        Assert.Empty(Checkpoint.FindAll(Fixed().Replace(from, to), out var unread));
        Assert.Equal(1, unread);
    }

    // 64 octets as base64url: 86 digits, of which the last carries two bits.
    private static string Fixed() => Line + new string('A', 83) + "-_A";
}
