using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Audit;
using Postroom.Mail.Trouble;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Trouble;

/// <summary>What the desk is made from.</summary>
/// <param name="Dice">Asked under a lock.</param>
/// <param name="Note">Puts an event on record; does not wait.</param>
public sealed record TroubleParts(TimeProvider Time, Random Dice, Action<TrailEvent> Note, ILogger Log)
{
    public RelayMeters Meters { get; init; } = RelayMeters.Unwatched;
}

/// <summary>Which trouble is made: the configuration's, and before it what people set since. Whatever it makes is
/// counted and on record.</summary>
/// <remarks>What people set ends with the process at the latest: nobody meets trouble that everybody has
/// forgotten.</remarks>
public sealed class TroubleDesk(TroubleParts parts)
{
    /// <summary>The most rules that people set at once.</summary>
    public const int Most = 100;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, long> _made = new(StringComparer.Ordinal);
    private IReadOnlyList<TroubleRule> _configured = [];
    private IReadOnlyList<TroubleRule> _set = [];
    private volatile IReadOnlyList<TroubleRule> _all = [];

    /// <summary>All rules that hold now: first what people set, the newest first, then the configuration's.</summary>
    public IReadOnlyList<TroubleRule> All => [.. _all.Where(IsOn)];

    /// <summary>Addresses may ask for trouble by themselves.</summary>
    public bool Addresses { get; private set; } = true;

    /// <summary>How often a rule made trouble since the start; under the empty name: addresses.</summary>
    public long Made(string rule) => _made.GetValueOrDefault(rule);

    /// <summary>Goes on by these rules of the configuration.</summary>
    public void Use(IReadOnlyList<TroubleRule> rules, bool addresses)
    {
        lock (_gate)
        {
            (_configured, Addresses) = (rules, addresses);
            _all = [.. _set, .. _configured];
        }
    }

    /// <summary>A person sets a rule, in the place of one of that name that a person set.</summary>
    /// <returns>False: there are too many.</returns>
    public bool Set(TroubleRule rule)
    {
        lock (_gate)
        {
            List<TroubleRule> fresh = [rule, .. _set.Where(one => one.Name != rule.Name && IsOn(one))];
            if (fresh.Count > Most)
                return false;
            _set = fresh;
            _all = [.. _set, .. _configured];
        }

        Changed(rule.Who, $"trouble rule \"{rule.Name}\" at {WordOf(rule.Stage)}: {rule.Effect}, until {rule.Until:u}");
        return true;
    }

    /// <summary>Takes back what people set.</summary>
    /// <param name="name">Null: all of it.</param>
    /// <returns>How many that were.</returns>
    public int Clear(string? name, string who)
    {
        int gone;
        lock (_gate)
        {
            List<TroubleRule> rest = [.. _set.Where(one => name is not null && one.Name != name)];
            gone = _set.Count(IsOn) - rest.Count(IsOn);
            _set = rest;
            _all = [.. _set, .. _configured];
        }

        if (gone > 0)
            Changed(who, name is null ? "all trouble that was set is over" : $"trouble rule \"{name}\" is over");
        return gone;
    }

    /// <summary>Looks what is made to go wrong, and has it on record where it is not a mail's own.</summary>
    /// <param name="couldLeave">The mail, or any at this stage, could go out to whom it is addressed.</param>
    public Made? Meddle(Occasion at, bool couldLeave)
    {
        if (TroubleTable.Find(_all, at, couldLeave, Addresses, Roll) is not { } found)
            return null;
        var stage = WordOf(at.Stage);
        _made.AddOrUpdate(found.Rule?.Name ?? "", 1, static (_, count) => count + 1);
        parts.Meters.TroubleMade(stage);
        TroubleLog.Made(parts.Log, found.Made.Effect.ToString(), stage, at.Mail.Origin.Client, found.Made.By);
        if (at.Stage != Stage.Delivery)
            parts.Note(new TrailEvent(at.Now, EventKind.TroubleMade, null, null)
            {
                Text = $"{found.Made.Effect} at {stage} of {At(at)}, made by {found.Made.By}",
            });
        return found.Made;
    }

    /// <summary>A stage, as people write it.</summary>
    public static string WordOf(Stage stage) => stage switch
    {
        Stage.Connect => "connect",
        Stage.Hello => "hello",
        Stage.Login => "login",
        Stage.Mail => "mail",
        Stage.Rcpt => "rcpt",
        Stage.Data => "data",
        Stage.Delivery => "delivery",
    };

    private bool IsOn(TroubleRule rule) => rule.Holds(parts.Time.GetUtcNow());

    private double Roll()
    {
        lock (_gate)
            return parts.Dice.NextDouble();
    }

    private void Changed(string? who, string what)
    {
        TroubleLog.Changed(parts.Log, what, who ?? "");
        parts.Note(new TrailEvent(parts.Time.GetUtcNow(), EventKind.TroubleChanged, null, null)
        {
            Who = who, Text = what,
        });
    }

    private static string At(Occasion at) => at.Recipients.Count > 0
        ? $"{at.Recipients[0].Address} from {at.Mail.Origin.Client}" : at.Mail.Origin.Client;
}
