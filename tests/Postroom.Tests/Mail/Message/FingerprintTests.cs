using System.Text;
using Postroom.Mail;
using Postroom.Mail.Message;
using Postroom.Tests.Program;
using Xunit;

namespace Postroom.Tests.Mail.Message;

public class FingerprintTests
{
    private static readonly string Folder =
        Path.Combine(Golden.Root, "tests", "Postroom.Tests", "Mail", "Message", "twice");

    private static byte[] File(string name) => System.IO.File.ReadAllBytes(Path.Combine(Folder, name));

    private static Fingerprint Of(ReadOnlySpan<byte> mail, Func<int>? piece = null)
    {
        using var reader = new FingerprintReader();
        return Of(reader, mail, piece);
    }

    private static Fingerprint Of(FingerprintReader reader, ReadOnlySpan<byte> mail, Func<int>? piece = null)
    {
        while (!mail.IsEmpty)
        {
            var next = Math.Min(piece?.Invoke() ?? mail.Length, mail.Length);
            reader.Read(mail[..next]);
            mail = mail[next..];
        }

        return reader.Finish();
    }

    private static Fingerprint Of(string mail) => Of(Encoding.UTF8.GetBytes(mail));

    [Theory]
    [InlineData("jira")]
    [InlineData("confluence")]
    [InlineData("gitlab")]
    public void The_same_mail_sent_twice_is_known(string application)
    {
        var (first, second) = (File(application + ".first.eml"), File(application + ".second.eml"));
        Assert.NotEqual(first, second);
        Assert.Equal(Of(first), Of(second));
    }

    [Theory]
    [InlineData("jira", "too large", "too huge")]                              // a word
    [InlineData("jira", "iVBORw0KGgo", "iVBORw0KGgp")]                         // an octet of an attachment
    [InlineData("jira", "(PROJ-123)", "(PROJ-124)")]                           // the subject
    [InlineData("jira", "2284000@Atlassian.JIRA>\r\nRef", "2284001@Atlassian.JIRA>\r\nRef")] // In-Reply-To
    [InlineData("jira", "2284724@node439>", "2284724@node440>")]               // References
    [InlineData("confluence", "name=\"logo.gif\"", "name=\"logo2.gif\"")]
    [InlineData("confluence", "wiki.example.com\"></head>", "wiki.example.net\"></head>")]
    [InlineData("confluence", "Release notes\r\nMIME", "Release  notes\r\nMIME")]
    [InlineData("confluence", "R0lGODlhAQABAIAAAAUEBAAAACw", "R0lGODlhAQABAIAAAAUEBAAAACx")]
    [InlineData("gitlab", "Why null?\r\n\r\n--", "Why null?\r\n\r\n\r\n--")]   // a line end
    [InlineData("gitlab", "(!42)", "(!43)")]
    [InlineData("gitlab", "merge_request_4711@gitlab.example.com>\r\nReferences",
        "merge_request_4712@gitlab.example.com>\r\nReferences")]
    public void Another_mail_is_never_taken_for_it(string application, string there, string instead)
    {
        var first = Encoding.Latin1.GetString(File(application + ".first.eml"));
        var other = first.Replace(there, instead, StringComparison.Ordinal);
        Assert.NotEqual(first, other);
        Assert.NotEqual(Of(Encoding.Latin1.GetBytes(first)), Of(Encoding.Latin1.GetBytes(other)));
    }

    [Theory]
    [InlineData("Subject: a b\r\n\r\nx", "Subject: =?UTF-8?Q?a_b?=\r\n\r\nx", true)]  // as people read it
    [InlineData("Subject: a b\r\n\r\nx", "Subject: a\r\n b\r\n\r\nx", true)]          // folded
    [InlineData("References: <a> <b>\r\n\r\nx", "References: <a>\r\n\t<b>\r\n\r\nx", true)]
    [InlineData("References: <a>\r\n\r\nx", "In-Reply-To: <a>\r\n\r\nx", false)]
    [InlineData("Subject: a\r\n\r\nx", "Subject: a\r\n\r\nx\r\n", false)]
    [InlineData("Subject: a\r\n\r\nb", "Subject: ab\r\n\r\n", false)]
    [InlineData("Date: 1\r\nSubject: a\r\n\r\nx", "X-Mailer: y\r\nReceived: z\r\nSubject: a\r\n\r\nx", true)]
    [InlineData("From somebody 1 Jan\r\nSubject: a\r\n\r\nx", "Subject: a\r\n\r\nx", true)] // of a mailbox file
    [InlineData("no header", "no heades", false)]
    [InlineData("", "\r\n", false)]
    public void What_counts_of_the_header_and_what_does_not(string one, string other, bool isSame) =>
        Assert.Equal(isSame, Of(one) == Of(other));

