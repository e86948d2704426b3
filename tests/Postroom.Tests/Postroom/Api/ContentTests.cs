using System.Net;
using Postroom.Api.Access;
using Postroom.Cli;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>What a mail shows, by the API and by the command line.</summary>
public sealed class ContentTests
{
    private const string Mail = """
        From: Jira <jira@example.com>
        To: alice@example.com
        Date: Sun, 29 Nov 2026 06:00:00 +0000
        Subject: Your code
        Content-Type: multipart/mixed; boundary=m

        --m
        Content-Type: multipart/related; boundary=r

        --r
        Content-Type: text/html; charset=utf-8

        <p onclick=x>Your verification code is <b>482913</b>.<img src="cid:logo"><img src="http://a.example/p.gif">
        <a href="https://jira.example.com/x">Open</a><script>top.hit=1</script></p>
        --r
        Content-Type: image/png; name=logo.png
        Content-ID: <logo>
        Content-Transfer-Encoding: base64

        iVBORw0KGgo=
        --r--
        --m
        Content-Type: text/html
        Content-Disposition: attachment; filename="../../evil.html"

        <script>top.hit=1</script>
        --m--

        """;

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_of_it_is_told_and_who_reads_it_is_on_its_timeline()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var (id, client) = await SendAsync(house);
        var content = await MessageTests.GetAsync(client, $"api/v1/mails/{id}/content");
        Assert.Equal("Your verification code is 482913. Open <https://jira.example.com/x>",
            MessageTests.Text(content, "text"));
        Assert.True(content.GetProperty("isTextMade").GetBoolean());
        Assert.StartsWith("<p>Your verification code is <b>482913</b>.<img src=\"cid:logo\"><img>",
            MessageTests.Text(content, "html"), StringComparison.Ordinal);
        Assert.Equal("""["http://a.example/p.gif"]""", content.GetProperty("remoteImages").GetRawText());
        Assert.Equal("""["onclick","script"]""", content.GetProperty("removed").GetRawText());
        Assert.Equal(["text/html part-1.html", "image/png logo.png", "text/html evil.html"],
            content.GetProperty("parts").EnumerateArray().Select(part =>
                $"{MessageTests.Text(part, "type")} {MessageTests.Text(part, "name")}"));
        Assert.Equal(MessageTests.Text(content, "text"), await client.GetStringAsync($"api/v1/mails/{id}/text",
            Cancel));

        await house.House.Spool.Index.CaughtUpAsync(Cancel);
        var trail = (await MessageTests.GetAsync(client, $"api/v1/mails/{id}")).GetProperty("trail");
        Assert.Equal("token:for-read", MessageTests.Text(Assert.Single(trail.EnumerateArray(),
            one => MessageTests.Text(one, "kind") == "opened"), "who"));

