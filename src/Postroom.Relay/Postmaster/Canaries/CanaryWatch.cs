using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Mail.Status;
using Postroom.Relay.OAuth;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Submission;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;

namespace Postroom.Relay.Postmaster.Canaries;

/// <summary>What canaries need of the house.</summary>
/// <param name="File">Where those under way are kept.</param>
/// <param name="Send">Hands one over: whose, its subject, its text.</param>
public sealed record CanaryParts(
    string File, ISpoolIndex Index, SecretVault Vault, TimeProvider Time, ILogger Log,
    Func<CanarySettings, string, string, Task<Taken>> Send)
{
    /// <summary>Whether mail goes out at all now.</summary>
    public required Func<bool> IsLive { get; init; }

    /// <summary>Where tokens of an OAuth account come from.</summary>
    public required Func<string, ITokenSource?> Tokens { get; init; }

    public RelayMeters Meters { get; init; } = RelayMeters.Unwatched;
}

/// <summary>Sends canaries, and looks whether they arrive.</summary>
public sealed class CanaryWatch(CanaryParts parts)
{
    private const int MostUnderWay = 48;
    private const int MostLookedFor = 5; // by one look; those before them are lost

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FirstClosed = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestClosed = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Flight> _flights = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<CanarySettings> _settings = [];
    private TaskCompletionSource _changed = Promise.New();
    private bool _isRead;

    /// <summary>Goes on by other settings.</summary>
    public void Use(IReadOnlyList<CanarySettings> settings)
    {
        _settings = settings;
        Interlocked.Exchange(ref _changed, Promise.New()).TrySetResult();
    }

