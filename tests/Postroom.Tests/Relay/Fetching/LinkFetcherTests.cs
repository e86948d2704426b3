using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Postroom.Mail.Content.Checks;
using Postroom.Relay.Fetching;
using Xunit;

namespace Postroom.Tests.Relay.Fetching;

/// <summary>Links that a stranger wrote are asked for, and lead nowhere within the house.</summary>
public sealed class LinkFetcherTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_link_has_its_outcome_and_redirects_are_followed_a_few_times()
    {
        await using var server = new Server();
        var fetcher = new LinkFetcher(new FetchDoors((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            address => address.Equals(IPAddress.Loopback)));
        string[] urls = [.. ((string[])["200", "404", "moved", "round/0", "nohead", "elsewhere"]).Select(path =>
            $"http://user:pass@site.example:{server.Port}/{path}"), "mailto:a@example.com", "/x"];
        var outcomes = await fetcher.FetchAsync(urls, Cancel);
        Assert.Equal(urls, outcomes.Select(one => one.Url));
        Assert.Equal([200, 404, 200, null, 200, null, null, null], outcomes.Select(one => one.Status));
        Assert.Equal($"http://site.example:{server.Port}/200", outcomes[2].Final);
        Assert.Contains("more than 5 times", outcomes[3].Failure, StringComparison.Ordinal);
        Assert.Equal("it leads to the scheme file, which is not asked for", outcomes[5].Failure);
        Assert.All(server.Heard, head => Assert.DoesNotContain("Authorization", head, StringComparison.Ordinal));
        Assert.Equal(6, server.Heard.Count(head => head.Contains(" /round/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http://inner.example:{0}/")]       // a name that stands for an address within
    [InlineData("http://both.example:{0}/")]        // one of two
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://2130706433:{0}/")]          // the same, as a number
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://localhost:{0}/")]
    public async Task Nothing_within_the_house_is_connected_to(string url)
    {
        await using var server = new Server();
        var fetcher = new LinkFetcher(new FetchDoors((name, _) => Task.FromResult<IPAddress[]>(
            name == "both.example" ? [IPAddress.Parse("8.8.8.8"), IPAddress.Loopback] : [IPAddress.Loopback]),
            Reach.IsPublic));
        var outcome = Assert.Single(await fetcher.FetchAsync(
            [url.Replace("{0}", $"{server.Port}", StringComparison.Ordinal)], Cancel));
        Assert.Contains("within the house", outcome.Failure, StringComparison.Ordinal);
        Assert.Empty(server.Heard);
    }

    [Fact]
    public async Task A_redirect_into_the_house_and_a_second_answer_of_dns_lead_nowhere()
    {
        await using var server = new Server();
        var asked = new ConcurrentQueue<string>();
        var fetcher = new LinkFetcher(new FetchDoors(
            (name, _) =>
            {
                asked.Enqueue(name);
                return Task.FromResult<IPAddress[]>([name == "inner.example" || asked.Count > 1
                    ? IPAddress.Parse("127.0.0.2") : IPAddress.Loopback]);
            },
            address => address.Equals(IPAddress.Loopback)));
        var outcome = Assert.Single(await fetcher.FetchAsync([$"http://site.example:{server.Port}/inner"], Cancel));
        Assert.Contains("inner.example is, or is also, within the house", outcome.Failure, StringComparison.Ordinal);
        Assert.Equal(["site.example", "inner.example"], asked); // once a connection, and never between look and use
        Assert.Single(server.Heard);
    }

    [Fact]
    public async Task No_more_are_asked_for_than_fifty()
    {
        await using var server = new Server();
        var fetcher = new LinkFetcher(new FetchDoors((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            _ => true));
        Assert.Equal(50, (await fetcher.FetchAsync(
            [.. Enumerable.Repeat($"http://site.example:{server.Port}/200", 80)], Cancel)).Count);
        Assert.Equal(50, server.Heard.Count);
    }

    // Answers as its path says, and remembers what it heard.
    private sealed class Server : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public Server()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public ConcurrentQueue<string> Heard { get; } = [];

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await using var wire = client.GetStream();
                    var head = "";
                    var octets = new byte[4096];
                    while (!head.Contains("\r\n\r\n", StringComparison.Ordinal)
                        && await wire.ReadAsync(octets) is > 0 and var read)
                        head += Encoding.ASCII.GetString(octets, 0, read);
                    Heard.Enqueue(head);
                    await wire.WriteAsync(Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 {Answer(head.Split(' '))}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return; // closed
            }
        }

        private static string Answer(string[] words) => words[1] switch
        {
            "/200" => "200 OK",
            "/moved" => "302 Found\r\nLocation: /200",
            "/nohead" => words[0] == "HEAD" ? "405 No" : "200 OK",
            "/elsewhere" => "302 Found\r\nLocation: file:///etc/passwd",
            "/inner" => "301 Moved\r\nLocation: http://inner.example:1/",
            ['/', 'r', ..] => $"302 Found\r\nLocation: {words[1]}0",
            _ => "404 Not Found",
        };
    }
}