        var links = (await MessageTests.GetAsync(client, $"api/v1/mails/{id}/links")).GetProperty("links");
        Assert.Equal("""{"url":"https://jira.example.com/x","text":"Open","in":"html"}""",
            Assert.Single(links.EnumerateArray()).GetRawText());
        var codes = (await MessageTests.GetAsync(client, $"api/v1/mails/{id}/codes")).GetProperty("codes");
        Assert.Equal("482913", MessageTests.Text(Assert.Single(codes.EnumerateArray()), "code"));
    }

    [Fact]
    public async Task A_page_is_let_do_nothing_and_a_part_is_opened_by_nobody()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var (id, client) = await SendAsync(house);
        using var page = await client.GetAsync($"api/v1/mails/{id}/page", Cancel);
        Assert.Equal("default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri "
            + "'none'; "
            + "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox", Header(page,
                "Content-Security-Policy"));
        Assert.Equal(("nosniff", "no-referrer", "same-origin", "no-store"), (Header(page, "X-Content-Type-Options"),
            Header(page, "Referrer-Policy"), Header(page, "Cross-Origin-Resource-Policy"),
            Header(page, "Cache-Control")));
        var html = await page.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("<title>Your code</title>", html, StringComparison.Ordinal);
        Assert.Contains("<img src=\"data:image/png;base64,iVBORw0KGgo=\"><img>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("//a.example", html, StringComparison.Ordinal);
        using var withImages = await client.GetAsync($"api/v1/mails/{id}/page?images=true", Cancel);
        Assert.Contains("img-src data: https: http:;", Header(withImages, "Content-Security-Policy"),
            StringComparison.Ordinal);
        Assert.Contains("<img src=\"http://a.example/p.gif\">", await withImages.Content.ReadAsStringAsync(Cancel),
            StringComparison.Ordinal);

        using var image = await client.GetAsync($"api/v1/mails/{id}/parts/2", Cancel);
        Assert.Equal(("image/png", "inline"), (image.Content.Headers.ContentType?.ToString(),
            image.Content.Headers.ContentDisposition?.DispositionType));
        using var evil = await client.GetAsync($"api/v1/mails/{id}/parts/3", Cancel);
        Assert.Equal(("application/octet-stream", "attachment", "evil.html"), (
            evil.Content.Headers.ContentType?.ToString(), evil.Content.Headers.ContentDisposition?.DispositionType,
            evil.Content.Headers.ContentDisposition?.FileNameStar));
        Assert.Equal("default-src 'none'; sandbox", Header(evil, "Content-Security-Policy"));
        Assert.Equal("<script>top.hit=1</script>", await evil.Content.ReadAsStringAsync(Cancel));
    }

    [Theory]
    [InlineData("{0}/parts/4", HttpStatusCode.NotFound)]
    [InlineData("{0}/parts/x", HttpStatusCode.NotFound)]
    [InlineData("{0}/page?images=yes", HttpStatusCode.BadRequest)]
    [InlineData("06AMCZHCB0000/content", HttpStatusCode.NotFound)]
    [InlineData("x/page", HttpStatusCode.NotFound)]
    public async Task What_is_not_there_is_a_problem(string path, HttpStatusCode status)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var (id, client) = await SendAsync(house);
        using var answer = await client.GetAsync(
            "api/v1/mails/" + path.Replace("{0}", id, StringComparison.Ordinal), Cancel);
        Assert.Equal((status, "application/problem+json"),
            (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        using var stranger = await house.Client(Scopes.Submit).GetAsync($"api/v1/mails/{id}/content", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, stranger.StatusCode);
    }

    [Fact]
    public async Task In_a_terminal_it_is_read_saved_and_never_overwrites()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var (id, client) = await SendAsync(house);
        var (code, shown) = await house.RunAsync("inbox", "show", id);
        Assert.Equal(0, code);
        Assert.StartsWith("From: Jira <jira@example.com>\nTo: alice@example.com\n"
            + "Date: Sun, 29 Nov 2026 06:00:00 +0000\nSubject: Your code\n\nYour verification", shown,
            StringComparison.Ordinal);
        Assert.Contains("Images that it would fetch from elsewhere: 1, the first", shown, StringComparison.Ordinal);
        Assert.Contains("<b>482913</b>", (await house.RunAsync("inbox", "show", id, "--html")).Output,
            StringComparison.Ordinal);
        var json = await house.RunAsync("inbox", "show", id, "--json");
        Assert.Equal(await client.GetStringAsync($"api/v1/mails/{id}/content", Cancel) + "\n", json.Output);
        Assert.Equal((0, "482913\n"), await house.RunAsync("inbox", "codes", id, "--first"));
        Assert.Contains("https://jira.example.com/x", (await house.RunAsync("inbox", "links", id)).Output,
            StringComparison.Ordinal);
        Assert.Contains("evil.html", (await house.RunAsync("inbox", "parts", id)).Output, StringComparison.Ordinal);

        var file = Path.Combine(house.Data, "part");
        Assert.Equal((0, $"Part 3 is in {file}\n"), await house.RunAsync("inbox", "parts", id, "-s", "3", "-o", file));
        Assert.Equal("<script>top.hit=1</script>", File.ReadAllText(file));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        File.WriteAllText(file, "mine");
        Assert.Equal((int)ExitCode.Usage, (await house.RunAsync("inbox", "parts", id, "-s", "2", "-o", file)).Code);
        Assert.Equal("mine", File.ReadAllText(file));
        Assert.Equal((int)ExitCode.NothingFound, (await house.RunAsync("inbox", "parts", id, "-s", "9")).Code);
        Assert.Equal((int)ExitCode.Usage, (await house.RunAsync("inbox", "show", id, "--text", "--html")).Code);

        var (ends, checks) = await house.RunAsync("inbox", "check", id); // its From and reverse-path agree; no text
        Assert.Equal(0, ends);
        Assert.Contains("advice   text-missing: There is HTML and no text.", checks, StringComparison.Ordinal);
        Assert.Contains("message-id-missing", checks, StringComparison.Ordinal);
        Assert.DoesNotContain("date-missing", checks, StringComparison.Ordinal);
        Assert.Contains("Problems: 0; advice: ", checks, StringComparison.Ordinal);
        using var asked = await client.GetAsync($"api/v1/mails/{id}/checks?fetch=true", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, asked.StatusCode);
    }

    [Fact]
    public async Task A_mail_steers_no_terminal()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        const string Evil = "\u001b]0;x\u0007\u001b[2J\u202Eevil\u009b1m";
        var (id, _) = await SendAsync(house, "From: =?UTF-8?Q?=1B[2Jx?= <a@example.com>\nTo: b@example.com\n"
            + $"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{Evil}\n"
            + "--b\nContent-Type: application/x\nContent-Disposition: attachment; filename*=UTF-8''a%1B%5B2J%0Ab\n\nx\n"
            + $"--b\nContent-Type: text/html; charset=utf-8\n\n<a href=\"http://x.example/{Evil}\">{Evil} code "
                + $"123456</a>\n--b--\n");
        foreach (var command in (string[])["show", "show --headers", "show --text", "show --html", "parts", "links",
            "codes", "show --json", "parts --json", "links --json"])
        {
            var (_, output) = await house.RunAsync(["inbox", .. command.Split(' '), id]);
            Assert.DoesNotContain(output, c => (char.IsControl(c) && c != '\n') || c == '\u202E');
        }
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static async Task<(string Id, HttpClient Client)> SendAsync(ApiHouse house, string mail = Mail)
    {
        var (status, answer) = await MessageTests.PostAsync(house.Client(Scopes.Administer), mail, "message/rfc822",
            "?from=jira@example.com&to=alice@example.com");
        Assert.Equal(HttpStatusCode.Accepted, status);
        while (house.House.Status().Counts["captured"] == 0)
            await Task.Yield();
        return (MessageTests.Text(answer, "id"), house.Client(Scopes.Read));
    }
}
