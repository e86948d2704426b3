using System.Net;
using System.Text;
using System.Text.Json;
using Postroom.Api.Access;
using Postroom.Api.Replays;
using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Xunit;
using static Postroom.Tests.Program.Api.MessageTests;

namespace Postroom.Tests.Program.Api;

/// <summary>Mail that came to nothing, or was lost by others, is handed over once more, and not twice.</summary>
public sealed class ReplayTests : IAsyncLifetime
{
    // What bounces here is made to: no mail leaves. Then it is live, and what no route takes is held.
    private const string Rules =
        """
        [[route]]
        name = "elsewhere"
        host = "127.0.0.1"
        port = 9
        tls = "none"
        recipients = ["elsewhere.example.com"]
        [[sandbox]]
        name = "kept"
        to = ["kept@example.com"]
        mode = "capture"
        [[sandbox]]
        name = "rest"
        to = ["*@example.com"]
        mode = "capture"
        """;

    private readonly ApiHouse _house = new(Rules);
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        await _house.OpenAsync();
        _client = _house.Client(Scopes.Administer);
    }

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Theory]
    [InlineData(State.Delivered, null, null)]
    [InlineData(State.Failed, null, null)]
    [InlineData(State.Expired, null, null)]
    [InlineData(State.Waiting, "open", null)]
    [InlineData(State.Trying, "open", null)]
    [InlineData(State.Held, "open", null)]
    [InlineData(State.Captured, "captured", null)]
    [InlineData(State.Suppressed, "unsent", null)]
    [InlineData(State.Cancelled, "unsent", "unsent")]
    public void What_may_still_go_as_itself_does_not_go_as_a_replay(State state, string? same, string? others)
    {
        Assert.Equal(same, ReplayChoice.Against(state, toOthers: false)?.Reason);
        Assert.Equal(others, ReplayChoice.Against(state, toOthers: true)?.Reason);
    }

    [Fact]
    public async Task Each_goes_once_however_often_and_by_whomever_it_is_asked_for_and_both_timelines_say_so()
    {
        var mail = await BouncedAsync("a+bounce@example.com", "b+bounce@example.com");
        await LiveAsync();
        var dry = await DoneAsync("""{"filter":"state:failed","dryRun":true}""");
        Assert.Equal((2, mail), (Number(dry, "matched"), Text(dry.GetProperty("replayed")[0], "of")));
        Assert.Equal(0, await CountAsync("is:replay"));

        // Those that match, and not the mail whole: afterwards the other is not taken for done.
        var first = await DoneAsync("""{"filter":"state:failed to:a+bounce","count":1,"why":"lost"}""");
        var one = Text(Assert.Single(first.GetProperty("replayed").EnumerateArray()), "id");
        var rest = await DoneAsync("""{"filter":"state:failed","count":2}""");
        Assert.Equal(["b+bounce@example.com"], To(rest.GetProperty("replayed")[0]));
        Assert.Equal(["a+bounce@example.com"], To(Left(rest, "replayed")[0]));
        using var other = _house.Client(Scopes.Operate);
        foreach (var who in (HttpClient[])[_client, other])
            Assert.Equal(0, (await DoneAsync("""{"filter":"state:failed","count":2}""", who))
                .GetProperty("replayed").GetArrayLength());
        Assert.Equal(2, await CountAsync("is:replay"));

        var shown = await GetAsync(_client, $"api/v1/mails/{one}");
        Assert.Equal((mail, "shop@example.com"), (Text(shown.GetProperty("replayOf"), "id"), Text(shown, "from")));
        Assert.Equal($"of {mail}: lost", Told(shown)[0]);
        var original = await GetAsync(_client, $"api/v1/mails/{mail}");
        Assert.Equal($"as {one} to a+bounce@example.com: lost", Told(original)[0]);
        Assert.Contains(one, original.GetProperty("replayedAs").EnumerateArray().Select(static id => id.GetString()));
        Assert.Contains($"Replay of    {mail}", (await _house.RunAsync("queue", "show", one)).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_who_ask_at_once_do_not_double()
    {
        for (var i = 0; i < 20; i++)
            await BouncedAsync($"p{i}+bounce@example.com");
        await LiveAsync();
        var done = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            DoneAsync("""{"filter":"state:failed","count":20}""")));
        Assert.Equal(20, done.Sum(static one => one.GetProperty("replayed").GetArrayLength()));
        Assert.Equal(20, await CountAsync("is:replay"));
    }

    [Fact]
    public async Task A_replay_is_not_replayed_unless_it_is_named_nor_is_a_copy()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        await LiveAsync();
        var replay = Text((await DoneAsync($$"""{"ids":["{{mail}}"]}""")).GetProperty("replayed")[0], "id");
        await DirectAsync("cancel", replay);
        var both = await DoneAsync("""{"filter":"to:a+bounce","count":1,"to":["c@example.com"]}""");
        Assert.Equal([mail], both.GetProperty("replayed").EnumerateArray().Select(static one => Text(one, "of")));
        Assert.Equal([replay], Left(both, "replay").Select(static one => Text(one, "of")));
        var named = await DoneAsync($$"""{"ids":["{{replay}}"],"to":["c@example.com"]}""");
        Assert.Equal("unsent", Text(Assert.Single(named.GetProperty("left").EnumerateArray()), "reason"));
    }

    [Fact]
    public async Task Again_has_a_name_and_a_reason_and_is_once_too()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        await LiveAsync();
        await DoneAsync($$"""{"ids":["{{mail}}"]}""");
        var again = $$"""{"ids":["{{mail}}"],"again":"second","why":"the first was lost too"}""";
        Assert.Equal(1, (await DoneAsync(again)).GetProperty("replayed").GetArrayLength());
        Assert.Equal(0, (await DoneAsync(again)).GetProperty("replayed").GetArrayLength());
        Assert.Equal(2, await CountAsync($"replay:{mail}"));
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(again.Replace("the first was lost too", " "))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(again.Replace("second", "a b"))).Status);
    }

    [Fact]
    public async Task The_rules_are_asked_and_what_they_keep_is_said()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        var kept = await DoneAsync($$"""{"ids":["{{mail}}"]}""");
        Assert.Equal("capture by sandbox rule \"rest\": capture", Text(Left(kept, "rule")[0], "says"));
        await LiveAsync();
        Assert.Equal("capture by sandbox rule \"kept\": capture", Text(Left(
            await DoneAsync($$"""{"ids":["{{mail}}"],"to":["kept@example.com"]}"""), "rule")[0], "says"));
        Assert.Equal(0, await CountAsync("is:replay"));
        await SuppressAsync("a+bounce@example.com");
        Assert.Single(Left(await DoneAsync($$"""{"ids":["{{mail}}"]}"""), "suppressed"));
        Assert.Equal(0, await CountAsync("is:replay"));
    }

    [Fact]
    public async Task A_named_route_is_taken_whatever_fits_and_one_that_is_not_there_is_refused()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        await LiveAsync();
        var (status, answer) = await PostAsync($$"""{"ids":["{{mail}}"],"by":"backup"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("The routes are elsewhere.", Text(answer, "detail"), StringComparison.Ordinal);
        await DoneAsync($$"""{"ids":["{{mail}}"],"by":"elsewhere"}""");
        Assert.Equal(1, await CountAsync("is:replay route:elsewhere"));
        await DoneAsync($$"""{"ids":["{{mail}}"]}"""); // by another route it is another
        Assert.Equal(2, await CountAsync("is:replay"));
    }

    [Fact]
    public async Task What_was_replayed_before_the_index_or_the_note_was_there_is_found_and_told()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        await LiveAsync();
        await _house.House.Spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        var replay = Text((await DoneAsync($$"""{"ids":["{{mail}}"]}""")).GetProperty("replayed")[0], "id");
        await _house.CloseAsync();
        foreach (var file in Directory.GetFiles(_house.Data, "ledger.db*"))
            File.Delete(file);
        await _house.OpenAsync();
        var again = await DoneAsync($$"""{"ids":["{{mail}}"]}""");
        Assert.Equal($"it was replayed as {replay}", Text(Left(again, "replayed")[0], "says"));
        Assert.Single(Told(await GetAsync(_client, $"api/v1/mails/{mail}"))); // told before, and not once more
    }

    [Fact]
    public async Task What_was_taken_before_a_kill_and_not_noted_is_not_taken_again_and_both_are_told()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        await LiveAsync();
        var spool = _house.House.Spool;
        using var body = spool.OpenBody();
        "Subject: x\r\n\r\nhello\r\n"u8.CopyTo(body.GetSpan(21));
        body.Advance(21);
        Assert.True(MailId.TryParse(mail, out var id));
        var taken = await spool.AcceptAsync(new Draft(
            new Envelope(ReversePath.Null, [new Recipient(new ForwardPath("A+bounce@example.com"))]),
            new Origin("api", "127.0.0.1", null, null, "HTTP") { Replay = new Replay(id, null, null) },
            HeaderFacts.None, body) { TraceBlock = static (_, _) => new Front([]) },
            TestContext.Current.CancellationToken);
        var replay = taken.Receipt!.Id.ToString();
        var again = await DoneAsync($$"""{"ids":["{{mail}}"],"why":"lost"}""");
        Assert.Equal($"it was replayed as {replay}", Text(Left(again, "replayed")[0], "says"));
        await DoneAsync($$"""{"ids":["{{mail}}"],"why":"lost"}"""); // and once
        Assert.Equal([$"as {replay} to A+bounce@example.com: lost"],
            Told(await GetAsync(_client, $"api/v1/mails/{mail}")));
        Assert.Equal([$"of {mail}: lost"], Told(await GetAsync(_client, $"api/v1/mails/{replay}")));
    }

    [Fact]
    public async Task What_has_no_bytes_any_more_is_said_by_the_look_as_by_the_replay()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        await LiveAsync();
        foreach (var file in Directory.GetFiles(Path.Combine(_house.Data, "journal")))
        {
            await using var octets = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var all = new byte[octets.Length];
            await octets.ReadExactlyAsync(all, TestContext.Current.CancellationToken);
            if (all.AsSpan().IndexOf("hello, nobody keeps this"u8) is not (>= 0 and var at))
                continue;
            octets.Position = at;
            await octets.WriteAsync(new byte[24], TestContext.Current.CancellationToken); // as a hole reads
        }

        foreach (var dry in (string[])["true", "false"])
        {
            var done = await DoneAsync($$"""{"ids":["{{mail}}"],"dryRun":{{dry}}}""");
            Assert.Equal(mail, Text(Assert.Single(Left(done, "bytes")), "of"));
            Assert.Equal(0, done.GetProperty("replayed").GetArrayLength());
        }

        Assert.Equal(0, await CountAsync("is:replay"));
    }

    [Fact]
    public async Task Pages_hold_whole_mails_and_together_all_of_them()
    {
        for (var i = 0; i < 5; i++)
            await BouncedAsync($"a{i}+bounce@example.com", $"b{i}+bounce@example.com");
        await LiveAsync();
        var (after, all) = ("", new List<string>());
        do
        {
            var page = await DoneAsync($$"""{"filter":"state:failed","count":10,"most":2,"after":"{{after}}"}""");
            Assert.All(page.GetProperty("replayed").EnumerateArray(), static one => Assert.Equal(2, To(one).Count));
            all.AddRange(page.GetProperty("replayed").EnumerateArray().Select(static one => Text(one, "of")));
            after = page.TryGetProperty("next", out var next) ? next.GetString()! : "";
        }
        while (after.Length > 0);
        Assert.Equal(5, all.Distinct().Count());
        Assert.Equal(5, all.Count);
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.BadRequest)]
    [InlineData("""{"filter":"state:failed"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"filter":"state:failed","count":7}""", HttpStatusCode.Conflict)]
    [InlineData("""{"filter":"state:failed","ids":["06AMCZHCB0000"]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"ids":["06AMCZHCB0000"]}""", HttpStatusCode.NotFound)]
    [InlineData("""{"filter":"state:gone"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"filter":"state:failed","count":0,"to":["nobody"]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"filter":"state:failed","count":0,"most":0}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"filter":"state:failed","count":0,"after":"x"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"filter":"replay:x","count":0}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"filter":"state:failed","count":0}""", HttpStatusCode.OK)]
    [InlineData("""{"all":true,"dryRun":true}""", HttpStatusCode.OK)]
    public async Task What_is_not_said_whole_is_refused_whole(string body, HttpStatusCode status) =>
        Assert.Equal(status, (await PostAsync(body)).Status);

    [Fact]
    public async Task Whoever_only_reads_replays_nothing()
    {
        using var reader = _house.Client(Scopes.Read | Scopes.Submit);
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var answer = await reader.PostAsync("api/v1/replays", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task The_command_line_looks_first_and_does_it_when_it_is_told_how_many()
    {
        var mail = await BouncedAsync("a+bounce@example.com");
        await LiveAsync();
        var (code, output) = await _house.RunAsync("replay", "state:failed");
        Assert.Equal(2, code);
        Assert.Contains("To be replayed: 1 mail to 1 recipient", output, StringComparison.Ordinal);
        Assert.Contains("say --count 1", output, StringComparison.Ordinal);
        Assert.Equal(0, (await _house.RunAsync("replay", "state:failed", "--dry-run")).Code);
        Assert.Equal(1, (await _house.RunAsync("replay", "state:failed", "--count", "2")).Code);
        Assert.Equal(0, await CountAsync("is:replay"));
        (code, output) = await _house.RunAsync("replay", "state:failed", "--count", "1");
        Assert.Equal(0, code);
        Assert.Contains($"  {mail} → ", output, StringComparison.Ordinal);
        (code, output) = await _house.RunAsync("replay", "state:failed", "--yes");
        Assert.Equal(0, code);
        Assert.Contains("Left out, replayed already: 1 recipient", output, StringComparison.Ordinal);
        Assert.Equal(65, (await _house.RunAsync("replay", mail, "--by", "backup")).Code);
        Assert.Equal(2, (await _house.RunAsync("replay")).Code);
    }

    private async Task<string> BouncedAsync(params string[] to)
    {
        var all = string.Join(',', to.Select(static one => $"\"{one}\""));
        var letter = $$"""
            {"from":"news@example.com","sender":"shop@example.com","to":[{{all}}],
            "subject":"(P-1) x","text":"hello, nobody keeps this"}
            """;
        var id = Text((await MessageTests.PostAsync(_client, letter, "application/json")).Answer, "id");
        while (await CountAsync($"state:failed id:{id}") < to.Length)
            await Task.Yield();
        return id;
    }

    private async Task LiveAsync()
    {
        using var content = new StringContent("""{"mode":"live","rule":"rest","reason":"a test"}""", Encoding.UTF8,
            "application/json");
        (await _client.PutAsync("api/v1/mode", content, TestContext.Current.CancellationToken))
            .EnsureSuccessStatusCode();
        while (await CountAsync("-is:replay state:waiting,trying") > 0)
            await Task.Yield();
        await DirectAsync("cancel", "", "state:held,waiting"); // reports of what bounced
    }

    private async Task DirectAsync(string action, string id, string? filter = null)
    {
        using var content = new StringContent(
            filter is null ? $$"""{"ids":["{{id}}"]}""" : $$"""{"filter":"{{filter}}"}""", Encoding.UTF8,
            "application/json");
        (await _client.PostAsync($"api/v1/queue/{action}", content, TestContext.Current.CancellationToken))
            .EnsureSuccessStatusCode();
    }

    private async Task SuppressAsync(string address)
    {
        using var content = new StringContent($$"""{"addresses":["{{address}}"],"reason":"a test"}""", Encoding.UTF8,
            "application/json");
        (await _client.PostAsync("api/v1/suppressions", content, TestContext.Current.CancellationToken))
            .EnsureSuccessStatusCode();
    }

    private async Task<long> CountAsync(string filter) => Number(await GetAsync(_client,
        $"api/v1/queue?exact=true&filter={Uri.EscapeDataString(filter)}"), "total");

    private async Task<JsonElement> DoneAsync(string body, HttpClient? who = null)
    {
        var (status, answer) = await PostAsync(body, who);
        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        return answer;
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string body, HttpClient? who = null)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await (who ?? _client).PostAsync("api/v1/replays", content,
            TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonDocument.Parse(
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement);
    }

    private static List<JsonElement> Left(JsonElement answer, string reason) =>
        [.. answer.GetProperty("left").EnumerateArray().Where(one => Text(one, "reason") == reason)];

    private static List<string> To(JsonElement of) =>
        [.. of.GetProperty("to").EnumerateArray().Select(static to => to.GetString()!)];

    private static long Number(JsonElement of, string name) => of.GetProperty(name).GetInt64();

    private static List<string> Told(JsonElement mail) => [.. mail.GetProperty("trail").EnumerateArray()
        .Where(static e => Text(e, "kind") == "replayed").Select(static e => Text(e, "text"))];
}
