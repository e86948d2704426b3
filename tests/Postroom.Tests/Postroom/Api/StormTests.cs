using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Postroom.Api.Access;
using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Program.Api;

public sealed class StormTests
{
    // Mail to testers may leave, and no route takes it: what no storm holds is held for want of one.
    private const string Rules = """
        [storm]
        learn = "0s"
        messages = 10
        exempt = ["from:quiet@example.com"]
        [[sandbox]]
        name = "testers"
        to = ["@qa.example"]
        mode = "live"
        [[route]]
        name = "upstream"
        host = "mail.example.com"
        recipients = ["elsewhere.example"]
        """;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Scopes.Read, "release", """{}""", HttpStatusCode.Forbidden)]
    [InlineData(Scopes.Operate, "release", """{}""", HttpStatusCode.OK)]
    [InlineData(Scopes.Operate, "release", """{"slowly":0}""", HttpStatusCode.BadRequest)]
    [InlineData(Scopes.Operate, "release", """{"slowly":60,"dryRun":true}""", HttpStatusCode.OK)]
    [InlineData(Scopes.Operate, "release", """{"count":1}""", HttpStatusCode.Conflict)]
    [InlineData(Scopes.Operate, "thin", """{"dryRun":true}""", HttpStatusCode.Forbidden)]
    [InlineData(Scopes.Administer, "thin", """{}""", HttpStatusCode.BadRequest)]
    [InlineData(Scopes.Administer, "thin", """{"count":29}""", HttpStatusCode.Conflict)]
    [InlineData(Scopes.Administer, "discard", """{}""", HttpStatusCode.BadRequest)]
    [InlineData(Scopes.Administer, "discard", """{"dryRun":true}""", HttpStatusCode.OK)]
    public async Task Who_may_decide_what_and_how_much_they_have_to_know(
        Scopes scopes, string action, string body, HttpStatusCode status)
    {
        await using var house = new ApiHouse(Rules);
        await house.OpenAsync();
        var held = await BlowAsync(house);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var answer = await house.Client(scopes).PostAsync($"api/v1/storms/1/{action}", content, Patience);
        Assert.Equal(status, answer.StatusCode);
        if (status != HttpStatusCode.OK || body.Contains("dryRun", StringComparison.Ordinal))
            Assert.Equal(held, (await ShowAsync(house)).GetProperty("held").GetInt32());
    }

    [Fact]
    public async Task What_is_held_is_shown_thinned_and_on_record_by_whom()
    {
        await using var house = new ApiHouse(Rules);
        await house.OpenAsync();
        var held = await BlowAsync(house);
        var client = house.Client(Scopes.Administer); // after: a token of the same name takes its place
        var shown = await ShowAsync(house);
        Assert.Equal((1, 4, 5), (shown.GetProperty("id").GetInt32(), shown.GetProperty("addresses").GetInt32(),
            shown.GetProperty("sample").GetArrayLength()));
        Assert.Contains("postroom_storms 1", await client.GetStringAsync("metrics", Patience),
            StringComparison.Ordinal);

        var refused = await house.RunAsync("storm", "thin", "1");
        Assert.Contains($"then say --count {held}, or --yes", refused.Output, StringComparison.Ordinal);
        Assert.Equal(2, refused.Code);
        var dry = await house.RunAsync("storm", "thin", "1", "--dry-run");
        Assert.Contains($"4 would be released and {held - 4} would be cancelled", dry.Output,
            StringComparison.Ordinal);
        Assert.Equal(0, (await house.RunAsync("storm", "thin", "1", "--count", $"{held}")).Code);
        var after = await ShowAsync(house);
        Assert.Equal(0, after.GetProperty("held").GetInt32());
        Assert.StartsWith("thinned by ", after.GetProperty("decision").GetString(), StringComparison.Ordinal);
        await house.House.Spool.NoteAsync(new TrailEvent(DateTimeOffset.UtcNow, EventKind.Reloaded, null, null));
        await house.House.Spool.Index.CaughtUpAsync(Patience);
        Assert.Contains(house.House.Spool.Index.RelayEvents(100), one => one.Kind == EventKind.StormDecided
            && one.Who is not null && one.Text!.Contains($"4 recipients released, {held - 4} cancelled"));
        Assert.Equal(HttpStatusCode.NotFound,
            (await client.GetAsync("api/v1/storms/2", Patience)).StatusCode);
    }

    [Fact]
    public async Task What_is_captured_or_exempt_is_nobodys_storm()
    {
        await using var house = new ApiHouse(Rules);
        await house.OpenAsync();
        for (var i = 0; i < 30; i++)
        {
            await SendAsync(house, $"Alert {i} of srv", "captured@x.example");
            await SendAsync(house, $"Alert {i} of srv", "a@qa.example", "quiet@example.com");
        }

        Assert.Equal(1, (await house.RunAsync("storm")).Code);
    }

    private static async Task<int> BlowAsync(ApiHouse house)
    {
        for (var i = 0; i < 40; i++)
            await SendAsync(house, $"Alert {i} of srv", $"p{i % 4}@qa.example");
        await house.House.Spool.Index.CaughtUpAsync(Patience);
        while ((await MessageTests.GetAsync(house.Client(Scopes.Read), "api/v1/queue?filter=state:held&exact=true"))
            .GetProperty("total").GetInt32() < 40)
            await house.House.Spool.Index.CaughtUpAsync(Patience);
        var held = (await ShowAsync(house)).GetProperty("held").GetInt32();
        Assert.InRange(held, 31, 40); // nine before it was noticed, or fewer: those that were still waiting are of it
        return held;
    }

    private static Task<JsonElement> ShowAsync(ApiHouse house) =>
        MessageTests.GetAsync(house.Client(Scopes.Read), "api/v1/storms/1");

    private static async Task SendAsync(ApiHouse house, string subject, string to, string from = "app@example.com") =>
        Assert.Equal(HttpStatusCode.Accepted, (await house.Client(Scopes.Administer).PostAsJsonAsync("api/v1/messages",
            new { from, to = (string[])[to], subject, text = "x" }, Patience)).StatusCode);
}
