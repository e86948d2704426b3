using System.Text;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Delivery.Graph;
using Postroom.Relay.OAuth;
using Postroom.Relay.Wire;

namespace Postroom.Tests.Relay.Delivery.Graph;

/// <summary>Tokens as a test wants them.</summary>
internal sealed class GivenTokens(params string[] values) : ITokenSource
{
    private readonly Queue<string> _values = new(values);

    public string Name => "m365";

    public string User => LoopbackGraph.Mailbox;

    public TokenException? Trouble { get; set; }

    public List<string> Refusals { get; } = [];

    public List<string> Accepts { get; } = [];

    public Task<AccessToken> GetAsync(CancellationToken cancel) => Trouble is { } none
        ? Task.FromException<AccessToken>(none)
        : Task.FromResult(new AccessToken(new Secret(_values.Peek()), DateTimeOffset.MaxValue));

    public bool Refused(AccessToken token)
    {
        Refusals.Add(token.Value.Reveal());
        return _values.Count > 1 && _values.Dequeue() is not null;
    }

    public void Accepted(AccessToken token)
    {
        lock (Accepts)
            Accepts.Add(token.Value.Reveal());
    }
}

/// <summary>A Graph courier, its Graph, and mails for it.</summary>
internal sealed class GraphHouse : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly SandboxPolicy Live = new(Mode.Live);

    private GraphHouse(LoopbackGraph graph, GivenTokens tokens, GraphSettings settings, Route route)
    {
        (Graph, Tokens) = (graph, tokens);
        Courier = new GraphCourier(
            route with { Port = graph.Port },
            settings with { Tokens = name => name == tokens.Name ? tokens : null }, new SocketDialer(), Time);
    }

    public LoopbackGraph Graph { get; }

    public GivenTokens Tokens { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));

    public GraphCourier Courier { get; }

    /// <summary>How many requests Graph had read whole when each mark was set.</summary>
    public List<int> AtWire { get; } = [];

    public static Route Plain { get; } = new("m365", "127.0.0.1", 443)
    {
        Via = Via.Graph,
        Account = new AccountReference("", null, null) { OAuth = "m365" },
    };

    public static async Task<GraphHouse> OpenAsync(
        GivenTokens? tokens = null, GraphSettings? settings = null, Route? route = null) =>
        new(await LoopbackGraph.StartAsync(), tokens ?? new GivenTokens("good"), settings ?? new GraphSettings(),
            route ?? Plain);

    public Task<Outcome> SendAsync(string mail, params string[] recipients) =>
        SendAsync(Mail(Encoding.UTF8.GetBytes(mail), recipients));

    public Task<Outcome> SendAsync(Assignment mail) => CancellableAsync(mail, CancellationToken.None);

    public Task<Outcome> CancellableAsync(Assignment mail, CancellationToken cancel) =>
        Courier.DeliverAsync(mail, cancel).WaitAsync(Patience, CancellationToken.None);

    public Task<Failure?> ProbeAsync() => Courier.ProbeAsync(CancellationToken.None).WaitAsync(Patience);

    /// <summary>Sends a small mail and brings back why it failed.</summary>
    public async Task<Failure> FailAsync()
    {
        using var outcome = await SendAsync("To: a@example.org\r\n\r\nhello\r\n", "a@example.org");
        return outcome.Results.Single().Failure!;
    }

    private static Clearance Clear(string to) => Live.Judge(
        new LastingFacts(ReversePath.Null, new Origin("apps", "127.0.0.1", null, null, "ESMTP"), HeaderFacts.None, 0),
        new ForwardPath(to), DateTimeOffset.UnixEpoch, null).Clearance!;

    /// <param name="onDisk">Its octets have to be read.</param>
    public Assignment Mail(byte[] octets, string[] recipients, bool onDisk = false)
    {
        var cleared = recipients.Select((to, i) => new ClearedRecipient(
            i, new Recipient(new ForwardPath(to)), Clear(to))).ToArray();
        return new Assignment(
            new Envelope(new ReversePath("app@example.com"), [.. cleared.Select(to => to.Recipient)]),
            cleared, HeaderFacts.None,
            new Content(octets.Length, onDisk ? [] : [octets.AsMemory(..(octets.Length / 2)),
                octets.AsMemory((octets.Length / 2)..)], (at, into, _) => Read(octets, at, into)),
            () =>
            {
                lock (AtWire)
                    AtWire.Add(Graph.Requests.Count);
            });
    }

    public async ValueTask DisposeAsync()
    {
        await Courier.DisposeAsync();
        await Graph.DisposeAsync();
    }

    private static async ValueTask<int> Read(byte[] octets, long at, Memory<byte> into)
    {
        await Task.Yield();
        var length = Math.Min(into.Length, octets.Length - (int)at);
        octets.AsMemory((int)at, length).CopyTo(into);
        return length;
    }
}
