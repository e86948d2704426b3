using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Modes;

/// <summary>What people said at run time of the mode, in a file of the data folder, so that it outlives the
/// process.</summary>
/// <remarks>A file that is there and cannot be read may have said that nothing leaves: until a person says something
/// again, all mail is held.</remarks>
public sealed class ModeBook
{
    /// <summary>The most that is said at once.</summary>
    public const int Most = 100;

    private readonly SmallFile _file;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<ModeOverride> _all;

    public ModeBook(SmallFile file, TimeProvider time, ILogger log)
    {
        (_file, _time) = (file, time);
        _all = Read(log);
    }

    /// <summary>All of it, the newest first; what is over too, until that was told.</summary>
    public IReadOnlyList<ModeOverride> All => _all;

    /// <summary>When the next of it ends by itself; null: nothing does.</summary>
    public DateTimeOffset? NextEnd => _all.Min(one => one.Until);

    /// <summary>Says it, in the place of what was said for the same.</summary>
    /// <exception cref="IOException">It could not be kept, and holds not; says why.</exception>
    public void Set(ModeOverride said)
    {
        lock (_gate)
        {
            List<ModeOverride> fresh = [said, .. _all.Where(one => !one.IsForTheSameAs(said) && !IsOurs(one))];
            if (fresh.Count > Most)
                throw new IOException($"more than {Most} modes are set: clear some first");
            Keep(fresh);
        }
    }

    /// <summary>Takes back what fits.</summary>
    /// <returns>What that was.</returns>
    /// <exception cref="IOException">It could not be kept, and holds on; says why.</exception>
    public IReadOnlyList<ModeOverride> Clear(Func<ModeOverride, bool> which)
    {
        lock (_gate)
        {
            var gone = _all.Where(which).ToList();
            if (gone.Count > 0)
                Keep([.. _all.Except(gone)]);
            return gone;
        }
    }

    /// <summary>Takes out what is over.</summary>
    /// <param name="why">Why that could not be kept; it is taken out all the same, and told again after a
    /// start.</param>
    public IReadOnlyList<ModeOverride> TakeOver(out string? why)
    {
        var now = _time.GetUtcNow();
        why = null;
        lock (_gate)
        {
            var over = _all.Where(one => !one.Holds(now)).ToList();
            var rest = _all.Except(over).ToList();
            try
            {
                if (over.Count > 0)
                    Keep(rest);
            }
            catch (IOException e)
            {
                (why, _all) = (e.Message, rest);
            }

            return over;
        }
    }

    private static bool IsOurs(ModeOverride said) => said.Who == Unread;

    private const string Unread = "postroom";

    private void Keep(IReadOnlyList<ModeOverride> fresh)
    {
        try
        {
            _file.Replace(JsonSerializer.Serialize(
                [.. fresh.Select(KeptMode.Of)], ModeJson.Default.KeptModeArray) + "\n");
            _all = fresh;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private List<ModeOverride> Read(ILogger log)
    {
        try
        {
            return _file.Read() is not { } kept ? []
                : [.. (JsonSerializer.Deserialize(kept, ModeJson.Default.KeptModeArray)
                    ?? throw new JsonException("it is empty")).Select(one => one.Read())];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            ModeLog.NotRead(log, _file.Path, e.Message);
            var why = $"{Path.GetFileName(_file.Path)} cannot be read";
            return [new ModeOverride(Mode.Hold, Unread, why, _time.GetUtcNow())];
        }
    }
}

/// <summary>One of them, as it lies in the file.</summary>
internal sealed record KeptMode(string Mode, string Who, string Reason, DateTimeOffset Since)
{
    public DateTimeOffset? Until { get; init; }
    public string? Rule { get; init; }
    public string? Filter { get; init; }
    public bool MayLoosen { get; init; }

    public static KeptMode Of(ModeOverride said) =>
        new(SandboxPolicy.NameOf(said.Mode), said.Who, said.Reason, said.Since)
        {
            Until = said.Until, Rule = said.Rule, Filter = said.Filter, MayLoosen = said.MayLoosen,
        };

    /// <exception cref="JsonException">It says nothing that is known.</exception>
    public ModeOverride Read()
    {
        if (!Enum.TryParse<Mode>(Mode, ignoreCase: true, out var mode) || Who is null || Reason is null)
            throw new JsonException($"{Mode} is no mode");
        var of = Postroom.Mail.Audit.Filter.All;
        if (Filter is not null && !FilterParser.TryParse(Filter, Since, out of, out var wrong))
            throw new JsonException(wrong);
        return new ModeOverride(mode, Who, Reason, Since)
        {
            Until = Until, Rule = Rule, Filter = Filter, Of = of, MayLoosen = MayLoosen,
        };
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptMode[]))]
internal sealed partial class ModeJson : JsonSerializerContext;
