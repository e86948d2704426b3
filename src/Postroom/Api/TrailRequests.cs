using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Postroom.Api.Inbox;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Api;

/// <summary>Tells what happens while one looks on.</summary>
internal sealed class TrailRequests(ApiDoors doors)
{
    // What a client is behind before it misses something: some seconds of a busy relay.
    private const int MostWaiting = 256;

    // A proxy on the way, and the client itself, see by it that the connection stands.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly QueueReader _reader = new(doors.Spool.Index.FindAndCount, doors.Spool.Index.Count);

    /// <summary>Server-sent events: a happening each, from now on.</summary>
    public async Task FollowAsync(Call call)
    {
        var filter = QueueActions.ReadFilter(call.Query("filter"), doors.Time);
        var missed = 0;
        var news = Channel.CreateBounded<IReadOnlyList<TrailEvent>>(
            new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest },
            dropped => Interlocked.Add(ref missed, dropped.Count));
        using var watching = doors.Spool.Index.Watch(told => news.Writer.TryWrite(told));
        var response = call.Context.Response;
        response.ContentType = "text/event-stream";
        // Nothing is kept of a stream: what happened between two of them is in the lists.
        await SayAsync(call, call.Context.Request.Headers["Last-Event-ID"].Count > 0 ? "event: gap\ndata: {}\n\n"
            : ": from now on\n\n");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, doors.Closing);
        while (true)
        {
            var next = news.Reader.ReadAsync(end.Token).AsTask();
            while (await Task.WhenAny(next, Task.Delay(Heartbeat, doors.Time, end.Token)) != next)
            {
                if (end.IsCancellationRequested)
                    return;
                await SayAsync(call, ": still here\n\n");
            }

            if (next.IsCanceled)
                return;
            if (Interlocked.Exchange(ref missed, 0) is > 0 and var count)
                await SayAsync(call, string.Create(CultureInfo.InvariantCulture,
                    $"event: gap\ndata: {{\"missed\":{count}}}\n\n"));
            foreach (var happened in Matching(filter, await next))
                await SayAsync(call, TextOf(happened));
        }
    }

    /// <summary>Answers as soon as there are as many recipients as asked for; with what there is when the time is
    /// over.</summary>
    public async Task WaitAsync(Call call)
    {
        var filter = ScopeOf(call, doors.Time);
        var count = WholeOf(call, "count", 1, QueueReader.Most);
        using var patience = new CancellationTokenSource(
            TimeSpan.FromSeconds(WholeOf(call, "timeout", 30, 300)), doors.Time);
        using var either =
            CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, patience.Token, doors.Closing);
        var news = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watching = doors.Spool.Index.Watch(_ => news.Writer.TryWrite(true));
        QueueAnswer page;
        try
        {
            await doors.Spool.Index.CaughtUpAsync(either.Token);
            while ((page = _reader.Page(filter, null, QueueReader.Most)).Recipients.Count < count)
                await news.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            page = _reader.Page(filter, null, QueueReader.Most);
        }

        await call.WriteAsync(page, ApiJson.Default.QueueAnswer);
    }

    /// <summary>The filter that is waited for, within a box, after a mark or an instant.</summary>
    /// <exception cref="ApiProblem">One of them is wrong.</exception>
    public static Filter ScopeOf(Call call, TimeProvider time)
    {
        var terms = QueueActions.ReadFilter(call.Query("filter"), time).Terms.ToList();
        if (call.Query("box") is { } box)
            terms.Add(new Term(Field.Box, box));
        if (call.Query("since") is { } since)
            terms.Add(Marks.TryRead(since, out var mark) ? Term.CameAfter(mark)
                : new Term(Field.After, since) { Instant = InstantOf(since) });
        return new Filter(terms);
    }

    // A filter is about recipients: what happened to a whole mail is told where one of them matches.
    private List<TrailEvent> Matching(Filter filter, IReadOnlyList<TrailEvent> events)
    {
        if (filter.Terms.Count == 0)
            return [.. events];
        var known = new Dictionary<MailId, HashSet<int>>();
        return [.. events.Where(one => one.Mail is { } id && (one.Recipient is { } n
            ? RecipientsOf(id).Contains(n) : RecipientsOf(id).Count > 0))];

        HashSet<int> RecipientsOf(MailId id)
        {
            if (known.TryGetValue(id, out var found))
                return found;
            var ofMail = new Filter([new Term(Field.Id, id.ToString()), .. filter.Terms]);
            return known[id] = [.. doors.Spool.Index.FindAll(ofMail, QueueReader.Most)
                .SelectMany(rows => rows.Select(row => row.Recipient))];
        }
    }

    private static string TextOf(TrailEvent happened)
    {
        var answer = new TrailAnswer(happened.Mail?.ToString(), AnswerOf.Event(happened));
        var json = JsonSerializer.Serialize(answer, ApiJson.Default.TrailAnswer);
        return string.Create(CultureInfo.InvariantCulture, $"id: {happened.At.UtcTicks}\ndata: {json}\n\n");
    }

    private static async Task SayAsync(Call call, string text)
    {
        await call.Context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), call.Aborted);
        await call.Context.Response.Body.FlushAsync(call.Aborted);
    }

    private static DateTimeOffset InstantOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : throw ApiProblem.Bad("since is neither an instant nor a mark",
                "Write it like 2026-11-28T21:00:00Z, or give what \"seen\" or \"since\" of an answer says.");

    /// <summary>A whole number of the query, from 1 on.</summary>
    /// <exception cref="ApiProblem">It is none.</exception>
    public static int WholeOf(Call call, string name, int usual, int most) => call.Query(name) switch
    {
        null => usual,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1 && number <= most => number,
        _ => throw ApiProblem.Bad($"{name} is not a number from 1 to {most}", "Leave it out for the usual."),
    };
}
