using System.Globalization;
using System.Net.Sockets;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>What a relay's <c>/metrics</c> said at one moment.</summary>
internal sealed record Scrape(string Text, string ContentType)
{
    private const string Plain = "text/plain;version=0.0.4";

    public const string OpenMetrics = "application/openmetrics-text;version=1.0.0";

    public static async Task<Scrape> OfAsync(RealRelay relay, string accept = Plain)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(
                    new UnixDomainSocketEndPoint(Path.Combine(relay.DataSeen, "api.sock")), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var ask = new HttpRequestMessage(HttpMethod.Get, "http://localhost/metrics");
        ask.Headers.Add("Accept", accept);
        using var answer = await client.SendAsync(ask, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        return new Scrape(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            answer.Content.Headers.ContentType!.ToString());
    }

    /// <summary>Asks until it says so: by looking, as Prometheus would.</summary>
    public static async Task<Scrape> UntilAsync(RealRelay relay, Func<Scrape, bool> isSo, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (true)
        {
            var scrape = await OfAsync(relay);
            if (isSo(scrape))
                return scrape;
            Assert.False(limit.IsCancellationRequested, $"{what}\n{scrape.Text}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The sum of all series of a metric whose labels hold all of these texts.</summary>
    public double Sum(string metric, params string[] labels) => Text.Split('\n')
        .Where(line => line.StartsWith(metric, StringComparison.Ordinal) && line.Length > metric.Length
            && line[metric.Length] is '{' or ' '
            && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    public bool Has(string metric, params string[] labels) => Text.Split('\n')
        .Any(line => line.StartsWith(metric, StringComparison.Ordinal)
            && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
}
