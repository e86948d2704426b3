using System.Globalization;
using System.Text;
using Microsoft.Net.Http.Headers;
using Postroom.Api.Access;
using Postroom.Api.Export;
using Postroom.Mail.Content;
using Postroom.Mail.Content.Checks;
using Postroom.Mail.Content.Html;
using Postroom.Relay.Fetching;

namespace Postroom.Api.Contents;

/// <summary>Answers what a mail shows. Who reads it is on the trail first, as by <c>raw</c>.</summary>
internal sealed class ContentRequests(
    MailRequests mails, Bodies bodies, LinkFetcher fetcher, SenderRequests senders)
{
    private const int Largest = 64 << 20;

    // A mail is in memory while it is read; what else the process does needs room too.
    private static readonly SemaphoreSlim Turns = new(2, 2);

    public Task ContentAsync(Call call) => ReadAsync(call, mail =>
    {
        var page = mail.Html is { } html
            ? SafeHtml.Of(html, new PageOptions { HasRemoteImages = HasImages(call) }) : null;
        var answer = new ContentAnswer(call.Names[0],
            [.. mail.Fields.Select(field => new FieldAnswer(field.Name, field.Written, field.Text))],
            [.. mail.Parts.Select(PartAnswer.Of)], [.. mail.Cuts, .. page?.Cuts ?? []])
        {
            Subject = mail.Field("Subject"),
            Text = TextOf(mail),
            IsTextMade = mail.Text is null && mail.Html is not null ? true : null,
            Html = page?.Html,
            RemoteImages = page?.RemoteImages,
            Removed = page?.Removed,
        };
        return call.WriteAsync(answer, ApiJson.Default.ContentAnswer);
    });

    public Task PageAsync(Call call) => ReadAsync(call, mail =>
    {
        var hasImages = HasImages(call);
        Guard(call, PageText.PolicyOf(hasImages));
        return WriteAsync(call, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(PageText.Of(mail, hasImages)));
    });

    public Task TextAsync(Call call) => ReadAsync(call, mail =>
    {
        Guard(call, "default-src 'none'; sandbox");
        return WriteAsync(call, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(TextOf(mail) ?? ""));
    });

    public Task PartAsync(Call call) => ReadAsync(call, mail =>
    {
        if (!int.TryParse(call.Names[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || mail.Parts.FirstOrDefault(one => one.Number == number) is not { } part)
            throw new ApiProblem(404, $"mail {call.Names[0]} has no part of that number",
                $"It has {mail.Parts.Count}: see GET /api/v1/mails/{call.Names[0]}/content");
        Guard(call, "default-src 'none'; sandbox");
        // Only what no browser runs, and that the mail itself shows, opens by itself.
        var raster = part.ContentId is null ? null : PageText.RasterOf(part);
        var how = new ContentDispositionHeaderValue(raster is null ? "attachment" : "inline");
        how.SetHttpFileName(part.Name);
        call.Context.Response.Headers.ContentDisposition = how.ToString();
        return WriteAsync(call, raster ?? "application/octet-stream", part.Octets(Largest, out _));
    });

    public Task LinksAsync(Call call) => ReadAsync(call, mail => call.WriteAsync(
        new LinksAnswer(call.Names[0],
            [.. Links.Of(mail).Select(link => new LinkAnswer(link.Url, link.Text, link.In))]),
        ApiJson.Default.LinksAnswer));

    public Task CodesAsync(Call call) => ReadAsync(call, mail => call.WriteAsync(
        new CodesAnswer(call.Names[0],
            [.. Codes.Of(mail.Field("Subject"), TextOf(mail) ?? "").Select(one => new CodeAnswer(one.Code,
                one.Around))]),
        ApiJson.Default.CodesAnswer));

    public async Task ChecksAsync(Call call)
    {
        var isFetching = IsFetching(call);
        var (isAsking, address) = SenderRequests.Of(call);
        var record = await mails.RecordAsync(call);
        IReadOnlyList<Finding> findings = [];
        IReadOnlyList<string> urls = [];
        SenderFacts? sender = null;
        await ReadAsync(call, (mail, octets) =>
        {
            var whole = new CheckedMail(mail, octets, record.From, [.. record.Recipients.Select(one => one.To)])
            {
                Id = record.Id.ToString(), Repaired = record.Header.Repaired,
            };
            findings = MailChecks.Of(whole);
            sender = isAsking ? SenderFacts.Of(whole) : null;
            urls = [.. Links.Of(mail).Select(link => link.Url).Distinct()];
            return Task.CompletedTask;
        });
        if (isFetching)
            findings = FetchFindings.Before(await fetcher.FetchAsync(urls, call.Aborted), urls.Count, findings);
        (string? results, int? questions) = (null, null);
        if (sender is not null)
            (findings, results, questions) = await senders.JudgeAsync(sender, address, findings, call.Aborted);
        var answer = new ChecksAnswer(call.Names[0], findings.Count(one => one.Severity == Severity.Problem),
        [
            .. findings.Select(one => new FindingAnswer(one.Name, AnswerOf.Name(one.Severity), one.What, one.Cure)
            {
                Where = one.Where,
            }),
        ]) { Results = results, Questions = questions };
        await call.WriteAsync(answer, ApiJson.Default.ChecksAnswer);
    }

    /// <summary>The text; made of the HTML where there is none.</summary>
    internal static string? TextOf(ShownMail mail) =>
        mail.Text ?? (mail.Html is { } html ? PlainText.Of(html) : null);

    private Task ReadAsync(Call call, Func<ShownMail, Task> answer) => ReadAsync(call, (mail, _) => answer(mail));

    // Reads the mail of a call, and answers while its octets are there.
    private async Task ReadAsync(Call call, Func<ShownMail, ReadOnlyMemory<byte>, Task> answer)
    {
        var body = await mails.BodyAsync(call);
        if (body.Content.Length > Largest)
            throw new ApiProblem(413, string.Create(CultureInfo.InvariantCulture,
                $"mail {body.Mail} has {body.Content.Length} octets; up to {Largest} are read to be shown"),
                $"Take its bytes: GET /api/v1/mails/{body.Mail}/raw");
        await Turns.WaitAsync(call.Aborted);
        try
        {
            using var octets = new MemoryStream((int)body.Content.Length);
            await bodies.CopyAsync(body, call.Caller.Name, octets, call.Aborted);
            octets.Position = 0;
            await answer(ContentReader.Read(octets), octets.GetBuffer().AsMemory(0, (int)octets.Length));
        }
        finally
        {
            Turns.Release();
        }
    }

    // What is asked for is chosen by who wrote the mail, and seen by whoever serves it: not for everybody who may look.
    private static bool IsFetching(Call call) => call.Query("fetch") switch
    {
        null or "false" => false,
        "true" when call.Caller.Scopes.Cover(Scopes.Operate) => true,
        "true" => throw new ApiProblem(403, "asking where links lead needs the scope operate",
            "Leave fetch out to have the mail checked by what stands in it."),
        _ => throw ApiProblem.Bad("fetch is neither true nor false",
            "Leave it out, or say fetch=true to have the links of the mail asked for by this relay."),
    };

    private static bool HasImages(Call call) => call.Query("images") switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw ApiProblem.Bad("images is neither true nor false",
            "Leave it out, or say images=true to have images of elsewhere fetched by whoever looks."),
    };

    private static void Guard(Call call, string policy)
    {
        var headers = call.Context.Response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static Task WriteAsync(Call call, string type, byte[] octets)
    {
        call.Context.Response.ContentType = type;
        call.Context.Response.ContentLength = octets.Length;
        return call.Context.Response.Body.WriteAsync(octets, 0, octets.Length, call.Aborted);
    }
}
