using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Identity;

/// <summary>An instance that arrives from elsewhere.</summary>
/// <param name="Name">Application and instance: <c>jira 3b0c…</c>.</param>
/// <param name="Captured">How many recipients of it were captured since the start.</param>
public sealed record Copied(string Name, string Why, long Captured);

/// <summary>Remembers from where each application instance comes; only while mail is live, and at home.</summary>
/// <param name="file">What was learned, kept in the data folder.</param>
public sealed class SourceMemory(string file, TimeProvider time, ILogger log)
{
    /// <summary>The most instances that are told apart; any other is not learned.</summary>
    public const int MostSources = 200;

    private static readonly TimeSpan KeepEvery = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private volatile TaskCompletionSource _changed = Promise.New();
    private readonly Dictionary<string, long> _captured = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal); // also of those with a rule
    private Dictionary<string, KnownSource>? _known;
    private IReadOnlyList<SourceRule> _rules = [];
    private DateTimeOffset _keptAt;
    private bool _isOn;

    /// <summary>Goes on by these rules.</summary>
    /// <param name="isOn">Mail is live, and at home: from elsewhere nothing is learned.</param>
    public void Use(IReadOnlyList<SourceRule> rules, bool isOn)
    {
        lock (_gate)
        {
            if (rules == _rules && isOn == _isOn)
                return;
            (_rules, _isOn) = (rules, isOn);
            _captured.Clear();
            _reasons.Clear(); // what a rule said may be so no more; what was learned stays
        }
    }

    /// <summary>A mail came in, or its turn has come.</summary>
    /// <param name="isTried">Its turn has come.</param>
    /// <returns>Why it is captured; null: nothing is in the way.</returns>
    public Keeping? Hear(Origin origin, AppFacts? app, DateTimeOffset at, bool isTried)
    {
        lock (_gate)
        {
            if (Judge(origin, app, at) is not { } said)
                return null;
            if (said.Known is { } known && known != said.Before)
                Learned(_known!, said.Name, said.Before, known);
            if (said.Elsewhere is not null)
                Told(said.Name, said.Elsewhere, isTried);
            return said.Keeping;
        }
    }

    /// <summary>What would be said of a mail; nothing is learned or told by it.</summary>
    public Keeping? Look(Origin origin, AppFacts? app, DateTimeOffset at)
    {
        lock (_gate)
            return Judge(origin, app, at)?.Keeping;
    }

    /// <summary>Those that arrive from elsewhere, as they stand.</summary>
    public IReadOnlyList<Copied> Elsewhere
    {
        get
        {
            lock (_gate)
                return [.. (_known ??= Read()).Where(one => one.Value.Strangers.Count > 0)
                    .Select(one => (Name: one.Key, one.Value.Strangers[^1].Why))
                    .UnionBy(_reasons.Select(one => (Name: one.Key, Why: one.Value)), one => one.Name)
                    .Select(one => new Copied(one.Name, one.Why, _captured.GetValueOrDefault(one.Name)))];
        }
    }

    /// <summary>A person says that a source is at home where it arrives from.</summary>
    /// <param name="name">As <see cref="Copied.Name"/>, or its instance alone.</param>
    /// <returns>Why it was captured; null: there is no such source.</returns>
    public string? Confirm(string name)
    {
        lock (_gate)
        {
            var all = _known ??= Read();
            var key = all.Keys.FirstOrDefault(one => one == name || one.EndsWith($" {name}", StringComparison.Ordinal));
            if (key is null || all[key].Strangers is not [.., var last])
                return null;
            all[key] = all[key].Confirm(time.GetUtcNow());
            _captured.Remove(key);
            _reasons.Remove(key);
            ToBeKept();
            return last.Why;
        }
    }

    /// <summary>Keeps what is learned, beside the mail it is learned of, until it is cancelled; and then once more.
    /// What a kill takes is learned anew.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var changed = _changed.Task; // before it is kept: what comes during that counts
            await Task.WhenAny(changed, Task.Delay(Timeout.Infinite, cancel));
            Interlocked.Exchange(ref _changed, Promise.New());
            Keep();
        }
    }

    /// <summary>Keeps what was learned.</summary>
    public void Keep()
    {
        string? text;
        lock (_gate)
            text = _known is { } all ? JsonSerializer.Serialize(all, SourcesJson.Default.KnownSources) + "\n" : null;
        if (text is null)
            return;
        try
        {
            WholeFile.Replace(file, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            IdentityLog.SourcesNotKept(log, e.Message);
        }
    }

    // Where it is heard from is kept at once, when it was heard last from time to time.
    private void Learned(Dictionary<string, KnownSource> all, string name, KnownSource? before, KnownSource known)
    {
        all[name] = known;
        if (before is null || before.Addresses.Count != known.Addresses.Count
            || before.Sites.Count != known.Sites.Count || before.Strangers.Count != known.Strangers.Count
            || time.GetUtcNow() - _keptAt >= KeepEvery || time.GetUtcNow() < _keptAt)
            ToBeKept();
    }

    private void ToBeKept()
    {
        _keptAt = time.GetUtcNow();
        _changed.TrySetResult();
    }

    private Judged? Judge(Origin origin, AppFacts? app, DateTimeOffset at)
    {
        if (!_isOn || app?.Instance is not { } instance)
            return null;
        var (name, mail) = ($"{app.App} {instance}", new Arrival(ClientOf(origin), HeloOf(origin), app.Site, at));
        if (_rules.FirstOrDefault(one => one.Instance == instance) is { } rule)
            return new Judged(name, SourceTable.Against(rule, mail), Before: null, Known: null);
        var all = _known ??= Read();
        var before = all.GetValueOrDefault(name);
        if (before is null && all.Count >= MostSources)
            return null;
        var (known, elsewhere) = SourceTable.Hear(before, mail);
        return new Judged(name, elsewhere, before, known);
    }

    private void Told(string name, string elsewhere, bool isTried)
    {
        var isNews = !_captured.TryGetValue(name, out var before);
        _captured[name] = before + (isTried ? 1 : 0);
        _reasons[name] = elsewhere;
        if (isNews)
            IdentityLog.Elsewhere(log, name, elsewhere);
    }

    /// <param name="Elsewhere">Why it is a copy's; null: it is not.</param>
    /// <param name="Known">What is known of it with this mail; null: a rule says it all.</param>
    private readonly record struct Judged(string Name, string? Elsewhere, KnownSource? Before, KnownSource? Known)
    {
        public Keeping? Keeping => Elsewhere is null
            ? null : new Keeping(Hold: false, $"clone guard: a copy of {Name}: {Elsewhere}");
    }

    private Dictionary<string, KnownSource> Read()
    {
        try
        {
            return File.Exists(file)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(file), SourcesJson.Default.KnownSources) ?? [] : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            IdentityLog.SourcesNotRead(log, file, e.Message);
            return [];
        }
    }

    // Loopback and sockets are one place; an IPv4 address is one however it is written.
    private static string ClientOf(Origin origin)
    {
        if (!IPAddress.TryParse(origin.Client, out var address))
            return Arrival.Local;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.Equals(IPAddress.Loopback) || address.Equals(IPAddress.IPv6Loopback)
            ? Arrival.Local : address.ToString();
    }

    private static string? HeloOf(Origin origin) => origin.Helo is { Length: > 0 } helo && helo[0] != '['
        && !helo.StartsWith("localhost", StringComparison.OrdinalIgnoreCase) && helo.Any(char.IsLetter) ? helo : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Dictionary<string, KnownSource>), TypeInfoPropertyName = "KnownSources")]
internal sealed partial class SourcesJson : JsonSerializerContext;
