using System.Globalization;
using Postroom.Mail.Audit;

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

    /// <summary>Everything goes to one mailbox, with the true recipients named in it.</summary>
    Redirect,

    /// <summary>Nothing leaves, and nothing is kept but the record.</summary>
    Discard,
}

/// <summary>
/// Leave to put one recipient's mail on the wire. Only <see cref="SandboxPolicy"/> gives it (a test holds that).
/// </summary>
public sealed record Clearance
{
    internal Clearance(ForwardPath path, string rule, Redirection? redirection) =>
        (Path, Rule, Redirection) = (path, rule, redirection);

    /// <summary>Where the mail may go. In a sandbox not always where it was addressed.</summary>
    public ForwardPath Path { get; }

    /// <summary>The rule that gave leave, for the trail.</summary>
    public string Rule { get; }

    /// <summary>It goes to a mailbox of the sandbox's; null: to where it was addressed.</summary>
    public Redirection? Redirection { get; }
}

/// <summary>What is to become of one recipient.</summary>
/// <param name="Mode">In a word. Without a clearance never one that lets anything leave.</param>
/// <param name="Clearance">Leave to deliver; null if there is none.</param>
/// <param name="Rule">The rule that decided, for the trail.</param>
public readonly record struct SandboxVerdict(Mode Mode, Clearance? Clearance, string Rule);

/// <summary>
/// May this recipient be mailed from this machine? Asked at lease time, so a change of mode holds at once.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>The clone guard: what it says of a mail, and where the machine is not its own, that nothing leaves.</item>
/// <item>What a person said at run time, the newest first, while it holds.</item>
/// <item>The first rule that fits.</item>
/// <item>The mode.</item>
/// </list>
/// A clearance comes from nothing but a word that says live or redirect.
/// </remarks>
public sealed class SandboxPolicy
{
    /// <summary>What decides where nothing is said but <c>mode = "live"</c>: too plain to stand on each mail.</summary>
    public const string PlainLive = "mode = live";

    /// <summary>How the rule of whatever is redirected begins; the mailbox and a colon follow.</summary>
    public const string RedirectedTo = "redirected to ";

    private readonly SandboxSettings _settings;
    private readonly Decision _plain;
    private readonly Decision[] _rules;
    private readonly string[] _said;
    private readonly int _farthest; // of the configuration

    public SandboxPolicy(Mode mode) : this(new SandboxSettings(mode))
    {
    }

    public SandboxPolicy(SandboxSettings settings)
    {
        _settings = settings;
        _plain = new Decision(null, settings.Mode, settings.Redirection, $"mode = {NameOf(settings.Mode)}");
        _rules = [.. settings.Rules.Select(rule => new Decision(rule, rule.Mode,
            rule.Redirection ?? settings.Redirection, $"sandbox rule \"{rule.Name}\": {NameOf(rule.Mode)}"))];
        _said = [.. settings.Overrides.Select(WordsOf)];
        _farthest = _rules.Append(_plain).Max(one => Reach(one.Mode));
    }

    /// <summary>What becomes of mail that no rule and no person says anything of.</summary>
    public Mode Mode => _settings.Mode;

    /// <summary>Some mail may leave: there is a next hop to be asked how it is.</summary>
    public bool LetsAnyLeave(DateTimeOffset now)
    {
        if (_settings.Stopped is not null)
            return false;
        foreach (var said in Holding(now))
            if (Reach(said.Mode) > 0 && (said.MayLoosen || Reach(said.Mode) <= _farthest))
                return true;
            else if (said.IsForAll && Reach(said.Mode) == 0)
                return false;
        return _farthest > 0;
    }

    /// <summary>Whether any mail that comes in at a listener could go out to whom it is addressed, as far as that can
    /// be said of mail that nothing is known of yet.</summary>
    /// <param name="to">Those it is for; none: to anybody.</param>
    public bool CouldMail(string listener, IReadOnlyList<ForwardPath> to, DateTimeOffset now)
    {
        if (_settings.Stopped is not null)
            return false;
        var own = CouldOwn(listener, to);
        foreach (var said in Holding(now))
            if (Reach(said.Mode) == 2 && (said.MayLoosen || own))
                return true;
            else if (said.IsForAll && (Reach(said.Mode) == 0 || (Reach(said.Mode) == 1 && said.MayLoosen)))
                return false;
            else if (said.IsForAll && Reach(said.Mode) == 1)
                own = false; // all that could is redirected; of what is kept, an older word may still let some go
        return own;
    }

