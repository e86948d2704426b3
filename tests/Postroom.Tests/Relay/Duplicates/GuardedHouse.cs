using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Duplicates;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Submission;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Duplicates;

/// <summary>A real spool on a real disk, what takes mail in, and the guard between.</summary>
internal sealed class GuardedHouse : IAsyncDisposable
{
    public static readonly DuplicateSettings Suppressing = DuplicateSettings.Plain with { Suppress = ["jira"] };

    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<TrailEvent> _marks = Channel.CreateUnbounded<TrailEvent>();
    private readonly SubmissionServer _server;
    private readonly Task _marking;
    private readonly IDisposable _watching;
    private int _pairs;

    private GuardedHouse(SpoolWorld world, EmbeddedSpool spool, DuplicateGuard guard)
    {
        (World, Spool, Guard) = (world, spool, guard);
        var settings = new SubmissionSettings("relay.test", Path.Combine(Path.GetTempPath(), "no-such-users"), []);
        _server = new SubmissionServer(settings, spool, world.Time, NullLoggerFactory.Instance)
        {
            Onlooker = new Onlooker { Offered = guard.Offered, Answered = Answered },
        };
        _watching = spool.Index.Watch(events =>
        {
            foreach (var happened in events.Where(static e => e.Kind == EventKind.DuplicateOf))
                _marks.Writer.TryWrite(happened);
        });
        _marking = guard.RunAsync(_closing.Token);
    }

    public SpoolWorld World { get; }
    public EmbeddedSpool Spool { get; }
    public DuplicateGuard Guard { get; }

    /// <summary>The guard is not told of answers: the test does it.</summary>
    public bool HoldsAnswers { get; set; }

    public static async Task<GuardedHouse> OpenAsync(SpoolWorld world, DuplicateSettings? settings = null)
    {
        var spool = await world.OpenAsync();
        var guard = new DuplicateGuard(settings ?? Suppressing, spool, world.Time, NullLogger.Instance);
        await guard.RecallAsync(TestContext.Current.CancellationToken);
        return new GuardedHouse(world, spool, guard);
    }

    /// <summary>As Jira would, each time with another Message-ID and another boundary.</summary>
    public static string Notification(string words = "Build failed") =>
        $"""
         Message-ID: <JIRA.1.1460652284000.2.1460652300154@Atlassian.JIRA>
         Subject: [JIRA] (PROJ-1) {words}
         X-JIRA-FingerPrint: b6d2fdcc75ae3fbd2a1ba3a8cd1b6d29
         Content-Type: multipart/mixed; boundary="----=_Part_{Guid.NewGuid():N}"

         {words}

         """.ReplaceLineEndings("\r\n");

    public Task<MailId> SendAsync(string mail, params string[] to) => SendAsync(mail, "jira@example.com", to);

    public async Task<MailId> SendAsync(
        string mail, string from, string[] to, string listener = "main", Replay? replay = null)
    {
        var sender = from.Length == 0 ? ReversePath.Null : new ReversePath(from);
        var envelope = new Envelope(sender, [.. to.Select(one => new Recipient(new ForwardPath(one)))]);
        var origin = new Origin(listener, "127.0.0.1", null, null, "ESMTP") { Replay = replay };
        var taken = await _server.TakeAsync(envelope, () => origin,
            new MemoryStream(Encoding.UTF8.GetBytes(mail)), 1 << 20, TestContext.Current.CancellationToken);
        return taken.Id ?? throw new InvalidOperationException(taken.Reply.ToString());
    }

    /// <summary>The next mark.</summary>
    public async Task<(MailId Mail, int? Recipient, DuplicateMark Mark)> MarkedAsync()
    {
        var happened = await _marks.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(DuplicateMark.TryParse(happened.Text, out var mark));
        return (happened.Mail!.Value, happened.Recipient, mark);
    }

    /// <summary>Nothing that was sent so far is marked any more: they are looked at in order, and a pair that is sent
    /// now is the next that is.</summary>
    public async Task AssertNoMarkAsync()
    {
        var words = $"a pair {++_pairs}";
        var first = await SendAsync(Notification(words), "pair@z.example");
        var second = await SendAsync(Notification(words), "pair@z.example");
        Assert.Equal((second, null, DuplicateMark.Of(first, second)), await MarkedAsync());
    }

    /// <summary>Of the next parcel of a lane: why its first recipient gets nothing; null where it does.</summary>
    public async Task<(Lease Lease, DuplicateMark? Duplicate)> TryAsync(string lane = "a")
    {
        var lease = await Spool.LeaseOneAsync(lane);
        return (lease, await Guard.FindAsync(lease, lease.Recipients[0], TestContext.Current.CancellationToken));
    }

    public Task SettleAsync(Lease lease, Happening what) => Spool.SettleAsync(new Settlement(
        lease, [.. lease.Recipients.Select(to => new Verdict(to.Index, what)
        {
            Reply = what == Happening.Accepted ? "250 ok" : null,
            Failure = what == Happening.Refused
                ? new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 1), "550 no", null) : null,
        })], null, [])).AsTask();

    private void Answered(MailId id, bool isAccepted)
    {
        if (!HoldsAnswers)
            Guard.Answered(id, isAccepted);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _marking;
        _watching.Dispose();
        _closing.Dispose();
        await _server.DisposeAsync();
        await World.StopAsync(Spool);
    }
}
