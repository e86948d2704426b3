using System.Text.Json;
using Postroom.Api.Access;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>Looking on while it happens, and waiting for it.</summary>
public sealed class TrailTests
{
    private const string Letter = """{"from":"a@example.com","to":["NAME@example.com"],"subject":"(P-1) x"}""";

    [Fact]
    public async Task What_happens_is_told_once_and_in_order_to_whom_it_concerns()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        using var all = await FollowAsync(client, "api/v1/trail");
        using var some = await FollowAsync(client, "api/v1/trail?filter=to:bob");
        var alice = await SendAsync(client, "alice");
        var bob = await SendAsync(client, "bob");
        Assert.Equal([(alice, "accepted"), (alice, "trying"), (alice, "captured"), (bob, "accepted"), (bob, "trying"),
            (bob, "captured")], (await ReadAsync(all, 6)).OrderBy(one => one.Mail, StringComparer.Ordinal));
        Assert.Equal([(bob, "accepted"), (bob, "trying"), (bob, "captured")], await ReadAsync(some, 3));
        (await client.PutAsync("api/v1/tokens/x", new StringContent("""{"scopes":["read"]}""", null,
            "application/json"), TestContext.Current.CancellationToken)).Dispose();
        Assert.Equal([(null, "tokenchanged")], await ReadAsync(all, 1));
    }

    [Fact]
    public async Task Whoever_waits_is_answered_when_it_comes_and_sent_home_when_the_house_closes()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var waiting = MessageTests.GetAsync(client, "api/v1/messages/wait?filter=to:bob%20subject:P-1&timeout=300");
        await SendAsync(client, "alice");
        Assert.False(waiting.IsCompleted);
        var bob = await SendAsync(client, "bob");
        Assert.Equal(bob, Assert.Single((await waiting).GetProperty("recipients").EnumerateArray()).GetProperty("id")
            .GetString());
        var there = await MessageTests.GetAsync(client, "api/v1/messages/wait?filter=state:captured&count=2");
        Assert.Equal(2, there.GetProperty("recipients").GetArrayLength());
        var later = DateTimeOffset.UtcNow.AddMinutes(1).ToString("yyyy-MM-ddTHH:mm:ssZ");
        var none = await MessageTests.GetAsync(client, $"api/v1/messages/wait?since={later}&timeout=1");
        Assert.Equal(0, none.GetProperty("recipients").GetArrayLength());

        var last = MessageTests.GetAsync(client, "api/v1/messages/wait?filter=to:carol&timeout=300");
        using var trail = await FollowAsync(client, "api/v1/trail?filter=to:carol");
        await MessageTests.GetAsync(client, "api/v1/messages/wait?filter=to:dave&timeout=1"); // so the first is there
        await house.CloseAsync();
        Assert.Equal(0, (await last).GetProperty("recipients").GetArrayLength());
        while (await trail.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            Assert.DoesNotContain("data:", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_comes_back_is_told_that_something_may_be_missing()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Read);
        client.DefaultRequestHeaders.Add("Last-Event-ID", "1");
        using var trail = await FollowAsync(client, "api/v1/trail", "event: gap");
    }

    [Theory]
    [InlineData("api/v1/messages/wait?timeout=0")]
    [InlineData("api/v1/messages/wait?timeout=301")]
    [InlineData("api/v1/messages/wait?count=x")]
    [InlineData("api/v1/messages/wait?since=yesterday")]
    [InlineData("api/v1/messages/wait?filter=nothing:x")]
    [InlineData("api/v1/trail?filter=nothing:x")]
    public async Task A_wrong_question_is_told(string path)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        using var answer = await house.Client(Scopes.Read).GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)answer.StatusCode);
    }

    private static async Task<string> SendAsync(HttpClient client, string name) => MessageTests.Text(
        (await MessageTests.PostAsync(client, Letter.Replace("NAME", name, StringComparison.Ordinal),
            "application/json")).Answer, "id");

    private static async Task<StreamReader> FollowAsync(
        HttpClient client, string path, string begins = ": from now on")
    {
        var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal(begins, await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        return reader;
    }

    private static async Task<List<(string? Mail, string Kind)>> ReadAsync(StreamReader from, int count)
    {
        var told = new List<(string?, string)>();
        while (told.Count < count)
        {
            var line = await from.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.NotNull(line);
            if (!line.StartsWith("data: ", StringComparison.Ordinal) || line == "data: {}")
                continue;
            var one = JsonDocument.Parse(line[6..]).RootElement;
            told.Add((one.TryGetProperty("mail", out var mail) ? mail.GetString() : null,
                MessageTests.Text(one.GetProperty("event"), "kind")));
        }

        return told;
    }
}
