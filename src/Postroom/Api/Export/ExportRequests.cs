using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Api.Export;

/// <summary>Answers <c>/api/v1/messages/export</c>: all of a result, in one stream, a page of it in memory.</summary>
/// <remarks>
/// An answer that ends as HTTP says it should is whole. One that cannot be finished is cut off, so that nobody takes it
/// for that; and mails of an mbox whose bytes are gone are told by a last one, from the relay itself.
/// </remarks>
internal sealed class ExportRequests(ApiDoors doors, Bodies bodies)
{
    private const int Page = 500;

    public async Task ExportAsync(Call call)
    {
        var filter = QueueActions.ReadFilter(call.Query("filter"), doors.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, doors.Closing);
        Func<Call, Filter, CancellationToken, Task> write;
        (write, call.Context.Response.ContentType) = call.Query("as") switch
        {
            null or "jsonl" => ((Func<Call, Filter, CancellationToken, Task>)WriteJsonAsync, "application/jsonl"),
            "csv" => (WriteCsvAsync, "text/csv; charset=utf-8; header=present"),
            "mbox" => (WriteMboxAsync, "application/mbox"),
            _ => throw ApiProblem.Bad("as is neither jsonl, csv nor mbox",
                "The bytes of one mail: /api/v1/mails/{id}/raw"),
        };
        await doors.Spool.Index.CaughtUpAsync(end.Token); // what was promised before the question belongs to the answer
        await write(call, filter, end.Token);
    }

    private Task WriteJsonAsync(Call call, Filter filter, CancellationToken cancel) =>
        WriteAsync(call, filter, "", RecipientLines.AsJson, cancel);

    private Task WriteCsvAsync(Call call, Filter filter, CancellationToken cancel) =>
        WriteAsync(call, filter, RecipientLines.CsvHead, RecipientLines.AsCsv, cancel);

    private async Task WriteAsync(
        Call call, Filter filter, string head, Func<RecipientAnswer, string> line, CancellationToken cancel)
    {
        await call.Context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(head), cancel);
        foreach (var rows in Pages(filter, cancel))
            await call.Context.Response.Body.WriteAsync(
                Encoding.UTF8.GetBytes(string.Concat(rows.Select(row => line(AnswerOf.Row(row))))), cancel);
    }

    private async Task WriteMboxAsync(Call call, Filter filter, CancellationToken cancel)
    {
        await using var mbox = new MboxStream(call.Context.Response.Body);
        var (written, missing, last) = (0L, new MissingMails(), default(MailId));
        foreach (var row in Pages(filter, cancel).SelectMany(static rows => rows))
        {
            if (row.Mail == last)
                continue;
            last = row.Mail;
            if (doors.Spool.Index.Content(row.Mail) is { } content
                && await WriteAsync(call, mbox, row, content, cancel))
                written++;
            else
                missing.Add(row.Mail.ToString());
        }

        if (missing.Count == 0)
            return;
        mbox.Begin("", doors.Time.GetUtcNow());
        await mbox.WriteAsync(Encoding.UTF8.GetBytes("Subject: What is not in this export\r\n"
            + $"Content-Type: text/plain\r\n\r\n{missing.Says(written)}\r\n"), cancel);
        await mbox.EndAsync(cancel);
    }

    // A page with nothing in it was cut for want of time: who went away meanwhile is not looked for any further.
    private IEnumerable<IReadOnlyList<RecipientRow>> Pages(Filter filter, CancellationToken cancel)
    {
        foreach (var rows in doors.Spool.Index.FindAll(filter, Page))
        {
            cancel.ThrowIfCancellationRequested();
            yield return rows;
        }
    }

    private async Task<bool> WriteAsync(
        Call call, MboxStream mbox, RecipientRow row, MailContent content, CancellationToken cancel)
    {
        try
        {
            mbox.Begin(row.From, row.AcceptedAt);
            await bodies.CopyAsync(new Body(row.Mail, content), call.Caller.Name, mbox, cancel);
            await mbox.EndAsync(cancel);
            return true;
        }
        catch (ApiProblem)
        {
            return false;
        }
    }
}
