using System.Text;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Delivery;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>A courier, its peer, and mails for it.</summary>
internal sealed class CourierHouse : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly SandboxPolicy Live = new(Mode.Live);

    public CourierHouse(ScriptedPeer peer, Route? route = null, Func<CourierSettings, CourierSettings>? with = null)
    {
        Peer = peer;
        Dialer = new PipeDialer(peer);
        var settings = new CourierSettings("relay.example");
        Courier = new SmtpCourier(route ?? Plain, with?.Invoke(settings) ?? settings, Dialer, Time);
    }

    public static Route Plain { get; } = new("upstream", "hop.example", 25) { Tls = TlsMode.None, Connections = 1 };

    public ScriptedPeer Peer { get; }

    public PipeDialer Dialer { get; }

    public FakeTimeProvider Time { get; } = new();

    public SmtpCourier Courier { get; }

    public List<string> AtWire { get; } = [];

    public Task<Outcome> SendAsync(string body, params string[] recipients) => SendAsync(Mail(body, recipients));

    public Task<Outcome> SendAsync(Assignment mail) =>
        Courier.DeliverAsync(mail, CancellationToken.None).WaitAsync(Patience);

    private static Clearance Clear(string to) => Live.Judge(
        new LastingFacts(ReversePath.Null, new Origin("apps", "127.0.0.1", null, null, "ESMTP"), HeaderFacts.None, 0),
        new ForwardPath(to), DateTimeOffset.UnixEpoch, null).Clearance!;

    public Assignment Mail(string body, params string[] recipients)
    {
        var cleared = recipients.Select((to, i) => new ClearedRecipient(
            i, new Recipient(new ForwardPath(to)), Clear(to))).ToArray();
        var bytes = Encoding.UTF8.GetBytes(body);
        return new Assignment(
            new Envelope(new ReversePath("app@example.com"), [.. cleared.Select(to => to.Recipient)]),
            cleared, HeaderFacts.None,
            new Content(bytes.Length, [bytes], (_, _, _) => throw new InvalidOperationException("it is in memory")),
            () => AtWire.Add(Peer.Lines.LastOrDefault() ?? ""));
    }

    public ValueTask DisposeAsync() => Courier.DisposeAsync();
}
