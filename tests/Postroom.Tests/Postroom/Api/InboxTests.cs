using System.Net;
using System.Text;
using System.Text.Json;
using Postroom.Api.Access;
using Xunit;
using static Postroom.Tests.Program.Api.MessageTests;

namespace Postroom.Tests.Program.Api;

/// <summary>Captured mail in its boxes, and what tests of an application ask of it.</summary>
public sealed class InboxTests : IAsyncLifetime
{
    private const string Rules =
        """
        [[route]]
        name = "elsewhere"
        host = "127.0.0.1"
        port = 9
        tls = "none"
        recipients = ["elsewhere.example.com"]
        [[sandbox]]
        name = "others"
        to = ["qa@example.com"]
        mode = "live"
        [[sandbox]]
        name = "not of shop"
        of = "from:shop@example.com"
        to = ["boss@example.com"]
        mode = "capture"
        [[sandbox]]
        name = "boss"
        to = ["boss@example.com"]
        mode = "live"
        """;

    private readonly ApiHouse _house = new(Rules);
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        await _house.OpenAsync();
        _client = _house.Client(Scopes.Administer);
    }

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task A_box_is_there_when_its_first_mail_is_and_marks_outlive_the_index()
    {
        var one = await SendAsync("ann+run1@example.com");
        await SendAsync("bob+run1@example.com");
        await SendAsync("carol@example.com");
        var boxes = (await GetAsync(_client, "api/v1/boxes")).GetProperty("boxes");
        Assert.Equal(["for-administer", "run1"], boxes.EnumerateArray().Select(b => Text(b, "name")).Order());

        Assert.Equal((1, 1), Done(await ActAsync("read", $$"""{"ids":["{{one}}"]}""")));
        Assert.Equal((1, 0), Done(await ActAsync("read", $$"""{"ids":["{{one}}"]}""")));
        Assert.Equal((2, 2), Done(await ActAsync("tag", """{"filter":"box:run1","tags":["Checked"]}""")));
        Assert.Equal((1, 1),
            Done(await ActAsync("untag", $$"""{"filter":"box:run1 -id:{{one}}","tags":["checked"]}""")));
        await _house.CloseAsync();
        foreach (var file in Directory.GetFiles(_house.Data, "ledger.db*"))
            File.Delete(file);
        await _house.OpenAsync();
        var list = await GetAsync(_client, "api/v1/inbox?filter=box:run1");
        Assert.Equal(2, list.GetProperty("total").GetInt64());
        var read = list.GetProperty("recipients").EnumerateArray().Single(row => Text(row, "id") == one);
        Assert.False(read.TryGetProperty("unread", out _));
        Assert.Equal("checked", read.GetProperty("tags")[0].GetString());
        var kinds = (await GetAsync(_client, $"api/v1/mails/{one}")).GetProperty("trail").EnumerateArray()
            .Where(e => e.TryGetProperty("who", out var who) && who.GetString() == "token:for-administer")
            .Select(e => Text(e, "kind"));
        Assert.Equal(["accepted", "read", "tagged"], kinds);
    }

    [Fact]
    public async Task Deleted_is_what_was_seen_and_read_and_nothing_else()
    {
        var first = await SendAsync("ann+x@example.com");
        await SendAsync("bob+x@example.com");
        await ActAsync("read", $$"""{"ids":["{{first}}"]}""");
        var seen = Text(await GetAsync(_client, "api/v1/inbox?filter=box:x"), "seen");
        var late = await SendAsync("late+x@example.com");
        await ActAsync("read", $$"""{"ids":["{{late}}"]}""");
        Assert.Equal(HttpStatusCode.BadRequest, (await ActAsync("delete", """{"filter":"box:x"}""")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await ActAsync("delete", """{"filter":"box:x","count":1}""")).Status);

        var (_, done) = await ActAsync("delete", $$"""{"filter":"box:x","seen":"{{seen}}","why":"done"}""");
        Assert.Equal((3, 1, 2), (Number(done, "matched"), Number(done, "changed"), Number(done, "left")));
        Assert.Equal("cancelled", Text((await GetAsync(_client, $"api/v1/mails/{first}")).GetProperty("recipients")[0],
            "state"));
        (_, done) = await ActAsync("delete", $$"""{"filter":"box:x","seen":"{{seen}}","unread":true}""");
        Assert.Equal(1, Number(done, "changed"));
        Assert.Equal(late, Text((await GetAsync(_client, "api/v1/inbox?filter=box:x")).GetProperty("recipients")[0],
            "id"));
        (_, done) = await ActAsync("delete", """{"filter":"box:x","count":1}""");
        Assert.Equal(1, Number(done, "changed"));
    }

    [Theory]
    [InlineData("state:captured", HttpStatusCode.BadRequest)]
    [InlineData("to:ann state:captured,held", HttpStatusCode.BadRequest)]
    [InlineData("-state:delivered", HttpStatusCode.OK)]
    [InlineData("box:x -state:waiting", HttpStatusCode.OK)]
    [InlineData("to:ann", HttpStatusCode.OK)]
    public async Task Nothing_captured_is_cancelled_by_the_way(string filter, HttpStatusCode status)
    {
        var mail = await SendAsync("ann+x@example.com");
        var (said, _) = await PostAsync("api/v1/queue/cancel", $$"""{"filter":"{{filter}}"}""");
        Assert.Equal(status, said);
        Assert.Equal(1, Number(await GetAsync(_client, "api/v1/inbox?filter=box:x"), "total"));
        var (_, done) = await PostAsync("api/v1/queue/cancel", $$"""{"ids":["{{mail}}"]}"""); // that one was meant
        Assert.Equal(1, Number(done, "changed"));
    }

    [Fact]
    public async Task Between_a_reset_and_the_first_mail_nothing_is_missed_or_taken_for_new()
    {
        await SendAsync("ann+t@example.com");
        var reset = await PostAsync("api/v1/boxes/t/reset", "");
        Assert.Equal(1, Number(reset.Answer, "deleted"));
        var since = Text(reset.Answer, "since");
        var none = await ExpectAsync($"box=t&since={since}&count=0&within=1");
        Assert.Equal(HttpStatusCode.OK, none.Status);
        var mail = await SendAsync("ann+t@example.com");
        var wait = await GetAsync(_client, $"api/v1/messages/wait?box=t&since={since}&timeout=30");
        Assert.Equal(mail, Text(Assert.Single(wait.GetProperty("recipients").EnumerateArray()), "id"));
        var next = await ExpectAsync($"box=t&since={Text(wait, "seen")}&count=0&within=1");
        Assert.Equal(HttpStatusCode.OK, next.Status);
        Assert.Equal(0, Number((await PostAsync("api/v1/boxes/never/reset", "")).Answer, "deleted"));
    }

    [Fact]
    public async Task What_does_not_come_is_told_with_what_there_is_instead()
    {
        await SendAsync("ann+e@example.com", "Welcome");
        await SendAsync("bob+e@example.com", "Welcome");
        var (status, answer) = await ExpectAsync("box=e&filter=subject:reset%20to:ann&count=1&within=1");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("Without subject:reset it would be 1", Text(answer, "detail"), StringComparison.Ordinal);
        Assert.Contains("“Welcome”", Text(answer, "detail"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await ExpectAsync("box=e&count=1&within=300")).Status); // two: at once
        Assert.Equal(HttpStatusCode.OK, (await ExpectAsync("box=e&count=1..2&within=300")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await ExpectAsync("box=e&count=0&within=300")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await ExpectAsync("box=e&count=3..1")).Status);
        var waiting = ExpectAsync("box=e&count=3&within=300");
        await SendAsync("carol+e@example.com");
        Assert.Equal(HttpStatusCode.OK, (await waiting).Status);

        var (code, output) = await _house.RunAsync("inbox", "wait", "--box", "e", "subject:reset", "--timeout", "1");
        Assert.Equal(1, code);
        Assert.Contains("expected 1.. recipients, and 0 match", output, StringComparison.Ordinal);
        Assert.Equal(0, (await _house.RunAsync("inbox", "wait", "--box", "e", "--count", "3")).Code);
    }

    [Fact]
    public async Task A_copy_goes_where_its_source_may_send_once_and_both_timelines_say_so()
    {
        var mail = await SendAsync("ann@example.com");
        var refused = await ActAsync("release", $$"""{"ids":["{{mail}}"],"to":["qa@example.com","x@example.net"]}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("x@example.net: capture by mode = capture", Text(refused.Answer, "title"),
            StringComparison.Ordinal);
        // Not by another reverse-path either: the rule of the original holds.
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await ActAsync("release", $$"""{"ids":["{{mail}}"],"to":["boss@example.com"]}""")).Status);

        var order = $$"""{"ids":["{{mail}}"],"to":["qa@example.com"],"why":"a look"}""";
        var (_, done) = await ActAsync("release", order, "key-1");
        var copy = Text(done.GetProperty("copies")[0], "id");
        var (_, again) = await ActAsync("release", order, "key-1");
        Assert.Equal(copy, Text(again.GetProperty("copies")[0], "id"));
        Assert.Equal(0, Number(again, "changed"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await ActAsync("release", order.Replace("\"to\"", "\"from\":\"qa@example.com\",\"to\""), "key-1")).Status);
        var shown = await GetAsync(_client, $"api/v1/mails/{copy}");
        Assert.Equal("", Text(shown, "from"));
        Assert.Contains($"of {mail}: a look", Told(shown), StringComparison.Ordinal);
        Assert.Contains($"{copy} to qa@example.com: a look", Told(await GetAsync(_client, $"api/v1/mails/{mail}")),
            StringComparison.Ordinal);
        Assert.EndsWith(await RawAsync(mail), await RawAsync(copy), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_is_mail_of_its_source_and_not_of_who_releases_it()
    {
        using var shop = _house.Client(Scopes.Submit | Scopes.Read);
        var letter = """{"from":"shop@example.com","to":["ann@example.com"],"subject":"x","text":"hello"}""";
        var mail = Text((await MessageTests.PostAsync(shop, letter, "application/json")).Answer, "id");
        await GetAsync(_client, $"api/v1/messages/wait?filter=state:captured%20id:{mail}");
        var (_, done) = await ActAsync("release", $$"""{"ids":["{{mail}}"],"to":["qa@example.com"]}""");
        var copy = Text(done.GetProperty("copies")[0], "id");
        var was = await GetAsync(_client, $"api/v1/mails/{mail}");
        var now = await GetAsync(_client, $"api/v1/mails/{copy}");
        foreach (var name in (string[])["listener", "client", "user", "protocol"])
            Assert.Equal(Text(was, name), Text(now, name));
        Assert.NotEqual("token:for-administer", Text(now, "user"));
    }

    [Fact]
    public async Task A_release_says_at_once_what_the_rules_would_make_of_it()
    {
        var mail = await SendAsync("ann@example.com");
        var (_, done) = await ActAsync("release", $$"""{"ids":["{{mail}}"]}""");
        Assert.Equal(1, Number(done, "changed"));
        Assert.Equal("capture", Text(done.GetProperty("outlook")[0], "becomes"));
        Assert.Equal("mode = capture", Text(done.GetProperty("outlook")[0], "rule"));
    }

    [Fact]
    public async Task Whoever_only_reads_changes_nothing()
    {
        using var reader = _house.Client(Scopes.Read);
        foreach (var path in (string[])["api/v1/inbox/read", "api/v1/inbox/delete", "api/v1/boxes/x/reset"])
        {
            using var answer = await reader.PostAsync(path, null, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_command_line_lists_marks_resets_and_deletes()
    {
        var mail = await SendAsync("ann+cli@example.com", "Hello");
        Assert.Contains("cli", (await _house.RunAsync("inbox")).Output, StringComparison.Ordinal);
        Assert.Contains("Hello", (await _house.RunAsync("inbox", "list", "box:cli")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await _house.RunAsync("inbox", "read", mail)).Code);
        Assert.Equal(1, (await _house.RunAsync("inbox", "list", "box:cli", "is:unread")).Code);
        Assert.Equal(0, (await _house.RunAsync("inbox", "tag", "seen", "box:cli")).Code);
        Assert.Equal(0, (await _house.RunAsync("inbox", "delete", "tag:seen", "--count", "1")).Code);
        Assert.Contains("cli: 0 deleted; wait with --since m", (await _house.RunAsync("inbox", "reset", "cli")).Output,
            StringComparison.Ordinal);
    }

    private async Task<string> SendAsync(string to, string subject = "(P-1) x")
    {
        var letter = $$"""
            {"from":"news@example.com","sender":"shop@example.com","to":["{{to}}"],
            "subject":"{{subject}}","text":"hello"}
            """;
        var id = Text((await MessageTests.PostAsync(_client, letter, "application/json")).Answer, "id");
        await GetAsync(_client, $"api/v1/messages/wait?filter=state:captured%20id:{id}");
        return id;
    }

    private Task<(HttpStatusCode Status, JsonElement Answer)> ActAsync(
        string action, string body, string? key = null) => PostAsync($"api/v1/inbox/{action}", body, key);

    private async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(
        string path, string body, string? key = null)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonDocument.Parse(
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement);
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> ExpectAsync(string query)
    {
        using var answer = await _client.GetAsync($"api/v1/messages/expect?{query}",
            TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonDocument.Parse(
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement);
    }

    private Task<string> RawAsync(string mail) =>
        _client.GetStringAsync($"api/v1/mails/{mail}/raw", TestContext.Current.CancellationToken);

    private static (long, long) Done((HttpStatusCode, JsonElement Answer) of) =>
        (Number(of.Answer, "matched"), Number(of.Answer, "changed"));

    private static long Number(JsonElement of, string name) => of.GetProperty(name).GetInt64();

    private static string Told(JsonElement mail) => string.Join('\n', mail.GetProperty("trail").EnumerateArray()
        .Where(e => Text(e, "kind") == "copied").Select(e => Text(e, "text")));
}
