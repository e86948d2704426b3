using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Submission;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Program.Host;

public sealed class ClonesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-clones-").FullName;
    private readonly RealWorld _world = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_copy_tells_webhooks_that_it_is_one_and_nobody_anything_else()
    {
        var all = ConfigurationReader.Read(new ConfigurationSource($"""
            data = '{_folder}'
            mode = "live"
            [[route]]
            name = "upstream"
            host = "mail.example.com"
            [[receiver]]
            name = "duty"
            url = "https://hooks.example.com/x"
            [[receiver]]
            name = "only-stuck"
            url = "https://hooks.example.com/y"
            alarms = ["mail-stuck"]
            [[receiver]]
            name = "by-mail"
            kind = "mail"
            route = "upstream"
            to = ["ops@example.com"]
            """, "postroom.toml", new Dictionary<string, string>(), "machine.example", _folder));
        Assert.True(all.Configuration is not null, string.Join("\n", all.Mistakes));
        var settings = all.Configuration.Postmaster;
        var machine = new Machine("home");
        var clones = ClonesOf(await _world.OpenAsync(), all.Configuration, () => machine);
        Assert.Null(await clones.WeighAsync(mayLeave: true, isLive: true));
        Assert.Same(settings, clones.Quiet(settings));

        machine = new Machine("elsewhere");
        Assert.NotNull(await clones.WeighAsync(mayLeave: true, isLive: true));
        var told = Assert.Single(clones.Quiet(settings).Receivers);
        Assert.Equal("duty", told.Name);
        Assert.True(told.Wants(ShippedAlarms.Copy, Severity.Critical));
        Assert.False(told.Wants("mail-stuck", Severity.Critical));
    }

    [Fact]
    public async Task What_a_person_sends_once_more_does_not_say_that_its_source_is_where_it_was_then()
    {
        var all = ConfigurationReader.Read(new ConfigurationSource($"""
            data = '{_folder}'
            mode = "live"
            [[route]]
            name = "upstream"
            host = "mail.example.com"
            """, "postroom.toml", new Dictionary<string, string>(), "machine.example", _folder)).Configuration!;
        var spool = await _world.OpenAsync();
        var clones = ClonesOf(spool, all, static () => new Machine("home"));
        Assert.Null(await clones.WeighAsync(mayLeave: true, isLive: true));
        var heard = 0; // by the alarm for silence
        await using var server = new SubmissionServer(all.Submission, spool, _world.Time, NullLoggerFactory.Instance)
        {
            Onlooker = new Onlooker { Met = clones.Met, Heard = _ => heard++ },
        };
        var old = await SendAsync(server, "10.0.0.1");
        await JudgedAsync(clones, spool);
        _world.Time.Advance(TimeSpan.FromDays(4));
        await SendAsync(server, "10.0.0.2"); // it has a new address
        Assert.Null(await JudgedAsync(clones, spool));

        _world.Time.Advance(TimeSpan.FromHours(1));
        await SendAsync(server, "10.0.0.1", new Replay(old, null, null));
        Assert.Null(await JudgedAsync(clones, spool));
        await SendAsync(server, "10.0.0.1", from: ""); // a copy that a person released
        Assert.Null(await JudgedAsync(clones, spool));
        await SendAsync(server, "10.0.0.2");
        Assert.Null(await JudgedAsync(clones, spool));
        Assert.Empty(clones.Elsewhere);
        Assert.Equal(4, heard);
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        await SendAsync(server, "10.0.0.1"); // and where it is heard again, the other is the copy
        await SendAsync(server, "10.0.0.2");
        Assert.Null(await JudgedAsync(clones, spool));
        Assert.NotNull(await JudgedAsync(clones, spool));
    }

    private Clones ClonesOf(ISpool spool, RelayConfiguration all, Func<Machine> machine) => new(spool, all, new Wiring(
        _world.Time, new Random(1), NullLoggerFactory.Instance)
    {
        Machine = (_, _) => machine(),
        CourierFor = (_, _) => throw new InvalidOperationException("nothing is sent"),
        TryOut = (_, _, _, _) => throw new InvalidOperationException("nobody asked"),
        Submission = (_, _, _) => throw new InvalidOperationException("nothing comes in"),
    });

    private static async Task<MailId> SendAsync(
        SubmissionServer server, string client, Replay? replay = null, string from = "jira@example.com")
    {
        var envelope = new Envelope(from.Length > 0 ? new ReversePath(from) : ReversePath.Null,
            [new Recipient(new ForwardPath("x@a.example"))]);
        var origin = new Origin("main", client, "jira.example.com", null, "ESMTP") { Replay = replay };
        var mail = "X-JIRA-FingerPrint: 3b0c44\r\nSubject: x\r\n\r\nhello\r\n"u8.ToArray();
        return (await server.TakeAsync(envelope, () => origin, new MemoryStream(mail), 1 << 20,
            TestContext.Current.CancellationToken)).Id!.Value;
    }

    private static async Task<Keeping?> JudgedAsync(Clones clones, ISpool spool)
    {
        var lease = await spool.LeaseOneAsync("a");
        var kept = await clones.JudgeAsync(lease, lease.Recipients[0]);
        await spool.SettleAsync(new Settlement(lease, [new Verdict(0, Happening.Accepted) { Reply = "250 ok" }], null,
            []));
        return kept;
    }
}