    [Fact]
    public void However_a_mail_was_cut_it_is_the_same()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var dice = new Random(seed);
            var mail = TwiceMade.Mail(dice, TwiceMade.Boundaries(dice));
            var whole = Of(mail.Octets);
            var most = dice.Next(1, 40);
            Assert.True(whole == Of(mail.Octets, () => dice.Next(1, most + 1)), $"seed {seed}");
            Assert.True(whole == Of(mail.Octets, () => 1), $"seed {seed}, octet by octet");
        }
    }

    [Fact]
    public void However_the_boundaries_are_called_it_is_the_same()
    {
        using var reader = new FingerprintReader(); // one for all, as on a connection
        for (var seed = 0; seed < 2_000; seed++)
        {
            var dice = new Random(seed);
            var one = TwiceMade.Mail(new Random(seed), TwiceMade.Boundaries(dice));
            var other = TwiceMade.Mail(new Random(seed), TwiceMade.Boundaries(dice));
            Assert.True(Of(reader, one.Octets) == Of(reader, other.Octets), $"seed {seed}");
        }
    }

    [Fact]
    public void One_octet_of_the_body_outside_of_boundaries_makes_another_mail()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var dice = new Random(seed);
            var mail = TwiceMade.Mail(dice, TwiceMade.Boundaries(dice));
            var was = Of(mail.Octets);
            var at = mail.Counting[dice.Next(mail.Counting.Count)];
            mail.Octets[at] ^= (byte)(1 << dice.Next(8));
            Assert.True(was != Of(mail.Octets), $"seed {seed}, octet {at}");
        }
    }

    [Fact]
    public void A_mail_that_was_given_up_leaves_nothing_behind()
    {
        var mail = File("jira.first.eml");
        using var reader = new FingerprintReader();
        for (var length = 0; length < mail.Length; length += 7)
        {
            reader.Read(mail.AsSpan(0, length));
            reader.Reset();
            Assert.Equal(Of(mail), Of(reader, mail));
        }
    }

    [Fact]
    public void Hostile_mail_costs_little_memory_and_is_told_apart()
    {
        var (one, other) = (Hostile('x'), Hostile('y'));
        using var reader = new FingerprintReader();
        var first = Of(reader, one);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(first, Of(reader, one));
        var used = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(used < 1_000_000, $"{used} octets for a mail of {one.Length}");
        Assert.NotEqual(first, Of(reader, other));
    }

    // Long fields, a thousand boundaries, lines that begin like one, a header of a part that never ends.
    private static byte[] Hostile(char last)
    {
        var mail = new StringBuilder("Subject: ").Append('s', 100_000).Append("\r\nReferences:")
            .Append("\r\n <a@b>".PadRight(40, 'r'), 0, 40).Append('t', 50_000)
            .Append("\r\nContent-Type: multipart/mixed; boundary=\"b0\"\r\n\r\n--b0\r\n");
        for (var i = 1; i <= 1_000; i++)
            mail.Append(FormattableString.Invariant(
                $"Content-Type: multipart/mixed;\r\n\tboundary=b{i}\r\n\r\n--b{i}\r\n"));
        for (var i = 0; i < 20_000; i++)
            mail.Append("--b\n-\n--\nX: y\n");
        return Encoding.ASCII.GetBytes(mail.Append('-', 200_000).Append("\r\nX-Long: ").Append('h', 300_000)
            .Append(last).ToString());
    }

    [Fact]
    public void What_lies_beyond_the_bounds_still_counts()
    {
        var long1 = new string('s', 20_000);
        Assert.NotEqual(Of($"Subject: {long1}1\r\n\r\nx"), Of($"Subject: {long1}2\r\n\r\nx"));
        Assert.NotEqual(Of($"References: {long1}1\r\n\r\nx"), Of($"References: {long1}2\r\n\r\nx"));
        Assert.Equal(Of($"X-Other: {long1}1\r\nSubject: a\r\n\r\nx"), Of($"X-Other: {long1}2\r\nSubject: a\r\n\r\nx"));
        Assert.NotEqual(Of($"X-Other: {long1}\r\nSubject: a\r\n\r\nx"), Of($"X-Other: {long1}\r\nSubject: b\r\n\r\nx"));
        Assert.NotEqual(Of(long1 + "1"), Of(long1 + "2"));
    }

    [Fact]
    public void A_fingerprint_is_written_and_read_back()
    {
        var made = Of(File("jira.first.eml"));
        Span<byte> octets = stackalloc byte[Fingerprint.Length];
        made.Write(octets);
        Assert.Equal(made, Fingerprint.Read(octets));
        Assert.True(Fingerprint.TryParse(made.ToString(), out var again));
        Assert.Equal(made, again);
        Assert.False(Fingerprint.TryParse("12", out _));
    }
}
