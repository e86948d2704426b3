using Postroom.Api;
using Postroom.Cli;
using Postroom.Host;
using Xunit;

namespace Postroom.Tests.Program.Cli;

public sealed class ScreenTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("Grüße 日本 🎉", "Grüße 日本 🎉")]
    [InlineData("\e[2Jgone", "\\u001B[2Jgone")]                    // clears a terminal
    [InlineData("a\r\nb\tc\0", "a\\u000D\\u000Ab\\u0009c\\u0000")]
    [InlineData("\u009b31m", "\\u009B31m")]                         // the one-character CSI of ECMA-48
    [InlineData("invoice\u202Efdp.exe", "invoice\\u202Efdp.exe")]    // turns the rest of the line around
    public void Text_of_strangers_cannot_steer_a_terminal(string text, string shown) =>
        Assert.Equal(shown, SafeText.Of(text));

    [Theory]
    [InlineData(120)]
    [InlineData(80)]
    [InlineData(50)]
    public void A_list_fits_the_terminal_and_keeps_id_state_and_recipient(int width)
    {
        var (screen, text) = Screen(width);
        MailView.List(screen, Page(), Now);
        var lines = text().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length}: {line}"));
        Assert.Contains("0DPHZ00000001", lines[1], StringComparison.Ordinal);
        Assert.Contains("waiting", lines[1], StringComparison.Ordinal);
        Assert.Contains("alice@", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short", 10, 0, "short")]
    [InlineData("one two three four", 9, 0, "one two\nthree\nfour")]
    [InlineData("  a: one two three", 12, 5, "  a: one two\n     three")]
    [InlineData("\e[2mone two\e[0m three", 7, 0, "\e[2mone two\e[0m\nthree")]            // colours take no room
    [InlineData("see http://a.example/very/long now", 10, 0, "see\nhttp://a.example/very/long\nnow")]
    public void A_long_line_breaks_between_words(string text, int width, int hang, string shown) =>
        Assert.Equal(shown, Lines.Wrap(text, width, hang));

    [Fact]
    public void A_timeline_on_a_terminal_keeps_its_columns()
    {
        var (screen, text) = Screen(70);
        MailView.Show(screen, Mail(), Now);
        Assert.All(text().Split('\n'), line => Assert.True(line.Length <= 70, line));
    }

    [Fact]
    public void Without_a_terminal_nothing_is_cut_or_coloured()
    {
        var (screen, text) = Screen(null);
        MailView.List(screen, Page(), Now);
        Assert.Contains("[JIRA] (PROJ-123) The build of the release branch fails since the weekend and nobody knows "
            + "why", text(), StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text());
    }

    [Theory]
    [InlineData(null, null, "… 40 more. Narrow the filter, or see them with --most N, or page on with --after X.1.")]
    [InlineData(true, null, "… more than 40 more. Narrow")]
    [InlineData(null, -90, "… looked back to 2026-08-2")]
    public void A_page_that_is_not_the_last_says_so(bool? atLeast, int? daysBack, string expected)
    {
        using var error = new StringWriter();
        var page = Page() with
        {
            Total = 42, Next = "X.1", AtLeast = atLeast, LookedBackTo = daysBack is { } days ? Now.AddDays(days) : null,
        };
        MailView.List(new Screen(TextWriter.Null, error, null), page, Now);
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_timeline_says_the_other_sides_words()
    {
        var (screen, text) = Screen(null);
        MailView.Show(screen, Mail(), Now);
        Assert.Contains("“452 4.2.2 mailbox full, \\u001B[31mtry later”", text(), StringComparison.Ordinal);
        Assert.Contains("cancelled  by alice", text(), StringComparison.Ordinal);
        Assert.Contains("next try 11:02:00", text(), StringComparison.Ordinal);
    }

    private static (Screen, Func<string>) Screen(int? width)
    {
        var writer = new StringWriter { NewLine = "\n" };
        return (new Screen(writer, TextWriter.Null, width), writer.ToString);
    }

    private static QueueAnswer Page() => new(
    [
        new RecipientAnswer("0DPHZ00000001", 0, "waiting", "alice@example.com", "jira@example.com")
        {
            AcceptedAt = Now.AddMinutes(-7), NextDue = Now.AddMinutes(3), FailedTries = 2, Route = "upstream",
            Subject = "[JIRA] (PROJ-123) The build of the release branch fails since the weekend and nobody knows why",
            Last = "450 4.2.1 greylisted, please come back in a few minutes, this is not an error",
        },
        new RecipientAnswer("0DPHZ00000002", 0, "held", "bob@a-very-long-domain-name-of-a-customer.example.com",
            "") { AcceptedAt = Now },
    ], 2, null, new Dictionary<string, long>());

    private static MailAnswer Mail() => new("0DPHZ00000001", Now.AddHours(-1), "jira@example.com")
    {
        Listener = "127.0.0.1:2525",
        Client = "127.0.0.1",
        Protocol = "ESMTP",
        Recipients = [new RecipientAnswer("0DPHZ00000001", 0, "cancelled", "alice@example.com", "jira@example.com")],
        Trail =
        [
            new EventAnswer(Now.AddHours(-1), "accepted", null),
            new EventAnswer(Now.AddMinutes(-59), "deferred", 0)
            {
                Failure = new FailureAnswer("recipient", "4.2.2", "452 4.2.2 mailbox full, \e[31mtry later",
                    "mx.example"),
                NextDue = Now.AddMinutes(-58),
            },
            new EventAnswer(Now, "cancelled", 0) { Who = "alice" },
        ],
    };
}
