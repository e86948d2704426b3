using System.Text.Json;
using Postroom.Api;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Program.Api;

public sealed class QueueReaderTests
{
    private static readonly DateTimeOffset Nine = new(2026, 11, 27, 9, 0, 0, TimeSpan.Zero);
    private static readonly MailId Mail = MailId.After(default, Nine);
    private static readonly RecipientRow Row = new(Mail, 3, State.Failed, "ann@x.org", "jira@x.org");
    private static readonly Dictionary<State, long> Stored = new() { [State.Failed] = 2, [State.Delivered] = 7 };

    [Fact]
    public void A_page_that_has_all_says_so()
    {
        var one = new Dictionary<State, long> { [State.Failed] = 1 };
        var answer = Ask(new FoundPage([Row], null), new FoundCount(one, IsWhole: true));
        Assert.Equal((1, null, null, null), (answer.Total, answer.Next, answer.AtLeast, answer.LookedBackTo));
        Assert.Equal(7, answer.Counts["delivered"]);
        Assert.DoesNotContain("atLeast", Text(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_that_took_too_long_is_at_least()
    {
        var answer = Ask(new FoundPage([Row], new Cursor(Mail, 3)), new FoundCount(Stored, IsWhole: false));
        Assert.Equal((9, $"{Mail}.3", true, null), (answer.Total, answer.Next, answer.AtLeast, answer.LookedBackTo));
        Assert.Contains("\"atLeast\":true", Text(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_that_took_too_long_is_not_below_what_is_shown()
    {
        var none = new FoundCount(new Dictionary<State, long>(), IsWhole: false);
        Assert.Equal(2, Ask(new FoundPage([Row, Row], new Cursor(Mail, 3)), none).Total);
    }

    [Fact]
    public void A_page_that_took_too_long_says_how_far_it_looked()
    {
        var page = new FoundPage([], new Cursor(Mail, -1)) { IsCut = true };
        var answer = Ask(page, new FoundCount(Stored, IsWhole: true));
        Assert.Equal((9, $"{Mail}", null, Nine), (answer.Total, answer.Next, answer.AtLeast, answer.LookedBackTo));
    }

    [Theory]
    [InlineData(null, true, null)]
    [InlineData("06AMCZHCB0000.2", true, 2)]
    [InlineData("06AMCZHCB0000", true, -1)]
    [InlineData("06AMCZHCB0000.", false, null)]
    [InlineData("06AMCZHCB0000.-1", false, null)]
    [InlineData("nothing", false, null)]
    public void A_cursor_is_read_as_it_was_written(string? text, bool isOne, int? recipient)
    {
        Assert.Equal(isOne, QueueReader.TryCursor(text, out var cursor));
        Assert.Equal(recipient, cursor?.Recipient);
        if (cursor is { } read)
            Assert.Equal(text, AnswerOf.Cursor(read));
    }

    private static QueueAnswer Ask(FoundPage page, FoundCount count) => new QueueReader(
        (_, _, _, patience) => patience is null ? throw new InvalidOperationException("without end") : (page, count),
        _ => new FoundCount(Stored, IsWhole: true))
        .Page(new Filter([new Term(Field.To, "ann")]), null, 1);

    private static string Text(QueueAnswer answer) => JsonSerializer.Serialize(answer, ApiJson.Default.QueueAnswer);
}