    /// <summary>How long each has been missing; none while no mail goes out.</summary>
    public IReadOnlyList<Measured> Look()
    {
        if (!parts.IsLive())
            return [];
        var now = parts.Time.GetUtcNow();
        lock (_gate)
            return [.. _settings.Select(one =>
                _flights.GetValueOrDefault(one.Name) is { UnderWay: [var oldest, ..] } flight
                    ? new Measured(one.Name, Math.Max(0, (now - oldest.SentAt).TotalSeconds))
                    {
                        Detail = flight.Words, About = flight.Route,
                    }
                    : new Measured(one.Name, 0))];
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var changed = Volatile.Read(ref _changed).Task;
            var settings = _settings;
            foreach (var canary in settings)
                await TendAsync(canary, cancel);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(changed, Task.Delay(settings.Count > 0 ? Every : Timeout.InfiniteTimeSpan, parts.Time,
                over.Token));
            over.Cancel(); // no timer is left behind
        }
    }

    private async Task TendAsync(CanarySettings canary, CancellationToken cancel)
    {
        try
        {
            var flight = FlightOf(canary);
            if (!parts.IsLive())
            {
                if (flight.UnderWay.Count > 0)
                    Change(flight, () => flight.UnderWay = []); // they are captured or held, as everything is
                return;
            }

            var now = parts.Time.GetUtcNow();
            if (flight.UnderWay.Count > 0 && now >= flight.LookAt)
                await LookForAsync(canary, flight, cancel);
            if (now - flight.SentAt >= canary.Every || now < flight.SentAt)
                await SendAsync(canary, flight);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return; // those under way are looked for after the next start
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            PostmasterLog.CanaryNotSent(parts.Log, canary.Name, e.Message);
        }
    }

    private async Task SendAsync(CanarySettings canary, Flight flight)
    {
        if (flight.UnderWay is [.., { Mail: { } last }] && StateOf(last) is State.Waiting or State.Trying or State.Held)
            return; // the way is blocked: another would only wait behind it
        var now = parts.Time.GetUtcNow();
        var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        Bird bird = new(mark, null, now);
        Change(flight, () =>
        {
            flight.SentAt = now;
            flight.UnderWay = [.. flight.UnderWay.TakeLast(MostUnderWay - 1), bird];
            flight.LookAt = now + FirstLook;
        });
        var taken = await parts.Send(canary, $"Postroom canary {canary.Name} {mark}", string.Create(
            CultureInfo.InvariantCulture, $"A canary: it was sent at {now.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC to see "
                + $"whether mail arrives. Nobody needs to read it.\r\n"));
        if (taken.Id is not { } id)
            PostmasterLog.CanaryNotSent(parts.Log, canary.Name, taken.Reply.ToString());
        Change(flight, () =>
        {
            flight.UnderWay = [.. flight.UnderWay.Select(one =>
                one.Mark == mark ? one with { Mail = taken.Id?.ToString() } : one)];
            flight.Words = taken.Id is null ? $"it was not accepted: {taken.Reply}" : null;
        });
    }

    private async Task LookForAsync(CanarySettings canary, Flight flight, CancellationToken cancel)
    {
        var now = parts.Time.GetUtcNow();
        var wait = (now - flight.SentAt) / 2;
        wait = wait > LongestWait ? LongestWait : wait < FirstLook ? FirstLook : wait;
        flight.LookAt = now + wait; // whatever comes of this look
        var newest = flight.UnderWay[^1];
        var row = newest.Mail is { } id ? RowOf(id) : null;
        flight.Route = row?.Lane;
        flight.Words = newest.Mail is null ? flight.Words : row is null ? $"{newest.Mail} is not in the index yet"
            : $"{newest.Mail} is {row.State.ToString().ToLowerInvariant()}"
                + (row.Last is { } last ? $": {last}" : "");
        var taken = flight.UnderWay.Where(one => one.Mail is { } mail && StateOf(mail) == State.Delivered)
            .TakeLast(MostLookedFor).ToList();
        if (taken.Count == 0)
            return;
        var arrived = canary.Mailbox is { } mailbox
            ? await LookIntoAsync(canary, mailbox, flight, taken, cancel)
            : taken[^1];
        if (arrived is null)
            return;
        now = parts.Time.GetUtcNow();
        parts.Meters.Postmaster.Arrived(canary.Name, now - arrived.SentAt);
        PostmasterLog.CanaryArrived(parts.Log, canary.Name, (now - arrived.SentAt).TotalSeconds);
        Change(flight, () => // those before it are lost, and the way is open again
        {
            flight.UnderWay = [.. flight.UnderWay.SkipWhile(one => one.Mark != arrived.Mark).Skip(1)];
            flight.Words = null;
        });
    }

    private async Task<Bird?> LookIntoAsync(CanarySettings canary, MailboxSettings mailbox, Flight flight,
        List<Bird> taken, CancellationToken cancel)
    {
        try
        {
            var found = await Mailbox.LookAsync(mailbox, [.. taken.Select(one => one.Mark)], parts.Vault,
                mailbox.OAuth is { } account ? parts.Tokens(account) : null, cancel);
            flight.ClosedFor = TimeSpan.Zero;
            flight.Words = found[taken[^1].Mark] == Found.InSpam ? $"{taken[^1].Mail} lies in the spam folder"
                : $"the next hop took {taken[^1].Mail}, and it is not in the mailbox";
            return taken.FindLast(one => found[one.Mark] == Found.InMailbox);
        }
        catch (MailboxClosedException e)
        {
            // Providers count wrong logins: ever more seldom, up to an hour.
            flight.ClosedFor = flight.ClosedFor < FirstClosed ? FirstClosed
                : flight.ClosedFor * 2 < LongestClosed ? flight.ClosedFor * 2 : LongestClosed;
            flight.LookAt = parts.Time.GetUtcNow() + flight.ClosedFor;
            flight.Words = $"the mailbox cannot be looked into: {e.Message}";
            PostmasterLog.MailboxClosed(parts.Log, canary.Name, e.Message);
            return null;
        }
    }

    private State? StateOf(string mail) => RowOf(mail)?.State;

    private RecipientRow? RowOf(string mail) =>
        MailId.TryParse(mail, out var id) ? parts.Index.Show(id)?.Recipients[0] : null;

    private Flight FlightOf(CanarySettings canary)
    {
        lock (_gate)
        {
            if (!_isRead)
                foreach (var kept in Read())
                    _flights[kept.Key] = new Flight
                    {
                        SentAt = kept.Value.SentAt,
                        UnderWay = [.. kept.Value.UnderWay.Where(one => one is { Mark: not null })],
                    };
            _isRead = true;
            if (!_flights.TryGetValue(canary.Name, out var flight))
                _flights[canary.Name] = flight = new Flight();
            return flight;
        }
    }

    private void Change(Flight flight, Action change)
    {
        lock (_gate)
        {
            change();
            try
            {
                var kept = _settings.Where(one => _flights.ContainsKey(one.Name)).ToDictionary(one => one.Name,
                    one => new KeptFlight(_flights[one.Name].SentAt, _flights[one.Name].UnderWay));
                WholeFile.Replace(parts.File,
                    JsonSerializer.Serialize(kept, CanaryJson.Default.DictionaryStringKeptFlight) + "\n");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                PostmasterLog.NotKept(parts.Log, e.Message);
            }
        }
    }

    private Dictionary<string, KeptFlight> Read()
    {
        try
        {
            return File.Exists(parts.File)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(parts.File),
                        CanaryJson.Default.DictionaryStringKeptFlight)
                    ?.Where(one => one.Value is { UnderWay: not null }).ToDictionary() ?? []
                : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            PostmasterLog.NotRead(parts.Log, parts.File, e.Message);
            return [];
        }
    }

    private sealed class Flight
    {
        /// <summary>When the last one was sent.</summary>
        public DateTimeOffset SentAt { get; set; }

        /// <summary>Those that have not arrived, where none after them has; oldest first.</summary>
        public IReadOnlyList<Bird> UnderWay { get; set; } = [];

        public DateTimeOffset LookAt { get; set; }

        /// <summary>How long the mailbox is left alone, where it could not be looked into.</summary>
        public TimeSpan ClosedFor { get; set; }

        /// <summary>The route that the newest takes.</summary>
        public string? Route { get; set; }

        /// <summary>What is known of the newest.</summary>
        public string? Words { get; set; }
    }
}

/// <summary>One canary.</summary>
/// <param name="Mark">What its subject has and no other mail's.</param>
/// <param name="Mail">Its id; null if it was not accepted.</param>
internal sealed record Bird(string Mark, string? Mail, DateTimeOffset SentAt);

internal sealed record KeptFlight(DateTimeOffset SentAt, IReadOnlyList<Bird> UnderWay);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, KeptFlight>))]
internal sealed partial class CanaryJson : JsonSerializerContext;
