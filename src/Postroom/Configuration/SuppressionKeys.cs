using Postroom.Mail.Status;
using Postroom.Relay.Suppression;

namespace Postroom.Configuration;

/// <summary>When addresses that keep failing are given up.</summary>
internal static class SuppressionKeys
{
    private const string T = "suppression";
    private static readonly DeadAddressRule Plain = SuppressionSettings.Plain.Rule;

    public static readonly Setting<bool> Learn = new(T, "learn", SettingTypes.Switch, SuppressionSettings.Plain.Learns,
        "`false`: only addresses that a person put there are on the list.");
    public static readonly Setting<int> After = new(T, "after", SettingTypes.Whole(1, 100), Plain.After,
        "Mails to an address that failed in a row because there is no such mailbox, with none delivered between.");
    public static readonly Setting<TimeSpan> Over = new(T, "over", SettingTypes.Duration, Plain.Over,
        "The least time between the first of them and the last: an hour's trouble at the other side is none of the "
            + "address.");
    public static readonly Setting<TimeSpan> For = new(T, "for", SettingTypes.Duration, Plain.For,
        "How long nothing is sent there. Then one mail is tried again, and each time that it fails this doubles, up to "
            + "180 days.");

    public static Setting[] All => [Learn, After, Over, For];

    public static SuppressionSettings Of(TableValues? t) => t is null ? SuppressionSettings.Plain
        : new SuppressionSettings(t.Get(Learn), new DeadAddressRule(t.Get(After), t.Get(Over), t.Get(For)));

    public static IEnumerable<Mistake> Check(TableValues t)
    {
        if (t.Get(For) < TimeSpan.FromHours(1))
            yield return new Mistake(t.PlaceOf(For), "for: it must be 1 h or more", "learn = false switches it off");
    }
}
