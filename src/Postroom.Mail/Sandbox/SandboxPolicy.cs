namespace Postroom.Mail.Sandbox;

/// <summary>What this machine does with mail that it has accepted.</summary>
public enum Mode
{
    /// <summary>Nothing leaves; everything is kept to be looked at. The default.</summary>
    Capture,

    /// <summary>Mail goes to its route.</summary>
    Live,

    /// <summary>Nothing leaves and nothing ends: mail is kept for a later release.</summary>
    Hold,
}

/// <summary>
/// Leave to put one recipient's mail on the wire. Only <see cref="SandboxPolicy"/> gives it (a test holds that).
/// </summary>
public sealed record Clearance
{
    internal Clearance(ForwardPath path, string rule) => (Path, Rule) = (path, rule);

    /// <summary>Where the mail may go. In a sandbox not always where it was addressed.</summary>
    public ForwardPath Path { get; }

    /// <summary>The rule that gave leave, for the trail.</summary>
    public string Rule { get; }
}

/// <summary>What is to become of one recipient: deliver with this clearance, capture, or hold.</summary>
/// <param name="Clearance">Leave to deliver; null if there is none.</param>
/// <param name="Hold">Without clearance: keep for release (true) or as captured (false).</param>
/// <param name="Rule">The rule that decided, for the trail.</param>
public readonly record struct SandboxVerdict(Clearance? Clearance, bool Hold, string Rule);

/// <summary>
/// May this recipient be mailed from this machine? Asked at lease time, so a change of mode holds at once.
/// </summary>
/// <param name="isForeign">The installation is live on another machine: nothing leaves, whatever the mode.</param>
public sealed class SandboxPolicy(Mode mode, bool isForeign = false)
{
    public Mode Mode { get; } = mode;

    /// <summary>Whether anything can leave: if not, no next hop is knocked at either.</summary>
    public bool MaySend { get; } = mode == Mode.Live && !isForeign;

    /// <param name="kept">What the clone guard says of the mail: it wins over everything. Null: nothing.</param>
    public SandboxVerdict Judge(ForwardPath to, Keeping? kept)
    {
        if (kept is null && isForeign)
            kept = new Keeping(Hold: false, "clone guard: live on another machine");
        if (kept is not null)
            return new SandboxVerdict(null, kept.Hold, kept.Rule);
        return Mode switch
        {
            Mode.Live => new SandboxVerdict(new Clearance(to, "mode = live"), Hold: false, "mode = live"),
            Mode.Hold => new SandboxVerdict(null, Hold: true, "mode = hold"),
            Mode.Capture => new SandboxVerdict(null, Hold: false, "mode = capture"),
        };
    }
}