    private IEnumerable<ModeOverride> Holding(DateTimeOffset now) =>
        _settings.Overrides.Where(said => said.Holds(now));

    private bool CouldOwn(string listener, IReadOnlyList<ForwardPath> to) => _settings.Mode == Mode.Live
        || _settings.Rules.Any(rule => rule.Mode == Mode.Live
            && (to.Count == 0 || rule.To is null || to.Any(rule.To.Has))
            && (rule.Listeners.Count == 0 || rule.Listeners.Contains(listener, StringComparer.OrdinalIgnoreCase)));

    /// <param name="now">For what ends by itself.</param>
    /// <param name="kept">What the clone guard says of the mail: it wins over everything. Null: nothing.</param>
    public SandboxVerdict Judge(LastingFacts mail, ForwardPath to, DateTimeOffset now, Keeping? kept)
    {
        if (kept is not null)
            return new SandboxVerdict(kept.Hold ? Mode.Hold : Mode.Capture, null, kept.Rule);
        if (_settings.Stopped is { } why)
            return new SandboxVerdict(Mode.Capture, null, why);
        var own = Own(mail, to);
        for (var i = 0; i < _settings.Overrides.Count; i++)
        {
            var said = _settings.Overrides[i];
            if (said.Holds(now) && (said.Rule is null || said.Rule == own.Rule?.Name) && Lasting.Has(said.Of, mail)
                && (said.MayLoosen || Reach(said.Mode) <= Reach(own.Mode)))
                return Verdict(new Decision(own.Rule, said.Mode, own.Redirection, _said[i]), to);
        }

        return Verdict(own, to);
    }

    /// <summary>Whether a word would let more leave than the configuration does, of any mail that it is for.</summary>
    public static bool IsLooser(SandboxSettings configured, ModeOverride said) => Reach(said.Mode) > (said.Rule is null
        ? configured.Rules.Select(rule => Reach(rule.Mode)).Append(Reach(configured.Mode)).Min()
        : configured.Rules.Where(rule => rule.Name == said.Rule).Select(rule => Reach(rule.Mode))
            .DefaultIfEmpty(0).Min());

    private Decision Own(LastingFacts mail, ForwardPath to)
    {
        foreach (var rule in _rules)
            if (rule.Rule!.Fits(mail, to))
                return rule;
        return _plain;
    }

    private static SandboxVerdict Verdict(Decision decided, ForwardPath to) => decided.Mode switch
    {
        Mode.Live => new SandboxVerdict(Mode.Live, new Clearance(to, decided.Words, null), decided.Words),
        Mode.Redirect when decided.Redirection is { } mailbox => Redirected(decided.Words, mailbox),
        Mode.Redirect => new SandboxVerdict(Mode.Capture, null,
            decided.Words + ", but no mailbox is named: captured"),
        var stays => new SandboxVerdict(stays, null, decided.Words),
    };

    private static SandboxVerdict Redirected(string words, Redirection mailbox)
    {
        var rule = $"{RedirectedTo}{mailbox.To.Address}: {words}";
        return new SandboxVerdict(Mode.Redirect, new Clearance(mailbox.To, rule, mailbox), rule);
    }

    // How far mail gets: nowhere, to a mailbox of ours, to whom it is for.
    private static int Reach(Mode mode) => mode switch { Mode.Live => 2, Mode.Redirect => 1, _ => 0 };

    private static string WordsOf(ModeOverride said) => $"{NameOf(said.Mode)}, set for {said.For} by {said.Who}"
        + (said.Until is { } until
            ? string.Create(CultureInfo.InvariantCulture, $" until {until.UtcDateTime:yyyy-MM-dd HH:mm}Z") : "")
        + $": {said.Reason}";

    /// <summary>As people write it.</summary>
    public static string NameOf(Mode mode) => mode switch
    {
        Mode.Capture => "capture",
        Mode.Live => "live",
        Mode.Hold => "hold",
        Mode.Redirect => "redirect",
        Mode.Discard => "discard",
    };

    private sealed record Decision(SandboxRule? Rule, Mode Mode, Redirection? Redirection, string Words);
}
