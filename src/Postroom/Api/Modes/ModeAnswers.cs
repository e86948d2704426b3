using Postroom.Mail.Sandbox;

namespace Postroom.Api.Modes;

/// <summary>What becomes of mail, and who said so: <c>GET /api/v1/mode</c>.</summary>
/// <param name="Mode">What becomes of mail that nothing else below is about, now.</param>
/// <param name="Configured">The same as the configuration has it.</param>
public sealed record ModeAnswer(string Mode, string Configured)
{
    /// <summary>What people said at run time, the newest first; the first that fits a mail decides.</summary>
    public required IReadOnlyList<OverrideAnswer> Overrides { get; init; }

    /// <summary>The rules of the configuration, in order; the first that fits decides.</summary>
    public required IReadOnlyList<SandboxRuleAnswer> Rules { get; init; }

    /// <summary>The mailbox of redirected mail; absent where none is named.</summary>
    public string? RedirectTo { get; init; }
}

/// <summary>A person's word at run time.</summary>
/// <param name="For">What it is for: all mail, a rule, or a filter.</param>
/// <param name="Who">The person.</param>
public sealed record OverrideAnswer(string Mode, string For, string Reason, string Who, DateTimeOffset Since)
{
    /// <summary>When it ends by itself; absent: when a person takes it back.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The rule in whose place it stands.</summary>
    public string? Rule { get; init; }

    /// <summary>Which mail it is for.</summary>
    public string? Filter { get; init; }

    public static OverrideAnswer Of(ModeOverride said) =>
        new(SandboxPolicy.NameOf(said.Mode), said.For, said.Reason, said.Who, said.Since)
        {
            Until = said.Until, Rule = said.Rule, Filter = said.Filter,
        };
}

/// <summary>A rule of the configuration.</summary>
public sealed record SandboxRuleAnswer(string Name, string Mode)
{
    /// <summary>The mailbox of what it redirects.</summary>
    public string? RedirectTo { get; init; }
}

/// <summary>What is to become of mail: <c>PUT /api/v1/mode</c>.</summary>
/// <param name="Mode">live, capture, hold, redirect or discard.</param>
/// <param name="Reason">Why; there has to be one.</param>
/// <param name="Until">When it ends by itself; without it, when a person takes it back.</param>
/// <param name="Rule">The rule in whose place it stands.</param>
/// <param name="Filter">Which mail, by fields that never change; without both, all mail.</param>
public sealed record ModeRequest(
    string? Mode = null, string? Reason = null, DateTimeOffset? Until = null, string? Rule = null,
    string? Filter = null);
