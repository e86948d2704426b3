using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Storms;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Storms;

/// <summary>Storms, and what is usual, in a file of the data folder.</summary>
internal sealed class StormBook(SmallFile file, ILogger log)
{
    /// <summary>As it was left; empty where there is none, or it cannot be read.</summary>
    /// <param name="next">The number of the next storm, where the file does not say it.</param>
    public StormWatch Read(Func<int> next)
    {
        try
        {
            if (file.Read() is { } octets && JsonSerializer.Deserialize(octets, StormJson.Default.KeptStorms)
                is { Storms: { } storms, Sources: { } sources } kept)
                return new StormWatch(storms.Select(ReadOne), sources.Values.All(static one => one?.Habits is not null)
                    ? sources : throw new JsonException("a source has no habits"), Math.Max(1, kept.Next));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            StormLog.NotRead(log, file.Path, e.Message);
        }

        return new StormWatch([], new Dictionary<string, HeardSource>(), next());
    }

    /// <summary>Keeps it; when this returns true it is durable.</summary>
    public bool Keep(KeptStorms kept)
    {
        try
        {
            file.Replace(JsonSerializer.Serialize(kept, StormJson.Default.KeptStorms) + "\n");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StormLog.NotKept(log, e.Message);
            return false;
        }
    }

    private static Storm ReadOne(KeptStorm? one) => (one ?? throw new JsonException("a storm is none")).Read();
}

/// <summary>All of it, as it lies in the file.</summary>
internal sealed record KeptStorms(
    int Next, IReadOnlyList<KeptStorm> Storms, IReadOnlyDictionary<string, HeardSource> Sources);

/// <summary>A storm, as it lies in the file.</summary>
internal sealed record KeptStorm(int Number, string Source, string First, DateTimeOffset Since, IReadOnlyList<string>
    Traits, string Subject, DateTimeOffset? Over, int Peak, bool Passes, int Slowly, string? Decision)
{
    public string? Last { get; init; }

    public static KeptStorm Of(Storm one) => new(one.Number, one.Source, one.First.ToString(), one.Since, one.Traits,
        one.Subject, one.Over, one.Peak, one.Passes, one.Slowly, one.Decision)
    {
        Last = one.Last?.ToString(),
    };

    /// <exception cref="JsonException">It is none.</exception>
    public Storm Read() => Source is not null && Traits is { Count: > 0 } && MailId.TryParse(First, out var first)
        ? new Storm(Number, Source, first, Since)
        {
            Traits = Traits, Subject = Subject ?? "", Over = Over, Peak = Peak, Passes = Passes, Slowly = Slowly,
            Decision = Decision,
            Last = MailId.TryParse(Last, out var last) ? last : Over is { } over ? MailId.After(default, over) : null,
        }
        : throw new JsonException($"storm {Number} is none");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptStorms))]
internal sealed partial class StormJson : JsonSerializerContext;
