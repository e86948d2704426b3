using Postroom.Mail.Status;

namespace Postroom.Relay.Suppression;

/// <summary>Whether addresses that keep failing are given up for a while.</summary>
/// <param name="Learns">False: only those that a person put there are on the list.</param>
/// <param name="Rule">When an address counts as dead.</param>
public sealed record SuppressionSettings(bool Learns, DeadAddressRule Rule)
{
    /// <summary>Five mails in a row over three days, for 30 days.</summary>
    public static SuppressionSettings Plain { get; } =
        new(true, new DeadAddressRule(5, TimeSpan.FromDays(3), TimeSpan.FromDays(30)));
}

/// <summary>An address that no mail is sent to.</summary>
/// <param name="Address">In small letters.</param>
/// <param name="Since">When it came onto the list.</param>
/// <param name="Until">When mail goes there again; null: when a person says so.</param>
/// <param name="Reason">The other side's words, or a person's.</param>
/// <param name="Who">The person who put it there; null: it was found dead.</param>
public sealed record SuppressedAddress(
    string Address, DateTimeOffset Since, DateTimeOffset? Until, string Reason, string? Who)
{
    /// <summary>How many mails had failed in a row; 0 where a person put it there.</summary>
    public int Failures { get; init; }

    /// <summary>How often it was found dead before, in a row.</summary>
    public int Times { get; init; }

    /// <summary>Which application wrote there last; null where it was not recognised.</summary>
    public string? App { get; init; }

    /// <summary>What that mail was about.</summary>
    public string? Item { get; init; }
}
