using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Postroom.Mail.Audit;
using Postroom.Why;

namespace Postroom.Api.Inbox;

/// <summary>So many recipients have to match, within a time: holds, or says what there is instead.</summary>
internal sealed class Expectation(ApiDoors doors, QueueReader reader)
{
    private const int Shown = 50;
    private const int Near = 5;

    /// <remarks>
    /// At least that many end the wait at once; more than allowed too, and that is a failure. Where none may come, or
    /// <c>whole=true</c> is said, the whole time is waited and what there is then counts.
    /// </remarks>
    public async Task AnswerAsync(Call call)
    {
        var filter = TrailRequests.ScopeOf(call, doors.Time);
        var range = Span(call.Query("count") ?? "1..");
        var within = TrailRequests.WholeOf(call, "within", 10, 300);
        var isWhole = range.Least == 0 || call.Query("whole") == "true";
        var page = await WaitAsync(call, filter, within,
            found => found > range.Most || (!isWhole && found >= range.Least));
        var expected = range.Most == long.MaxValue ? FormattableString.Invariant($"{range.Least}..")
            : range.Least == range.Most ? range.Least.ToString(CultureInfo.InvariantCulture)
            : FormattableString.Invariant($"{range.Least}..{range.Most}");
        if (page.Total >= range.Least && page.Total <= range.Most)
            await call.WriteAsync(new ExpectAnswer(expected, page.Total, page.Recipients, page.Seen ?? ""),
                ApiJson.Default.ExpectAnswer);
        else
            await TellAsync(call, filter, expected, page);
    }

    private async Task<QueueAnswer> WaitAsync(Call call, Filter filter, int seconds, Func<long, bool> isEnough)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), doors.Time);
        using var either =
            CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, patience.Token, doors.Closing);
        var news = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watching = doors.Spool.Index.Watch(_ => news.Writer.TryWrite(true));
        try
        {
            await doors.Spool.Index.CaughtUpAsync(either.Token);
            QueueAnswer page;
            while (!isEnough((page = Page(filter)).Total))
                await news.Reader.ReadAsync(either.Token);
            return page;
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            if (doors.Closing.IsCancellationRequested)
                throw new ApiProblem(503, "the relay stops: whether that holds was not seen to the end", "Ask again.");
            return Page(filter);
        }
    }

    private QueueAnswer Page(Filter filter) => reader.Page(filter, null, Shown, isExact: true);

    private async Task TellAsync(Call call, Filter filter, string expected, QueueAnswer page)
    {
        var near = new List<NearAnswer>();
        foreach (var term in filter.Terms.Where(static t => t.Field is not (Field.Came or Field.Box)))
        {
            var others = reader.Page(new Filter([.. filter.Terms.Where(other => other != term)]), null, Near);
            if (others.Total > page.Total)
                near.Add(new NearAnswer(Question.Written([term]), others.Total, others.Recipients));
        }

        var answer = new UnmetAnswer(
            FormattableString.Invariant($"expected {expected} recipients, and {page.Total} match"), 409,
            Words(page, near))
        {
            Expected = expected, Found = page.Total, Recipients = page.Recipients, Nearest = near,
        };
        call.Context.Response.StatusCode = answer.Status;
        call.Context.Response.ContentType = "application/problem+json";
        await call.Context.Response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(answer, ApiJson.Default.UnmetAnswer), call.Aborted);
    }

    private static string Words(QueueAnswer page, List<NearAnswer> near)
    {
        var lines = new List<string>();
        if (page.Recipients.Count > 0)
            lines.Add("There is " + string.Join("; ", page.Recipients.Take(Near).Select(Line)) + ".");
        lines.AddRange(near.Select(static one => string.Create(CultureInfo.InvariantCulture,
            $"Without {one.Without} it would be {one.Found}: {string.Join("; ", one.Recipients.Select(Line))}.")));
        return lines.Count > 0 ? string.Join(' ', lines) : "Nothing that comes near has come either.";
    }

    private static string Line(RecipientAnswer row) => $"{row.Id} to {row.To}, “{row.Subject}”, {row.State}";

    private static (long Least, long Most) Span(string text)
    {
        var dots = text.IndexOf("..", StringComparison.Ordinal);
        var (from, to) = dots < 0 ? (text, text) : (text[..dots], text[(dots + 2)..]);
        var most = long.MaxValue;
        return long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var least)
            && (to.Length == 0 || long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out most))
            && least <= most
            ? (least, most)
            : throw ApiProblem.Bad($"count={text} is no number of recipients",
                "Write count=2 for exactly two, 1..3 for one to three, 1.. for at least one, 0 for none.");
    }
}
