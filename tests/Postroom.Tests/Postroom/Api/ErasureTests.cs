using System.Net;
using System.Text;
using System.Text.Json;
using Postroom.Api.Access;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>A person is erased by HTTP: looked for first, then gone, and that it was done stays.</summary>
public sealed class ErasureTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_is_looked_for_erased_and_not_found_again()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var hers = await SendAsync(client, "mallory@example.com");
        var others = await SendAsync(client, "bob@example.com");
        using (await PostAsync(client, "suppressions", """{"addresses":["Mallory@example.com"],"reason":"left"}"""))
        {
        }

        var looked = await EraseAsync(client, """{"address":"mallory@example.com","dryRun":true}""");
        Assert.False(looked.GetProperty("done").GetBoolean());
        Assert.Equal(1, looked.GetProperty("mails").GetInt32());
        Assert.True(looked.GetProperty("suppressed").GetBoolean());
        var erased = await EraseAsync(client, """{"address":"MALLORY@example.com","reason":"DSR-7"}""");
        Assert.True(erased.GetProperty("done").GetBoolean(), erased.ToString());
        Assert.True(erased.GetProperty("complete").GetBoolean(), erased.ToString());
        Assert.Equal(looked.GetProperty("address").GetString(), erased.GetProperty("address").GetString());
        Assert.StartsWith("postroom-checkpoint ", erased.GetProperty("checkpoint").GetString(),
            StringComparison.Ordinal);

        using var gone = await client.GetAsync($"api/v1/mails/{hers}", Cancel);
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
        Assert.Contains("was erased on", await gone.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        using var there = await client.GetAsync($"api/v1/mails/{others}", Cancel);
        Assert.Equal(HttpStatusCode.OK, there.StatusCode);
        Assert.Equal("""{"suppressions":[]}""",
            (await client.GetStringAsync("api/v1/suppressions", Cancel)).ReplaceLineEndings("").Replace(" ", "",
                StringComparison.Ordinal));
        using var verified = await PostAsync(client, "audit/verify", "{}");
        var audit = JsonDocument.Parse(await verified.Content.ReadAsStringAsync(Cancel)).RootElement;
        Assert.True(audit.GetProperty("sound").GetBoolean(), audit.ToString());
        Assert.True(audit.GetProperty("forgotten").GetInt64() > 0);
        await house.CloseAsync();
        foreach (var file in Directory.GetFiles(house.Data, "*", SearchOption.AllDirectories)
                     .Where(file => Path.GetFileName(file) != "lock"))
            Assert.False(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel))
                .Contains("mallory", StringComparison.OrdinalIgnoreCase), $"{Path.GetFileName(file)} names her");
    }

    [Theory]
    [InlineData("""{"address":"mallory"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"DSR-7"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"address":"mallory@example.com","reason":"Mallory@Example.com wants it"}""",
        HttpStatusCode.BadRequest)]
    public async Task What_makes_no_sense_is_told(string request, HttpStatusCode status)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        using var answer = await PostAsync(house.Client(Scopes.Administer), "erasures", request);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Only_an_administrator_may()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        using var answer = await PostAsync(house.Client(Scopes.Read | Scopes.Operate | Scopes.Submit), "erasures",
            """{"address":"mallory@example.com"}""");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static async Task<string> SendAsync(HttpClient client, string to)
    {
        using var content = new StringContent($"Subject: hello {to}\n\nDear {to}\n", Encoding.UTF8, "message/rfc822");
        using var answer = await client.PostAsync($"api/v1/messages?from=jira@example.com&to={to}", content, Cancel);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement;
        return json.GetProperty("id").GetString()!;
    }

    // Captured soon, and erased only then.
    private static async Task<JsonElement> EraseAsync(HttpClient client, string request)
    {
        for (var tries = 0; ; tries++)
        {
            using var answer = await PostAsync(client, "erasures", request);
            var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement;
            if (answer.StatusCode == HttpStatusCode.OK && json.GetProperty("open").GetArrayLength() == 0)
                return json;
            Assert.True(tries < 20_000, json.ToString());
            await Task.Yield();
        }
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string what, string json) =>
        client.PostAsync($"api/v1/{what}", new StringContent(json, Encoding.UTF8, "application/json"), Cancel);
}
