using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Postroom.Api;
using Postroom.Api.Letters;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Postroom.Relay.OAuth;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Postmaster.Canaries;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Submission;
using Postroom.Relay.Suppression;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>What the postmaster needs of the house.</summary>
internal sealed record PostmasterDoors(EmbeddedSpool Spool, Wiring Wiring, SecretVault Vault, MeterReader Meters)
{
    public required Func<IReadOnlyList<LaneStatus>> Lanes { get; init; }

    public required Func<RelayConfiguration> Configuration { get; init; }

    public required Func<IReadOnlyList<Expiry>> Calendar { get; init; }

    /// <summary>The mode that holds now.</summary>
    public required Func<Mode> Mode { get; init; }

    public required SuppressionList Suppressions { get; init; }

    /// <summary>A copy tells nothing but that it is one.</summary>
    public required Clones Clones { get; init; }

    /// <summary>What holds bursts.</summary>
    public required Storms Storms { get; init; }

    /// <summary>Where tokens of an OAuth account come from; null if there is none of that name.</summary>
    public required Func<string, ITokenSource?> Tokens { get; init; }

    /// <summary>Takes a mail in.</summary>
    public required Func<Envelope, Func<Origin>, Stream, CancellationToken, Task<Taken>> Take { get; init; }
}

/// <summary>The postmaster's room in the house: who listens, who looks, who tells.</summary>
internal sealed class Postmasters
{
    private readonly PostmasterDoors _doors;
    private readonly Hearing _hearing;
    private readonly CanaryWatch _canaries;
    private (DateTimeOffset At, string Why)? _refused;

    public Postmasters(PostmasterDoors doors, Hearing hearing)
    {
        (_doors, _hearing) = (doors, hearing);
        var (all, wiring) = (doors.Configuration(), doors.Wiring);
        var sensors = new Sensors(new SensorParts(
            doors.Spool, doors.Lanes, doors.Mode, doors.Calendar, doors.Meters)
        {
            Time = wiring.Time,
            Silence = hearing.Look,
            Canaries = () => _canaries!.Look(),
            Late = () => Watch!.Late,
            Refused = () => _refused,
            Clones = doors.Clones, Storms = doors.Storms,
            Suppressions = () => doors.Suppressions.All,
            Floor = all.Spool.FreeSpaceFloor,
            Log = LogOf(wiring),
        });
        Watch = new AlarmWatch(doors.Clones.Quiet(all.Postmaster), new PostmasterParts(
            Folders.Alarms(all.DataFolder), doors.Spool.Note, sensors.Look,
            new ReceiverNeeds(doors.Vault, all.HostName, wiring.Time, MailAsync), LogOf(wiring))
        {
            Meters = wiring.Meters,
        });
        _canaries = new CanaryWatch(new CanaryParts(Folders.Canaries(all.DataFolder), doors.Spool.Index, doors.Vault,
            wiring.Time, LogOf(wiring), SendAsync)
        {
            IsLive = () => doors.Mode() == Mode.Live && !doors.Clones.IsForeign,
            Tokens = doors.Tokens,
            Meters = wiring.Meters,
        });
        _canaries.Use(all.Postmaster.Canaries);
        wiring.Meters.Observe(PostmasterInstruments.CanaryMissing, () => _canaries.Look().Select(one =>
            new Measurement<double>(one.Value, new KeyValuePair<string, object?>("canary", one.Subject))));
        wiring.Meters.Observe(PostmasterInstruments.Alarms, () => Watch.Raised
            .GroupBy(one => (one.Alarm, one.Severity)).Select(same => new Measurement<double>(same.Count(),
                new("alarm", same.Key.Alarm), new("severity", AnswerOf.Name(same.Key.Severity)))));
    }

    /// <summary>What is raised, and who is told.</summary>
    public AlarmWatch Watch { get; }

    /// <summary>Listens from the first mail on.</summary>
    public static Hearing HearingOf(string dataFolder, Wiring wiring) =>
        new(Folders.Habits(dataFolder), wiring.Time, LogOf(wiring));

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await Task.WhenAll(Watch.RunAsync(cancel), _canaries.RunAsync(cancel));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            HostLog.PostmasterEnded(LogOf(_doors.Wiring), e.Message); // mail moves on without it
        }

        _hearing.Keep();
    }

    /// <summary>Another configuration is in use, or was refused.</summary>
    /// <param name="why">Null: it is in use.</param>
    public void Reloaded(RelayConfiguration all, string? why)
    {
        _refused = why is null ? null : (_doors.Wiring.Time.GetUtcNow(), why);
        if (why is not null)
            return;
        Watch.Use(_doors.Clones.Quiet(all.Postmaster));
        _canaries.Use(all.Postmaster.Canaries);
    }

    // Under the notice's own id: one that was taken just before the process was killed is not sent again.
    private async Task<Taken> MailAsync(Receiver receiver, Notice notice, string subject, string text)
    {
        const string source = "alarm";
        if (_doors.Spool.Index.FindKey(source, notice.Id) is { } taken)
            return new Taken(new Reply(250, new EnhancedStatus(2, 0, 0), "taken before"), taken);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(notice.Id)).AsSpan(0, 16));
        return await HandOverAsync(
            new Letter(receiver.From) { To = receiver.To, Subject = subject, Text = text },
            new Origin("postroom", source, null, null, "local") { Key = new OwnKey(notice.Id, digest) });
    }

    private Task<Taken> SendAsync(CanarySettings canary, string subject, string text) => HandOverAsync(
        new Letter(canary.From) { To = [canary.To], Subject = subject, Text = text },
        new Origin("postroom", "canary", null, null, "local"));

    // It fails to nobody: what becomes of it is looked at here.
    private async Task<Taken> HandOverAsync(Letter letter, Origin origin)
    {
        letter = letter with
        {
            Headers = new Dictionary<string, string> { ["Auto-Submitted"] = "auto-generated" }, // RFC 3834 §5
        };
        var envelope = LetterWriter.EnvelopeOf(letter);
        envelope = envelope with
        {
            Recipients = [.. envelope.Recipients.Select(to => to with { Notify = Notify.Never })],
        };
        using var mail = new MemoryStream(LetterWriter.Write(letter));
        return await _doors.Take(envelope, () => origin, mail, CancellationToken.None);
    }

    private static ILogger LogOf(Wiring wiring) => wiring.Logs.CreateLogger("postroom.postmaster");
}
