using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Suppression;

/// <summary>The addresses that no mail is sent to, in a file of the data folder.</summary>
/// <param name="path">The file.</param>
public sealed class SuppressionList(string path, TimeProvider time, ILogger log)
{
    /// <summary>The most addresses on it.</summary>
    public const int Most = 100_000;

    // What was taken off is remembered for as long as mail to it could be found that had failed before.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(365);

    private readonly Lock _gate = new();
    private volatile KeptSuppressions? _kept;

    private KeptSuppressions Kept => _kept ?? Read();

    /// <summary>All that hold now, by address.</summary>
    public IReadOnlyList<SuppressedAddress> All =>
        [.. Kept.Addresses.Values.Where(Holds).OrderBy(one => one.Address, StringComparer.Ordinal)];

    /// <summary>Why no mail is sent to an address; null where it is. Costs a look-up.</summary>
    public SuppressedAddress? Find(string address) =>
        Kept.Addresses is { Count: > 0 } all && all.TryGetValue(KeyOf(address), out var found) && Holds(found)
            ? found : null;

    /// <summary>What is known of an address though its time is over; null if nothing.</summary>
    internal SuppressedAddress? Known(string address) => Kept.Addresses.GetValueOrDefault(KeyOf(address));

    /// <summary>Since when its failures count.</summary>
    internal DateTimeOffset CountsSince(string address) => Kept.Cleared.GetValueOrDefault(KeyOf(address));

    /// <summary>Puts addresses on it, in the place of what was known of them.</summary>
    /// <exception cref="IOException">It could not be kept, and holds not; says why.</exception>
    public void Add(IReadOnlyList<SuppressedAddress> addresses)
    {
        lock (_gate)
        {
            var (all, cleared) = (new Dictionary<string, SuppressedAddress>(Kept.Addresses), Kept.Cleared);
            foreach (var one in addresses)
                all[KeyOf(one.Address)] = one with { Address = KeyOf(one.Address) };
            if (all.Count > Most)
                throw new IOException($"more than {Most:#,0} addresses are on the list: take some away first");
            Keep(new KeptSuppressions(all, cleared));
        }
    }

    /// <summary>Takes an address off: mail goes there again, and what failed before says nothing any more.</summary>
    /// <returns>Whether it was on it.</returns>
    /// <exception cref="IOException">It could not be kept; says why.</exception>
    public bool Remove(string address)
    {
        lock (_gate)
        {
            var key = KeyOf(address);
            var now = time.GetUtcNow();
            var wasThere = Find(address) is not null;
            var all = Kept.Addresses.Where(one => one.Key != key).ToDictionary();
            var cleared = Kept.Cleared.Where(one => one.Value > now - Remembered).ToDictionary();
            if (wasThere)
                cleared[key] = now;
            Keep(new KeptSuppressions(all, cleared));
            return wasThere;
        }
    }

    /// <summary>Nothing of an address is kept any more, not even that it was there.</summary>
    /// <returns>Whether anything was.</returns>
    /// <exception cref="IOException">It could not be kept; says why.</exception>
    public bool Forget(string address)
    {
        lock (_gate)
        {
            var (all, cleared) = (Kept.Addresses.ToDictionary(), Kept.Cleared.ToDictionary());
            if (!(all.Remove(KeyOf(address)) | cleared.Remove(KeyOf(address))))
                return false;
            Keep(new KeptSuppressions(all, cleared));
            return true;
        }
    }

    // Local parts in either case too: no mail system that one meets tells Alice from alice.
    private static string KeyOf(string address) => address.ToLowerInvariant();

    private bool Holds(SuppressedAddress one) => one.Until is not { } until || until > time.GetUtcNow();

    private void Keep(KeptSuppressions fresh)
    {
        try
        {
            WholeFile.Replace(path, JsonSerializer.Serialize(fresh, SuppressionJson.Default.KeptSuppressions) + "\n");
            _kept = fresh;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private KeptSuppressions Read()
    {
        lock (_gate)
        {
            if (_kept is { } known)
                return known;
            try
            {
                if (File.Exists(path)
                    && JsonSerializer.Deserialize(File.ReadAllBytes(path), SuppressionJson.Default.KeptSuppressions) is
                        { Addresses: not null, Cleared: not null } kept)
                    return _kept = kept with
                    {
                        Addresses = kept.Addresses.Where(one => one.Value is { Address: not null, Reason: not null })
                            .ToDictionary(),
                    };
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                SuppressionLog.NotRead(log, path, e.Message); // a mail too many is better than one that is not sent
            }

            return _kept = KeptSuppressions.None;
        }
    }
}

/// <summary>The list, as it lies in the file.</summary>
/// <param name="Cleared">When addresses were taken off it.</param>
internal sealed record KeptSuppressions(
    IReadOnlyDictionary<string, SuppressedAddress> Addresses, IReadOnlyDictionary<string, DateTimeOffset> Cleared)
{
    public static KeptSuppressions None { get; } =
        new(new Dictionary<string, SuppressedAddress>(), new Dictionary<string, DateTimeOffset>());
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptSuppressions))]
internal sealed partial class SuppressionJson : JsonSerializerContext;
