using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Postroom.Api;
using Postroom.Api.Access;
using Postroom.Host;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>Who gets in by TCP, and to what.</summary>
public sealed class GateTests
{
    [Fact]
    public async Task Each_operation_is_for_who_has_its_scope_and_for_nobody_else()
    {
        await using var house = new ApiHouse("requests_per_second = 10000");
        await house.OpenAsync();
        foreach (var scope in (Scopes[])[Scopes.None, .. Enum.GetValues<Scopes>().Skip(1)])
        {
            var client = house.Client(scope);
            foreach (var operation in Operations.All)
            {
                var path = operation.Path.EndsWith("/wait", StringComparison.Ordinal)
                    ? operation.Path + "?timeout=1" : operation.Path;
                var status = await StatusAsync(client, operation.Method, path);
                var isLetIn = status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden);
                Assert.True(isLetIn == Expected(scope, operation.Needs),
                    $"{scope} at {operation.Method} {operation.Path}: {status}");
            }
        }
    }

    [Fact]
    public async Task What_is_no_token_of_ours_is_told_so()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.None);
        using (var none = await client.GetAsync("api/v1/status", TestContext.Current.CancellationToken))
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (none.StatusCode, Field(none)));
        foreach (var shown in new[] { "postroom_x", "", "postroom_" + new string('A', 43) })
        {
            client.DefaultRequestHeaders.Remove("Authorization");
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {shown}");
            using var wrong = await client.GetAsync("api/v1/status", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
            Assert.StartsWith("Bearer", Field(wrong), StringComparison.Ordinal);
        }

        var (_, gone) = house.Tokens.Make("gone", Scopes.Read, null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", gone);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "GET", "/api/v1/status"));
        Assert.Equal(DateOnly.FromDateTime(DateTime.UtcNow), Assert.Single(house.Tokens.List()).UsedOn);
        house.Tokens.Remove("gone");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "GET", "/api/v1/status"));
    }

    [Theory]
    [InlineData("Host: relay.evil.example", 421)] // a name that an attacker made stand for 127.0.0.1
    [InlineData("Host: relay.evil.example:8025", 421)]
    [InlineData("Host: ", 421)]
    [InlineData("Host: localhost", 200)]
    [InlineData("Host: LOCALHOST:9", 200)]
    [InlineData("Host: [::1]:8025", 200)]
    [InlineData("Host: relay.example.test", 200)]
    [InlineData("Host: mail.example.test", 200)] // as configured
    [InlineData("Host: localhost\r\nOrigin: http://localhost", 200)]
    [InlineData("Host: localhost\r\nOrigin: https://localhost", 403)]
    [InlineData("Host: localhost\r\nOrigin: http://localhost:3000", 403)]
    [InlineData("Host: localhost\r\nOrigin: http://evil.example", 403)]
    [InlineData("Host: localhost\r\nOrigin: null", 403)]
    [InlineData("Host: localhost\r\nSec-Fetch-Site: cross-site", 403)]
    [InlineData("Host: localhost\r\nSec-Fetch-Site: same-site", 403)]
    [InlineData("Host: localhost\r\nSec-Fetch-Site: none", 200)]
    public async Task A_page_in_a_browser_gets_nothing(string fields, int status)
    {
        await using var house = new ApiHouse("hosts = [\"mail.example.test\"]");
        await house.OpenAsync();
        var (_, token) = house.Tokens.Make("page", Scopes.Administer, null);
        foreach (var path in new[] { "/api/v1/status", "/healthz" })
        {
            var answer = await house.SayAsync(
                $"GET {path} HTTP/1.1\r\n{fields}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("Access-Control", answer, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_page_may_not_even_ask_whether_it_may()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var answer = await house.SayAsync("OPTIONS /api/v1/reload HTTP/1.1\r\nHost: localhost\r\n"
            + "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nAllow: POST\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Access-Control", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Who_asks_too_often_has_to_wait_and_nobody_else_has_to()
    {
        await using var house = new ApiHouse("requests_per_second = 1");
        await house.OpenAsync();
        var (busy, calm) = (house.Client(Scopes.Read), house.Client(Scopes.Administer));
        List<HttpStatusCode> got = [];
        for (var i = 0; i < 4; i++)
            got.Add(await StatusAsync(busy, "GET", "/api/v1/calendar"));
        Assert.Equal(HttpStatusCode.OK, got[0]);
        Assert.Contains(HttpStatusCode.TooManyRequests, got);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(calm, "GET", "/api/v1/calendar"));
        Assert.Equal(0, (await house.RunAsync("status")).Code); // the command line is no stranger
    }

    [Fact]
    public async Task With_TLS_there_is_nothing_in_the_clear()
    {
        await using var house = new ApiHouse("tls = true");
        await house.OpenAsync();
        var client = house.Client(Scopes.Read, "https");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "GET", "/api/v1/status"));
        client.DefaultRequestHeaders.Add("Origin", $"https://127.0.0.1:{house.Port}");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "GET", "/api/v1/status"));
        Assert.Equal("", await house.SayAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        Assert.True((await house.House.ReloadAsync("a test", CancellationToken.None)).Reloaded);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "GET", "/api/v1/status"));
    }

    [Fact]
    public async Task An_address_that_is_taken_is_told()
    {
        await using var house = new ApiHouse();
        using var other = new TcpListener(IPAddress.Loopback, house.Port);
        other.Start();
        var e = await Assert.ThrowsAsync<CannotListenException>(house.OpenAsync);
        Assert.Contains($"[api] address 127.0.0.1:{house.Port} cannot be opened", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/api/v1/queue/retry", "text/plain", "{}", 415)]
    [InlineData("POST", "/api/v1/queue/retry", "application/json", "{", 400)]
    [InlineData("POST", "/api/v1/queue/retry", "application/json; charset=utf-8", "{\"filter\":\"to:x\"}", 200)]
    [InlineData("GET", "/api/v1/queue?filter=a&filter=b", null, "", 400)]
    [InlineData("GET", "/api/v1/nothing", null, "", 404)]
    [InlineData("DELETE", "/api/v1/status", null, "", 405)]
    [InlineData("PUT", "/api/v1/tokens/NAME", "application/json", "{\"scopes\":[\"read\"]}", 400)]
    [InlineData("PUT", "/api/v1/tokens/x", "application/json", "{\"scopes\":[\"all\"]}", 400)]
    [InlineData("PUT", "/api/v1/tokens/x", "application/json", "{\"scopes\":[]}", 400)]
    [InlineData("PUT", "/api/v1/tokens/x", "application/json", "{\"scopes\":[\"read\"],\"expires\":\"2020-01-01\"}",
        400)]
    [InlineData("DELETE", "/api/v1/tokens/x", null, "", 404)]
    public async Task What_is_wrong_with_a_request_is_told(
        string method, string path, string? type, string body, int status)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path.TrimStart('/'));
        if (type is not null)
        {
            request.Content = new StringContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        using var answer = await house.Client(Scopes.Administer)
            .SendAsync(request, TestContext.Current.CancellationToken);
        var words = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, words);
        if (status != 200)
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_body_beyond_the_bound_is_refused()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        using var content = new StringContent(new string(' ', (1 << 20) + 1), null, "application/json");
        using var answer = await house.Client(Scopes.Administer)
            .PostAsync("api/v1/queue/retry", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    private static bool Expected(Scopes has, Scopes needs) => needs switch
    {
        Scopes.None => true,
        Scopes.Submit => has is Scopes.Submit or Scopes.Administer,
        Scopes.Metrics => has is Scopes.Metrics or Scopes.Read or Scopes.Operate or Scopes.Administer,
        Scopes.Read => has is Scopes.Read or Scopes.Operate or Scopes.Administer,
        Scopes.Operate => has is Scopes.Operate or Scopes.Administer,
        _ => has == Scopes.Administer,
    };

    private static string Field(HttpResponseMessage answer) => answer.Headers.WwwAuthenticate.ToString();

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path.TrimStart('/'));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
