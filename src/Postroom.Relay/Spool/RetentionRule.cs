using Postroom.Mail.Audit;

namespace Postroom.Relay.Spool;

/// <summary>How long something is kept of some mail, counted from its acceptance; never shorter than until it has
/// ended. Of several rules, the first that has the mail and says it.</summary>
/// <param name="Of">Which mail: by fields of it that never change.</param>
public sealed record RetentionRule(Filter Of)
{
    /// <summary>Who forgets, where it is no person.</summary>
    public const string Name = "retention";

    /// <summary>Its octets, however it ended; null: as <see cref="SpoolSettings.KeepCaptured"/> says.</summary>
    public TimeSpan? Bodies { get; init; }

    /// <summary>How its tries went; null: as long as the rest.</summary>
    public TimeSpan? Events { get; init; }

    /// <summary>All the rest; null: for ever.</summary>
    public TimeSpan? Metadata { get; init; }
}
