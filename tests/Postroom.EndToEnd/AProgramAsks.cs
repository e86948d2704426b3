using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A program hands mail over and asks by HTTP, with a token.</summary>
public sealed class AProgramAsks
{
    private const string Query = "?from=shop@example.com&to=alice@example.com";

    [Fact]
    public async Task It_hands_a_mail_over_waits_for_its_end_and_reads_how_it_went()
    {
        await using var sink = Sink.Start();
        await using var relay = Relay();
        var token = await TokenAsync(relay, "shop", "submit,read"); // before the service ever ran
        await relay.StartAsync(relay.Live(sink.Port));
        var at = $"http://{relay.ApiAddress}/api/v1/";

        var file = Path.Combine(relay.Folder, "mail.eml");
        File.WriteAllText(file, "From: shop@example.com\nSubject: order 17\n\nIt is on its way.\n");
        var said = await Shell.RunAsync("curl", ["-sS", "-H", $"Authorization: Bearer {token}", "-H",
            "Content-Type: message/rfc822", "--data-binary", $"@{file}", $"{at}messages{Query}"]);
        Assert.True(said.ExitCode == 0, said.ToString());
        var id = JsonDocument.Parse(said.Output).RootElement.GetProperty("id").GetString();

        using var client = Client(relay, token);
        var page = JsonDocument.Parse(await client.GetStringAsync(
            "messages/wait?filter=to:alice%20state:delivered", TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(id, Assert.Single(page.GetProperty("recipients").EnumerateArray()).GetProperty("id").GetString());
        var got = Assert.Single(await sink.WaitAsync(1, relay));
        Assert.EndsWith("From: shop@example.com\r\nSubject: order 17\r\n\r\nIt is on its way.\r\n", got.Text,
            StringComparison.Ordinal);
        Assert.Equal("token:shop", (await relay.AskAsync("queue", "show", id!)).GetProperty("user").GetString());

        using var refused = await client.PostAsync("queue/cancel", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        var listed = await relay.DoAsync("token", "list");
        Assert.Contains($"shop  submit, read  {DateTime.UtcNow:yyyy-MM-dd}", listed.Text, StringComparison.Ordinal);
        Assert.Equal(0, (await relay.DoAsync("token", "remove", "shop")).ExitCode);
        using var gone = await client.GetAsync("status", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, gone.StatusCode);
        await relay.StopAsync();
        var kept = relay.Printed + string.Concat(Directory.EnumerateFiles(relay.DataSeen, "*",
            SearchOption.AllDirectories).Select(one => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(one))));
        Assert.DoesNotContain(token, kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_handed_over_again_and_again_through_kills_is_one_mail()
    {
        await using var sink = Sink.Start();
        await using var relay = Relay();
        var token = await TokenAsync(relay, "shop", "submit");
        await relay.StartAsync(relay.Live(sink.Port));
        var dice = new Random(17);
        for (var round = 0; round < 12; round++)
        {
            using (var client = Client(relay, token))
            {
                var under = SendAsync(client, $"order-{round}");
                if (round % 3 == 0)
                    await under; // acknowledged, and then the lights go out
                for (var turns = dice.Next(2_000); turns > 0; turns--)
                    Thread.SpinWait(200);
                await relay.KillAsync();
                await Task.WhenAny(under);
            }

            await relay.StartAsync();
            using var again = Client(relay, token);
            var first = await SendAsync(again, $"order-{round}");
            Assert.Equal(first, await SendAsync(again, $"order-{round}"));
        }

        await relay.FindAsync("to:alice state:delivered", 12);
        // A kill in the middle of a try may send it twice (promise 3), and never under another id.
        var ids = (await sink.WaitAsync(12, relay)).Select(mail => mail.Text.Split(" id ")[1].Split('\r')[0]);
        Assert.Equal(12, ids.Distinct().Count());
    }

    [Fact]
    public async Task An_address_that_nobody_asked_for_and_another_has_is_done_without()
    {
        using var other = new TcpListener(IPAddress.Loopback, 8025);
        try
        {
            other.Start();
        }
        catch (SocketException)
        {
            // Then another has it, as it should be.
            other.Stop();
        }

        await using var sink = Sink.Start();
        await using var relay = new RealRelay { ApiAddress = null };
        await relay.StartAsync(relay.Live(sink.Port));
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await sink.WaitAsync(1, relay);
        Assert.Contains("The API is not served at 127.0.0.1:8025", relay.Printed, StringComparison.Ordinal);
        Assert.Contains("api      api.sock alone", (await relay.DoAsync("status")).Text, StringComparison.Ordinal);
    }

    private static RealRelay Relay() => new() { ApiAddress = $"127.0.0.1:{Ports.Free()}" };

    private static async Task<string> TokenAsync(RealRelay relay, string name, string scopes)
    {
        var said = await relay.DoAsync("token", "create", name, "--scope", scopes);
        Assert.True(said.ExitCode == 0, said.ToString());
        return said.Text.Trim();
    }

    private static HttpClient Client(RealRelay relay, string token) => new()
    {
        BaseAddress = new Uri($"http://{relay.ApiAddress}/api/v1/"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    // Null where the relay went away meanwhile.
    private static async Task<string?> SendAsync(HttpClient client, string key)
    {
        using var content = new StringContent($"Subject: {key}\n\nhello\n");
        content.Headers.ContentType = new MediaTypeHeaderValue("message/rfc822");
        using var request = new HttpRequestMessage(HttpMethod.Post, "messages" + Query) { Content = content };
        request.Headers.Add("Idempotency-Key", key);
        try
        {
            using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(answer.StatusCode == HttpStatusCode.Accepted, text);
            return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
