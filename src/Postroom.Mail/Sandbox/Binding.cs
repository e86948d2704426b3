namespace Postroom.Mail.Sandbox;

/// <summary>On which machine an installation is live, as its data folder keeps it.</summary>
public sealed record Binding
{
    /// <summary>Null: it has never been live.</summary>
    public Machine? Machine { get; init; }

    /// <summary>When it was bound.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Who confirmed the move here; null: it bound itself.</summary>
    public string? By { get; init; }

    /// <summary>What came with the last move that was confirmed.</summary>
    public Border? Moved { get; init; }

    /// <summary>What came with a move that nobody has confirmed yet.</summary>
    public Border? Seen { get; init; }

    /// <summary>A text of <c>live_on</c> that names another machine, and was known to whoever confirmed.</summary>
    public string? Overruled { get; init; }
}

/// <summary>Between the mail of one machine and that of another, in one spool: ids ascend.</summary>
/// <param name="Before">The first id that could be the other machine's.</param>
/// <param name="From">Whose mail is before it.</param>
/// <param name="To">Whose comes after.</param>
public sealed record Border(MailId Before, string From, string To)
{
    /// <summary>With what mail from before is held. The same text for all of it: by that it is known again.</summary>
    public string Rule => $"clone guard: accepted on {From}, before the spool was on {To}: held for a person";
}

/// <summary>One verdict that wins over every mode and rule.</summary>
/// <param name="Hold">Kept for release (true) or as captured (false).</param>
/// <param name="Rule">Why, for the trail.</param>
public sealed record Keeping(bool Hold, string Rule);

/// <summary>Whether an installation is where it is live.</summary>
/// <param name="Here">The machine it is on.</param>
/// <param name="LiveOn">The one it is live on; null: none yet.</param>
/// <param name="Differs">What tells the two apart, in words; none: it is at home.</param>
public sealed record Standing(Machine Here, string? LiveOn, IReadOnlyList<string> Differs)
{
    /// <summary>Nobody is mailed from here until a person says so.</summary>
    public bool IsForeign => Differs.Count > 0;

    /// <summary>In a sentence; empty where all is well.</summary>
    public string Why => !IsForeign ? ""
        : $"this relay is live on {LiveOn}, and this is {Here.Name}: {string.Join("; ", Differs)}";

    /// <summary>Weighs what the data folder and the configuration say against the machine itself. Both must agree:
    /// each may have come here without the other.</summary>
    /// <param name="liveOn">As the configuration has it; null where it says nothing.</param>
    public static Standing Weigh(Machine here, Binding kept, string? liveOn)
    {
        var differs = kept.Machine is { } bound ? here.DiffersFrom(bound) : [];
        if (differs.Count > 0)
            return new Standing(here, kept.Machine!.Name, differs);
        return liveOn is null || here.IsCalled(liveOn) || liveOn == kept.Overruled
            ? new Standing(here, kept.Machine?.Name, [])
            : new Standing(here, liveOn, ["live_on in the configuration names another"]);
    }

    /// <summary>What is to become of a mail before anything else is asked.</summary>
    /// <param name="kept">With the border of this place, where there is one.</param>
    /// <param name="isReleased">A person released it after it was held for the border; asked only where that
    /// matters.</param>
    /// <returns>Null: nothing is in the way.</returns>
    /// <remarks>
    /// What the other machine had accepted may have arrived by its own doing, or wait there too: it is held, so that a
    /// person can send it or cancel it, and none is lost. That holds on after a confirmed move. What comes in here is
    /// nobody's mail but a copy's: it is captured.
    /// </remarks>
    public Keeping? Judge(MailId mail, Binding kept, Func<Border, bool> isReleased)
    {
        if (IsForeign)
            return kept.Seen is { } seen && mail < seen.Before
                ? new Keeping(Hold: true, seen.Rule) : new Keeping(Hold: false, $"clone guard: {Why}");
        return kept.Moved is { } moved && mail < moved.Before && !isReleased(moved)
            ? new Keeping(Hold: true, moved.Rule) : null;
    }
}
