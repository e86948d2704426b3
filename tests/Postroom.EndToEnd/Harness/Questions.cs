using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Asks the running relay over its socket, as the command line does, without starting a program.</summary>
internal sealed class Questions : IDisposable
{
    private readonly HttpClient _http;

    public Questions(RealRelay relay)
    {
        var socket = new UnixDomainSocketEndPoint(Path.Combine(relay.Data, "api.sock"));
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(socket, cancel);
                return new NetworkStream(client, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://localhost"),
            Timeout = Shell.Limit,
        };
    }

    /// <summary>All recipients of all mails there are, newest mail first.</summary>
    public async Task<List<JsonElement>> RecipientsAsync()
    {
        var all = new List<JsonElement>();
        for (string? after = ""; after != null;)
        {
            var page = await AskAsync($"/api/v1/queue?most=1000&after={after}");
            all.AddRange(page.GetProperty("recipients").EnumerateArray());
            after = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }
        return all;
    }

    /// <summary>The kinds of the events on a mail's timeline.</summary>
    public async Task<List<string>> KindsAsync(string id) => [.. (await AskAsync($"/api/v1/mails/{id}")).Kinds()];

    /// <summary>A mail as its page, with what a browser is told about it.</summary>
    public async Task<Display> PageAsync(string id)
    {
        using var answer = await _http.GetAsync($"/api/v1/mails/{id}/page", TestContext.Current.CancellationToken);
        return new Display(
            await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
    }

    /// <summary>What came more than once was on the wire at an end of the relay, and its timeline says so as often
    /// as it came again (RFC 1047).</summary>
    /// <returns>How many came again.</returns>
    public async Task<int> DoubledAsync(IEnumerable<Arrival> arrivals)
    {
        var doubled = 0;
        foreach (var mail in arrivals.GroupBy(static one => (one.Id, string.Join(' ', one.To))))
        {
            var again = mail.Count() - 1;
            if (again == 0)
                continue;
            var kinds = await KindsAsync(mail.Key.Id);
            Assert.True(kinds.Count(static kind => kind == "indoubt") >= again,
                $"{mail.Key.Id} came {again + 1} times, and its timeline is {string.Join(", ", kinds)}");
            doubled += again;
        }

        return doubled;
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> AskAsync(string path)
    {
        using var answer = await _http.GetAsync(path, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement
            : throw new HttpRequestException($"{path}: {answer.StatusCode} {text}");
    }
}
