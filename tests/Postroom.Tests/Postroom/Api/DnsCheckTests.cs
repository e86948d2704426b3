using System.Net;
using System.Text.Json;
using Postroom.Api.Access;
using Postroom.Cli;
using Postroom.Tests.Mail.Authentication;
using Postroom.Tests.Relay.Dns;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>What only DNS knows of a mail: asked where a person asks for it, and else not.</summary>
public sealed class DnsCheckTests
{
    private const string Mail = "From: Jira <jira@example.com>\nTo: alice@partner.example\nSubject: Hello\n"
        + "Date: Sun, 29 Nov 2026 06:00:00 +0000\nMessage-ID: <a@example.com>\n\nHello\n";

    private const string Zone = "example.com TXT v=spf1 include:_spf.example.com ~all\n"
        + "_spf.example.com TXT v=spf1 ip4:192.0.2.0/24 -all\n_dmarc.example.com TXT v=DMARC1; p=reject\n";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_asked_of_dns_unless_somebody_asks_for_it()
    {
        await using var server = ScriptedDns.Of(Zone);
        await using var house = Of(server);
        var (id, client) = await SendAsync(house);
        var offline = await MessageTests.GetAsync(client, $"api/v1/mails/{id}/checks");
        Assert.Equal(0, (await house.RunAsync("inbox", "check", id)).Code);
        Assert.Empty(server.Asked);
        Assert.Contains("spf-domain", Names(offline));
        Assert.False(offline.TryGetProperty("results", out _));

        var asked = await MessageTests.GetAsync(client, $"api/v1/mails/{id}/checks?dns=true&ip=192.0.2.7");
        Assert.NotEmpty(server.Asked);
        Assert.Equal(server.Asked.Count, asked.GetProperty("questions").GetInt32());
        Assert.Equal("spf=pass smtp.mailfrom=example.com; dkim=none; dmarc=pass header.from=example.com",
            MessageTests.Text(asked, "results"));
        Assert.DoesNotContain("spf-domain", Names(asked));
        Assert.Equal("SPF passes for 192.0.2.7: include:_spf.example.com of the record of example.com matches (1 of 10 "
            + "lookups).", What(asked, "spf"));
    }

    [Fact]
    public async Task Without_an_address_the_record_is_looked_at_and_with_a_wrong_one_it_says_what_to_do()
    {
        await using var server = ScriptedDns.Of(Zone);
        await using var house = Of(server);
        var (id, client) = await SendAsync(house);
        var (code, open) = await house.RunAsync("inbox", "check", id, "--dns");
        Assert.Equal(0, code);
        var flat = string.Join(' ', open.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("from which address does the mail reach them?", flat, StringComparison.Ordinal);
        Assert.Contains("asks DNS at most 1 times of 10; it includes _spf.example.com.", flat,
            StringComparison.Ordinal);

        var wrong = await house.RunAsync("inbox", "check", id, "--dns", "--ip", "8.8.8.8");
        flat = string.Join(' ', wrong.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((int)ExitCode.NothingFound, wrong.Code);
        Assert.Contains("add ip4:8.8.8.8, or the include: of the provider", flat, StringComparison.Ordinal);
        Assert.Contains("problem dmarc: DMARC fails: neither SPF nor a signature passes. The record of example.com "
            + "asks receivers to refuse it (reject).", flat, StringComparison.Ordinal);
        Assert.Contains("spf=softfail smtp.mailfrom=example.com; dkim=none; dmarc=fail header.from=example.com", flat,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dns=yes", HttpStatusCode.BadRequest)]
    [InlineData("ip=192.0.2.1", HttpStatusCode.BadRequest)]
    [InlineData("dns=true&ip=example.com", HttpStatusCode.BadRequest)]
    [InlineData("dns=true&ip=25", HttpStatusCode.BadRequest)]
    [InlineData("dns=true&ip=fe80::1%251", HttpStatusCode.BadRequest)]
    public async Task What_is_wrong_is_said(string query, HttpStatusCode status)
    {
        await using var server = ScriptedDns.Of(Zone);
        await using var house = Of(server);
        var (id, client) = await SendAsync(house);
        using var answer = await client.GetAsync($"api/v1/mails/{id}/checks?{query}", Cancel);
        Assert.Equal(status, answer.StatusCode);
        using var reader = await house.Client(Scopes.Read).GetAsync($"api/v1/mails/{id}/checks?dns=true", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, reader.StatusCode);
        Assert.Equal((int)ExitCode.Usage, (await house.RunAsync("inbox", "check", id, "--ip", "192.0.2.1")).Code);
        Assert.Empty(server.Asked);
    }

    [Fact]
    public async Task A_server_that_fails_is_said_and_the_rest_of_the_checks_is_there()
    {
        await using var server = new ScriptedDns(heard => [new Answering(heard) { Code = 2 }.Octets()]);
        await using var house = Of(server);
        var (id, client) = await SendAsync(house);
        var asked = await MessageTests.GetAsync(client, $"api/v1/mails/{id}/checks?dns=true&ip=192.0.2.7");
        Assert.Equal("spf=temperror smtp.mailfrom=example.com; dkim=none; dmarc=temperror header.from=example.com",
            MessageTests.Text(asked, "results"));
        Assert.Contains("SERVFAIL", What(asked, "spf"), StringComparison.Ordinal);
        Assert.Contains("dkim-none", Names(asked));
    }

    private static ApiHouse Of(ScriptedDns server) => new($"[dns]\nservers = [\"{server.Place}\"]");

    private static List<string> Names(JsonElement checks) =>
        [.. checks.GetProperty("findings").EnumerateArray().Select(one => MessageTests.Text(one, "name"))];

    private static string What(JsonElement checks, string name) => MessageTests.Text(
        checks.GetProperty("findings").EnumerateArray().First(one => MessageTests.Text(one, "name") == name), "what");

    private static async Task<(string Id, HttpClient Client)> SendAsync(ApiHouse house)
    {
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var (status, answer) = await MessageTests.PostAsync(client, Mail, "message/rfc822",
            "?from=jira@example.com&to=alice@partner.example");
        Assert.Equal(HttpStatusCode.Accepted, status);
        while (house.House.Status().Counts["captured"] == 0)
            await Task.Yield();
        return (MessageTests.Text(answer, "id"), client);
    }
}
