using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Postroom.Api.Access;
using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Program.Api;

public sealed class ModeTests
{
    private const string Rules = """
        [[sandbox]]
        name = "testers"
        to = ["@qa.example"]
        mode = "hold"
        """;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Scopes.Read, "hold", HttpStatusCode.Forbidden)]
    [InlineData(Scopes.Operate, "hold", HttpStatusCode.OK)]
    [InlineData(Scopes.Operate, "live", HttpStatusCode.Forbidden)]      // looser than the configuration
    [InlineData(Scopes.Operate, "discard", HttpStatusCode.Forbidden)]   // what it takes nobody brings back
    [InlineData(Scopes.Administer, "live", HttpStatusCode.OK)]
    [InlineData(Scopes.Administer, "redirect", HttpStatusCode.BadRequest)] // the configuration names no mailbox
    [InlineData(Scopes.Administer, "lvie", HttpStatusCode.BadRequest)]
    public async Task Who_may_say_what_becomes_of_mail(Scopes scopes, string mode, HttpStatusCode status)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var answer = await SetAsync(house.Client(scopes), new { mode, reason = "a test" });
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.OK ? mode : "capture", house.House.Status().Mode);
    }

    [Theory]
    [InlineData("""{"mode":"hold"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"mode":"hold","reason":"x","until":"2020-01-01T00:00:00Z"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"mode":"hold","reason":"x","rule":"nobody"}""", HttpStatusCode.NotFound)]
    [InlineData("""{"mode":"hold","reason":"x","filter":"to:alice"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"mode":"hold","reason":"x","filter":"app:jira","rule":"testers"}""", HttpStatusCode.BadRequest)]
    public async Task A_word_that_says_too_little_or_too_much_is_refused(string body, HttpStatusCode status)
    {
        await using var house = new ApiHouse(Rules);
        await house.OpenAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var answer = await house.Client(Scopes.Administer).PutAsync("api/v1/mode", content, Patience);
        Assert.Equal(status, answer.StatusCode);
        Assert.Null(house.House.ModeSet);
    }

    [Fact]
    public async Task What_was_said_is_shown_everywhere_outlives_a_restart_a_reload_and_is_on_record()
    {
        await using var house = new ApiHouse(Rules);
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        await SetAsync(client, new { mode = "live", reason = "only testers", rule = "testers" });
        await SetAsync(client, new { mode = "hold", reason = "restored", until = DateTimeOffset.UtcNow.AddHours(1) });
        await house.CloseAsync();
        await house.OpenAsync();
        Assert.True((await house.House.ReloadAsync("carol", Patience)).Reloaded);
        client = house.Client(Scopes.Administer);

        var shown = await client.GetFromJsonAsync<JsonElement>("api/v1/mode", Patience);
        Assert.Equal(("hold", "capture"), (shown.GetProperty("mode").GetString(),
            shown.GetProperty("configured").GetString()));
        Assert.Equal(["all mail", "rule \"testers\""],
            shown.GetProperty("overrides").EnumerateArray().Select(one => one.GetProperty("for").GetString()));
        foreach (var path in (string[])["api/v1/status", "api/v1/queue"])
            Assert.Equal("restored", (await client.GetFromJsonAsync<JsonElement>(path, Patience))
                .GetProperty("modeSet").GetProperty("reason").GetString());
        var metrics = await client.GetStringAsync("metrics", Patience);
        Assert.Contains("postroom_mode{mode=\"hold\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("postroom_mode{mode=\"capture\"} 0", metrics, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, (await client.DeleteAsync("api/v1/mode", Patience)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync("api/v1/mode", Patience)).StatusCode);
        Assert.Equal("capture", house.House.Status().Mode);
        await house.House.Spool.Index.CaughtUpAsync(Patience);
        var said = house.House.Spool.Index.RelayEvents(100).Where(one => one.Kind == EventKind.ModeChanged)
            .Select(one => one.Text!).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(3, said.Count);
        Assert.StartsWith("as the configuration says again for all mail (was hold)", said[0], StringComparison.Ordinal);
        Assert.StartsWith("hold for all mail until ", said[1], StringComparison.Ordinal);
        Assert.Equal("live for rule \"testers\": only testers", said[2]);
    }

    [Fact]
    public async Task What_is_discarded_leaves_its_record_and_what_came_after_its_time_is_captured()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        await SetAsync(client, new { mode = "discard", reason = "a job runs wild" });
        var id = await SendAsync(client);
        var gone = await MessageTests.GetAsync(client,
            $"api/v1/messages/wait?filter=id:{id}%20state:cancelled&timeout=60");
        Assert.Contains("discard, set for all mail by token:for-administer: a job runs wild",
            gone.GetProperty("recipients")[0].GetProperty("last").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"api/v1/mails/{id}", Patience)).StatusCode);

        var until = DateTimeOffset.UtcNow.AddMilliseconds(200);
        await SetAsync(client, new { mode = "discard", reason = "x", until });
        while (house.House.Status().Mode == "discard")
            await Task.Yield();
        var kept = await SendAsync(client);
        await MessageTests.GetAsync(client, $"api/v1/messages/wait?filter=id:{kept}%20state:captured&timeout=60");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"api/v1/mails/{kept}/raw", Patience)).StatusCode);
    }

    private static async Task<string> SendAsync(HttpClient client)
    {
        var taken = await client.PostAsJsonAsync("api/v1/messages",
            new { from = "app@example.com", to = (string[])["tess@qa.example"], subject = "x", text = "x" }, Patience);
        return (await taken.Content.ReadFromJsonAsync<JsonElement>(Patience)).GetProperty("id").GetString()!;
    }

    private static Task<HttpResponseMessage> SetAsync(HttpClient client, object said) =>
        client.PutAsJsonAsync("api/v1/mode", said, Patience);
}
