using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MimeKit;
using Postroom.Api.Access;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>Mail handed over by HTTP: as it is, or to be written; once for a key.</summary>
public sealed class MessageTests
{
    private const string Raw = "From: Jira <jira@example.com>\nTo: alice@example.com\nX-JIRA-FingerPrint: abc\n"
        + "Subject: [JIRA] (PROJ-1) x\n\n.\nhi\n";

    [Fact]
    public async Task A_mail_is_taken_as_it_is()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var (status, answer) = await PostAsync(client, Raw, "message/rfc822",
            "?from=bounces@example.com&to=alice@example.com&to=bob@example.com&to=alice@example.com");
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal(2, answer.GetProperty("recipients").GetInt32());
        var id = answer.GetProperty("id").GetString()!;

        var mail = await GetAsync(client, $"api/v1/mails/{id}");
        Assert.Equal(("bounces@example.com", "api", "127.0.0.1", "token:for-administer", "HTTP"),
            (Text(mail, "from"), Text(mail, "listener"), Text(mail, "client"), Text(mail, "user"),
                Text(mail, "protocol")));
        Assert.Equal("bare LF made CRLF", Text(mail, "repaired"));
        Assert.Equal("PROJ-1", mail.GetProperty("application").GetProperty("item").GetString());
        var raw = await client.GetStringAsync($"api/v1/mails/{id}/raw", TestContext.Current.CancellationToken);
        Assert.EndsWith(Raw.Replace("\n", "\r\n", StringComparison.Ordinal), raw, StringComparison.Ordinal);
        Assert.Contains($"by relay.example.test with HTTP id {id}", raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_is_written_and_taken()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var letter = """
            {
              "from": "Jürgen <jira@example.com>", "to": ["Alice <alice@example.com>"], "cc": ["bob@example.com"],
              "bcc": ["secret@example.com"], "replyTo": ["answers@example.com"], "subject": "Grüße ✓",
              "text": "line one\nzwei: ä", "html": "<p>zwei: ä <img src=\"cid:logo\"></p>",
              "headers": { "X-JIRA-FingerPrint": "abc", "Message-ID": "<own@example.com>" },
              "attachments": [
                { "name": "bericht.pdf", "content": "JVBERi0=" },
                { "name": "logo.png", "content": "iVBORw0=", "contentId": "logo" }
              ]
            }
            """;
        var (status, answer) = await PostAsync(client, letter, "application/json");
        Assert.True(status == HttpStatusCode.Accepted, answer.ToString());
        var raw = await client.GetByteArrayAsync($"api/v1/mails/{Text(answer, "id")}/raw",
            TestContext.Current.CancellationToken);
        Assert.True(Ascii.IsValid(raw));
        using var mail = await MimeMessage.LoadAsync(new MemoryStream(raw), TestContext.Current.CancellationToken);
        Assert.Equal("\"Jürgen\" <jira@example.com>", mail.From.ToString());
        Assert.Equal("\"Alice\" <alice@example.com>", mail.To.ToString());
        Assert.Equal(("bob@example.com", "answers@example.com"), (mail.Cc.ToString(), mail.ReplyTo.ToString()));
        Assert.Equal(("Grüße ✓", "abc", "own@example.com"),
            (mail.Subject, mail.Headers["X-JIRA-FingerPrint"], mail.MessageId));
        Assert.Equal("line one\r\nzwei: ä", mail.TextBody!.TrimEnd().ReplaceLineEndings("\r\n"));
        Assert.Contains("zwei: ä", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("bericht.pdf", Assert.IsType<MimePart>(Assert.Single(mail.Attachments)).FileName);
        Assert.Equal(1, mail.Headers.Count(field => field.Id == HeaderId.Date));
        Assert.DoesNotContain("secret@", Encoding.ASCII.GetString(raw), StringComparison.Ordinal);
        Assert.Equal(3, (await GetAsync(client, "api/v1/queue")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Under_one_key_a_mail_is_taken_once_whatever_happens_in_between()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        const string query = "?from=a@example.com&to=b@example.com";
        var (_, first) = await PostAsync(client, Raw, "message/rfc822", query, "order-17");
        var (status, again) = await PostAsync(client, Raw, "message/rfc822", query, "order-17");
        Assert.Equal((HttpStatusCode.Accepted, Text(first, "id")), (status, Text(again, "id")));
        Assert.True(again.GetProperty("repeated").GetBoolean());
        await house.CloseAsync();
        foreach (var part in new[] { "", "-wal", "-shm" }) // the index goes; the journal knows it
            File.Delete(Path.Combine(house.Data, "ledger.db" + part));
        await house.OpenAsync();
        (_, again) = await PostAsync(client, Raw, "message/rfc822", query, "order-17");
        Assert.Equal(Text(first, "id"), Text(again, "id"));

        foreach (var other in new[] { Raw + "x", Raw })
        {
            var (refused, problem) = await PostAsync(client, other, "message/rfc822",
                other == Raw ? query + "&to=c@example.com" : query, "order-17");
            Assert.Equal(422, (int)refused);
            Assert.Contains(Text(first, "id"), Text(problem, "title"), StringComparison.Ordinal);
        }

        (_, var third) = await PostAsync(client, Raw, "message/rfc822", query, "order-18");
        Assert.NotEqual(Text(first, "id"), Text(third, "id"));
        // Keys are each submitter's own.
        (_, var stranger) = await PostAsync(house.Client(Scopes.Submit), Raw, "message/rfc822", query, "order-17");
        Assert.NotEqual(Text(first, "id"), Text(stranger, "id"));
        const string letter = """{"from":"a@example.com","to":["b@example.com"],"subject":"x"}""";
        var (_, one) = await PostAsync(client, letter, "application/json", "", "letter");
        var (_, two) = await PostAsync(client, letter, "application/json", "", "letter");
        Assert.Equal(Text(one, "id"), Text(two, "id"));
        Assert.Equal(4, (await GetAsync(client, "api/v1/queue")).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"subject":"x\r\nBcc: c@example.com"}""")]
    [InlineData("""{"from":"a@example.com\r\nBcc: c@example.com","to":["b@example.com"]}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com>\r\nRCPT TO:<c@example.com"]}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"headers":{"X-A":"b\nX-C: d"}}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"headers":{"X-A: b\r\nX-C":"d"}}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"headers":{"Bcc":"c@example.com"}}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"headers":{"Content-Type":"text/html"}}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"attachments":[{"name":"a\r\nb","content":""}]}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"attachments":[{"name":"../a","content":""}]}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"attachments":[{"name":"a","content":"?"}]}""")]
    [InlineData("""
        {"from":"a@example.com","to":["b@example.com"],"attachments":[{"name":"a","content":"","type":"x\r\ny: z"}]}
        """)]
    [InlineData("""{"from":"a@example.com","to":[]}""")]
    [InlineData("""{"from":"a@example.com","to":["nobody"]}""")]
    [InlineData("""{"from":"","to":["b@example.com"]}""")]
    [InlineData("""{"to":["b@example.com"]}""")]
    [InlineData("""{"from":"a@example.com","to":[null]}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"attachments":[null]}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"attachments":[{"name":"a"}]}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"headers":{"X-A":null}}""")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("[]")]
    public async Task What_cannot_be_a_mail_is_refused_whole(string letter)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var (status, problem) = await PostAsync(client, letter, "application/json");
        Assert.True(status == HttpStatusCode.BadRequest, problem.ToString());
        Assert.Equal(0, (await GetAsync(client, "api/v1/queue")).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("text/plain", "?from=a@example.com&to=b@example.com", "k", 415)]
    [InlineData("message/rfc822", "?to=b@example.com", "k", 400)]
    [InlineData("message/rfc822", "?from=a@example.com", "k", 400)]
    [InlineData("message/rfc822", "?from=a@example.com&to=b@example.com%3E%0D%0Ax", "k", 400)]
    [InlineData("message/rfc822", "?from=a@example.com&to=b@example.com", "two words", 400)]
    [InlineData("message/rfc822", "?from=&to=b@example.com", "k", 202)]
    public async Task What_is_wrong_around_a_mail_is_told(string type, string query, string key, int status)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var (told, problem) = await PostAsync(house.Client(Scopes.Submit), Raw, type, query, key);
        Assert.True(status == (int)told, problem.ToString());
    }

    [Fact]
    public async Task A_mail_beyond_the_bound_is_refused_and_one_below_it_is_streamed()
    {
        await using var house = new ApiHouse("message_size = \"3MB\"");
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var large = Raw + string.Concat(Enumerable.Repeat("0123456789\n", 230_000));
        const string query = "?from=a@example.com&to=b@example.com";
        var (status, _) = await PostAsync(client, large, "message/rfc822", query);
        Assert.Equal(HttpStatusCode.Accepted, status);
        (status, _) = await PostAsync(client, large + large, "message/rfc822", query);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        // 2.9 MB on the wire, and more when each line has its CR.
        (status, var told) = await PostAsync(client, large + new string('\n', 370_000), "message/rfc822", query);
        Assert.True(status == HttpStatusCode.RequestEntityTooLarge, told.ToString());
        Assert.Equal(1, (await GetAsync(client, "api/v1/queue")).GetProperty("total").GetInt32());
    }

    internal static async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(
        HttpClient client, string body, string type, string query = "", string? key = null)
    {
        using var content = new StringContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/messages" + query) { Content = content };
        request.Headers.ExpectContinue = true; // else who is refused may be cut off before it reads why
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    internal static async Task<JsonElement> GetAsync(HttpClient client, string path) =>
        JsonDocument.Parse(await client.GetStringAsync(path, TestContext.Current.CancellationToken)).RootElement;

    internal static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
