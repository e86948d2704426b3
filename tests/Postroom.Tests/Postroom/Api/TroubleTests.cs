using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Postroom.Api.Access;
using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Program.Api;

public sealed class TroubleTests
{
    private const string Rules = """
        [[sandbox]]
        name = "testers"
        to = ["@qa.example"]
        mode = "live"
        [[route]]
        name = "upstream"
        host = "mail.example.com"
        recipients = ["elsewhere.example"]
        [[trouble]]
        name = "written"
        stage = "data"
        code = 452
        to = ["full@x.example"]
        """;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"stage":"rcpt","code":451}""", HttpStatusCode.OK)]
    [InlineData("""{"stage":"delivery","status":"4.2.2","to":["a@x.example"],"filter":"app:x"}""", HttpStatusCode.OK)]
    [InlineData("""{"stage":"connect","disconnect":true,"percent":12.5}""", HttpStatusCode.OK)]
    [InlineData("""{"stage":"data","delay":900}""", HttpStatusCode.OK)]
    [InlineData("""{"stage":"dinner","code":451}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":250}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"status":"5.1.1"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","status":"4.7"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","text":"no"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"text":"a\r\n250 ok"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"disconnect":true}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","delay":901}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"percent":0}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"until":"2020-01-01T00:00:00Z"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"until":"2120-01-01T00:00:00Z"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"delivery","disconnect":true}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"delivery","code":451,"delay":1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"mail","code":451,"to":["a@x.example"]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"to":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"to":["x.example"]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"filter":"app:jira"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"data","code":451,"filter":"state:held"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"stage":"rcpt","code":451,"inLive":true}""", HttpStatusCode.Forbidden)]
    public async Task What_may_be_set_by_operate(string body, HttpStatusCode status)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        Assert.Equal(status, await SetAsync(house.Client(Scopes.Operate), "test", body));
        var shown = await ShowAsync(house);
        Assert.Equal(status == HttpStatusCode.OK ? 1 : 0, shown.GetProperty("rules").GetArrayLength());
    }

    [Fact]
    public async Task What_is_set_meets_mail_is_counted_on_record_and_over_when_it_is_cleared()
    {
        await using var house = new ApiHouse(Rules);
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        Assert.Equal(HttpStatusCode.OK, await SetAsync(client, "mine",
            """{"stage":"data","code":451,"status":"4.7.1","text":"Greylisted","filter":"from:app@example.com"}"""));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(client, "a@x.example"));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(client, "a@qa.example")); // that could leave
        Assert.Equal(HttpStatusCode.Conflict, await SetAsync(client, "written", """{"stage":"data","code":451}"""));
        Assert.Equal(HttpStatusCode.NotFound, await ClearAsync(client, "written"));
        var rules = (await ShowAsync(house)).GetProperty("rules").EnumerateArray().ToList();
        Assert.Equal(["mine", "written"], rules.Select(one => one.GetProperty("name").GetString()));
        Assert.Equal(("451 4.7.1 Greylisted", 1), (rules[0].GetProperty("reply").GetString(),
            rules[0].GetProperty("made").GetInt32()));

        Assert.Equal(HttpStatusCode.OK, await ClearAsync(client, "mine"));
        Assert.Equal(HttpStatusCode.NotFound, await ClearAsync(client, "mine"));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(client, "a@x.example"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(client, "full@x.example"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(client, "bob+data-451@x.example"));
        Assert.Equal(1, (await ShowAsync(house)).GetProperty("madeByAddresses").GetInt32());

        await house.House.Spool.NoteAsync(new TrailEvent(DateTimeOffset.UtcNow, EventKind.Reloaded, null, null));
        await house.House.Spool.Index.CaughtUpAsync(Patience); // what was noted before is there, too
        var said = house.House.Spool.Index.RelayEvents(100)
            .Where(one => one.Kind is EventKind.TroubleMade or EventKind.TroubleChanged).Select(one => one.Text!)
            .ToList();
        Assert.Equal(5, said.Count);
        Assert.Contains(
            "451 4.7.1 Greylisted at data of a@x.example from 127.0.0.1, made by trouble rule \"mine\"", said);
        Assert.Contains("trouble rule \"mine\" is over", said);
        Assert.Contains("postroom_trouble_made_total{stage=\"data\"} 3",
            await client.GetStringAsync("metrics", Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_all_mail_may_leave_nothing_is_in_trouble_but_by_a_rule_that_says_so()
    {
        await using var house = new ApiHouse(Rules);
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        (await client.PutAsJsonAsync("api/v1/mode", new { mode = "live", reason = "a test" }, Patience))
            .EnsureSuccessStatusCode();
        await SetAsync(client, "mine", """{"stage":"data","code":451,"to":["a@x.example"]}""");
        foreach (var to in (string[])["a@x.example", "full@x.example", "b+data-451@x.example", "b+bounce@x.example"])
            Assert.Equal(HttpStatusCode.Accepted, await SendAsync(client, to));
        await SetAsync(client, "mine", """{"stage":"data","code":451,"to":["a@x.example"],"inLive":true}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(client, "a@x.example"));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(client, "b@x.example"));
    }

    [Fact]
    public async Task A_bounce_by_address_is_reported_and_the_report_captured()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(client, "bob+bounce@x.example"));
        var report = await MessageTests.GetAsync(client,
            "api/v1/messages/wait?filter=to:app@example.com%20state:captured&timeout=60");
        Assert.Single(report.GetProperty("recipients").EnumerateArray());
        var mail = (await MessageTests.GetAsync(client, "api/v1/queue?filter=to:bob")).GetProperty("recipients")[0];
        Assert.Equal("failed", mail.GetProperty("state").GetString());
        var trail = (await MessageTests.GetAsync(client, $"api/v1/mails/{mail.GetProperty("id").GetString()}"))
            .GetProperty("trail").EnumerateArray().ToList();
        Assert.Contains(trail, one => one.GetProperty("kind").GetString() == "troublemade");
    }

    private static async Task<HttpStatusCode> SetAsync(HttpClient client, string name, string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return (await client.PutAsync($"api/v1/trouble/{name}", content, Patience)).StatusCode;
    }

    private static async Task<HttpStatusCode> ClearAsync(HttpClient client, string name) =>
        (await client.DeleteAsync($"api/v1/trouble/{name}", Patience)).StatusCode;

    private static Task<JsonElement> ShowAsync(ApiHouse house) =>
        MessageTests.GetAsync(house.Client(Scopes.Read), "api/v1/trouble");

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, string to) =>
        (await client.PostAsJsonAsync("api/v1/messages",
            new { from = "app@example.com", to = (string[])[to], subject = "x", text = "x" }, Patience)).StatusCode;
}
