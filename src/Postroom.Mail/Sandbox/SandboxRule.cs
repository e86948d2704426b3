using Postroom.Mail.Audit;

namespace Postroom.Mail.Sandbox;

/// <summary>What becomes of part of the mail. Of several, the first that fits a mail and a recipient decides.</summary>
/// <param name="Name">For the trail.</param>
public sealed record SandboxRule(string Name, Mode Mode)
{
    /// <summary>Which mail: by fields that never change (<see cref="Lasting"/>).</summary>
    public Filter Of { get; init; } = Filter.All;

    /// <summary>The listeners it came in at, by name; empty: any.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>Which recipients; null: all.</summary>
    public AllowList? To { get; init; }

    /// <summary>Where mail that it redirects goes; null: as <see cref="SandboxSettings.Redirection"/> says.</summary>
    public Redirection? Redirection { get; init; }

    public bool Fits(LastingFacts mail, ForwardPath to) =>
        (Listeners.Count == 0 || Listeners.Contains(mail.Origin.Listener, StringComparer.OrdinalIgnoreCase))
        && (To is null || To.Has(to)) && Lasting.Has(Of, mail);
}

/// <summary>Where mail goes instead of where it was addressed.</summary>
/// <param name="To">The one mailbox.</param>
/// <param name="Tag">What is put in front of its subject; null for nothing.</param>
public sealed record Redirection(ForwardPath To, string? Tag)
{
    /// <summary>The most octets of a tag in UTF-8: as an encoded word it is one (RFC 2047 §2).</summary>
    public const int LongestTag = 40;
}

/// <summary>A person's word at run time: it goes before the configuration, until it ends or is taken back.</summary>
/// <param name="Who">The person.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">When it was said.</param>
public sealed record ModeOverride(Mode Mode, string Who, string Reason, DateTimeOffset Since)
{
    /// <summary>When it ends by itself; null: when a person says so.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The rule in whose place it stands; null: it stands before all rules.</summary>
    public string? Rule { get; init; }

    /// <summary>Which mail, as it was written; null: all mail, or that of <see cref="Rule"/>.</summary>
    public string? Filter { get; init; }

    /// <summary>The same, read.</summary>
    public Filter Of { get; init; } = Audit.Filter.All;

    /// <summary>Whoever said it may let more leave this machine than the configuration does, whatever that becomes. Of
    /// others it never does.</summary>
    public bool MayLoosen { get; init; }

    public bool IsForAll => Rule is null && Filter is null;

    /// <summary>What it is for, in words.</summary>
    public string For => Rule is { } rule ? $"rule \"{rule}\"" : Filter ?? "all mail";

    /// <summary>The same place: one said there goes in the place of the other.</summary>
    public bool IsForTheSameAs(ModeOverride other) => Rule == other.Rule && Filter == other.Filter;

    public bool Holds(DateTimeOffset now) => Until is not { } until || now < until;
}

/// <summary>What the policy is made from.</summary>
/// <param name="Mode">What becomes of mail that nothing else decides.</param>
public sealed record SandboxSettings(Mode Mode)
{
    /// <summary>In order.</summary>
    public IReadOnlyList<SandboxRule> Rules { get; init; } = [];

    /// <summary>Where mail that is redirected goes; null: nobody said, and it is captured.</summary>
    public Redirection? Redirection { get; init; }

    /// <summary>What people said since, the newest first.</summary>
    public IReadOnlyList<ModeOverride> Overrides { get; init; } = [];

    /// <summary>
    /// Why nothing at all may leave this machine, whatever rules and people say; null where something may. It is the
    /// first rule of all.
    /// </summary>
    public string? Stopped { get; init; }
}
