using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Mail.Storms;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Storms;
using Postroom.Relay.Submission;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Storms;

/// <summary>A real spool on a real disk, what takes mail in, and the brake between.</summary>
internal sealed class StormHouse : IAsyncDisposable
{
    public static readonly StormSettings AtOnce = StormSettings.Plain with { Learn = TimeSpan.Zero, Messages = 10 };

    private readonly SubmissionServer _server;

    private StormHouse(SpoolWorld world, EmbeddedSpool spool, StormBrake brake)
    {
        (World, Spool, Brake) = (world, spool, brake);
        _server = new SubmissionServer(
            new SubmissionSettings("relay.test", Path.Combine(Path.GetTempPath(), "no-such-users"), []), spool,
            world.Time, NullLoggerFactory.Instance)
        {
            Onlooker = new Onlooker { Counted = brake.Seen },
        };
    }

    public SpoolWorld World { get; }
    public EmbeddedSpool Spool { get; }
    public StormBrake Brake { get; }

    public static async Task<StormHouse> OpenAsync(SpoolWorld world, string file)
    {
        var spool = await world.OpenAsync();
        return new StormHouse(world, spool,
            new StormBrake(AtOnce, new StormParts(new SmallFile(file), spool, world.Time, NullLogger.Instance)));
    }

    public async Task<MailId> SendAsync(
        string subject, string to, string from = "app@example.com", string client = "127.0.0.1",
        Replay? replay = null)
    {
        var path = from.Length == 0 ? ReversePath.Null : new ReversePath(from);
        var envelope = new Envelope(path, [new Recipient(new ForwardPath(to))]);
        var origin = new Origin("main", client, null, null, "ESMTP") { Replay = replay };
        var taken = await _server.TakeAsync(envelope, () => origin,
            new MemoryStream(Encoding.UTF8.GetBytes($"Subject: {subject}\r\n\r\nhello\r\n")), 1 << 20,
            TestContext.Current.CancellationToken);
        return taken.Id ?? throw new InvalidOperationException(taken.Reply.ToString());
    }

    /// <summary>Tries the next parcel of a lane: it is held, or taken by the next hop.</summary>
    /// <returns>The rule that held it; null: it was sent.</returns>
    public async Task<(MailId Mail, string? Rule)> TryAsync(string lane)
    {
        var lease = await Spool.LeaseOneAsync(lane);
        var kept = await Brake.JudgeAsync(lease, lease.Recipients[0]);
        await Spool.SettleAsync(new Settlement(lease, [kept is null
            ? new Verdict(0, Happening.Accepted) { Reply = "250 ok" }
            : new Verdict(0, Happening.Held) { Text = kept.Rule }], null, []));
        return (lease.Id, kept?.Rule);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await World.StopAsync(Spool);
    }
}
