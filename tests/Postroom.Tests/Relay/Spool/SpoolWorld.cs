using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>The clock of the machine, which a test can set forward: timers run in real time.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _shift;
    private TimeSpan _wallOnly;

    public void Advance(TimeSpan by) => _shift += by;

    /// <summary>What an administrator or a broken time server does.</summary>
    public void JumpWallClock(TimeSpan by) => _wallOnly += by;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _shift + _wallOnly;

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(_shift.TotalSeconds * System.TimestampFrequency);

    public override long TimestampFrequency => System.TimestampFrequency;
}

/// <summary>A place where a spool lives, dies and lives again.</summary>
public abstract class SpoolWorld : IAsyncDisposable
{
    private readonly List<ISpool> _lives = [];

    public ShiftedTime Time { get; } = new();

    public SpoolSettings Settings { get; set; } = new() { SegmentSize = 1 << 20, FreeSpaceFloor = 1 << 20 };

    public IReadOnlyList<RetentionRule> Retention { get; set; } = [];

    /// <summary>By the recipient's domain: <c>a.example</c> waits in lane "a".</summary>
    public LaneOf LaneOf { get; set; } = (_, to, _) => to.Domain.Split('.')[0];

    public async Task<EmbeddedSpool> OpenAsync()
    {
        var spool = await SpoolOpening.OpenAsync(Place(), Settings, LaneOf, Time, NullLogger.Instance);
        spool.Forgetter.Use(Retention);
        _lives.Add(spool);
        return spool;
    }

    /// <summary>Ends a life in order.</summary>
    public async Task StopAsync(EmbeddedSpool spool)
    {
        _lives.Remove(spool);
        await spool.DisposeAsync();
    }

    /// <summary>The next <see cref="OpenAsync"/> finds what a SIGKILL now would leave.</summary>
    public abstract void Kill();

    /// <summary>
    /// The next <see cref="OpenAsync"/> finds what a power cut now would leave. False: this world cannot do it.
    /// </summary>
    public abstract bool PowerCut();

    public async ValueTask DisposeAsync()
    {
        foreach (var life in _lives)
            await life.DisposeAsync();
        CleanUp();
        GC.SuppressFinalize(this);
    }

    protected abstract SpoolPlace Place();

    protected abstract void CleanUp();
}

/// <summary>Short ways to say what mail a test is about.</summary>
public static class Mails
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Failure Greylisted { get; } =
        new(Fault.Recipient, new EnhancedStatus(4, 7, 1), "451 4.7.1 greylisted", "mx.test");

    public static async Task<Acceptance> HandOverAsync(this ISpool spool, string to,
        string body = "Subject: x\r\n\r\nhello\r\n",
        string source = "127.0.0.1")
    {
        using var writer = spool.OpenBody();
        foreach (var chunk in Encoding.Latin1.GetBytes(body).Chunk(20_000))
        {
            chunk.CopyTo(writer.GetSpan(chunk.Length));
            writer.Advance(chunk.Length);
            await writer.FlushAsync(TestContext.Current.CancellationToken);
        }

        return await spool.AcceptAsync(Draft(writer, to, source), TestContext.Current.CancellationToken);
    }

    public static Draft Draft(BodyWriter body, string to, string source = "127.0.0.1", string from = "jira@app.example")
    {
        var recipients = to.Split(' ').Select(r => new Recipient(new ForwardPath(r))).ToList();
        var envelope = new Envelope(from.Length == 0 ? ReversePath.Null : new ReversePath(from), recipients);
        return new Draft(envelope, new Origin("main", source, "app", null, "ESMTP"), new HeaderFacts { Subject = "x" },
            body)
        {
            TraceBlock = static (id, _) => new Front(Encoding.ASCII.GetBytes($"Received: by test id {id}\r\n")),
        };
    }

    public static async Task<string> TextAsync(this MailContent content)
    {
        var all = new byte[content.Length];
        for (var at = 0; at < all.Length;)
            at += await content.ReadAsync(at, all.AsMemory(at, Math.Min(30_000, all.Length - at)), default);
        return Encoding.Latin1.GetString(all);
    }

    /// <summary>What is due comes, or the test fails.</summary>
    public static async Task<Lease> LeaseOneAsync(this ISpool spool, string lane)
    {
        var cancel = TestContext.Current.CancellationToken;
        return Assert.Single(await spool.LeaseAsync(lane, 1, cancel).AsTask().WaitAsync(Patience, cancel));
    }

    /// <summary>Its first recipient is to be tried again.</summary>
    public static Settlement Deferred(Lease lease, DateTimeOffset due) =>
        new(lease, [new Verdict(0, Happening.Deferred) { Failure = Greylisted, NextDue = due }], null, []);

    /// <summary>Nothing of this lane is due: a lease does not come although all else has had its turn.</summary>
    public static async Task AssertNothingDueAsync(this ISpool spool, string lane)
    {
        using var stop = new CancellationTokenSource();
        var lease = spool.LeaseAsync(lane, 1, stop.Token).AsTask();
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        Assert.False(lease.IsCompletedSuccessfully, "something was leased");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lease);
    }

    public static async Task<IReadOnlyList<RecipientRow>> RowsAsync(this ISpool spool)
    {
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        return spool.Index.Find(Filter.All, null, 1_000).Rows;
    }
}
