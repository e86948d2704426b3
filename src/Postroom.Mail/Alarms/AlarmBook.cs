namespace Postroom.Mail.Alarms;

/// <summary>An alarm that is raised for a subject, as it is kept over a restart.</summary>
/// <param name="Alarm">Its name.</param>
/// <param name="Subject">Whom it is about; empty where there is one subject only.</param>
/// <param name="Severity">As it was when it was raised.</param>
/// <param name="Since">When it was raised.</param>
/// <param name="Text">What was told.</param>
/// <param name="Cure">What to do about it.</param>
public sealed record RaisedAlarm(
    string Alarm, string Subject, Severity Severity, DateTimeOffset Since, string Text, string Cure)
{
    /// <summary>What it says now; as it was told where nothing could be read since.</summary>
    public string Now { get; init; } = Text;
}

/// <summary>An alarm was raised, or is over.</summary>
/// <param name="Of">Which.</param>
/// <param name="IsRaised">False: it is over.</param>
public sealed record AlarmChange(RaisedAlarm Of, bool IsRaised);

/// <summary>The life of all alarms: each is raised once, and resolved once, for each subject.</summary>
/// <remarks>
/// <code>
///            concerns                  for as long as For               well for as long as Calm
///   quiet ─────────────▶ pending ─────────────────────▶ raised ─────────────────────────────────▶ quiet
///     ▲                     │                          ◀─┐ │
///     └─────────────────────┘                            └─┘ concerns again: Calm begins anew
///         does not any more
/// </code>
/// <para>Time is what passed while the relay ran: a clock that is set raises nothing and resolves nothing. What cannot
/// be read is neither well nor ill, and changes nothing.</para>
/// <para>Not for two threads at once.</para>
/// </remarks>
public sealed class AlarmBook
{
    private readonly Dictionary<(string Alarm, string Subject), Entry> _entries = [];

    /// <param name="raised">What was raised in the life before.</param>
    public AlarmBook(IEnumerable<RaisedAlarm> raised)
    {
        foreach (var one in raised)
            _entries[(one.Alarm, one.Subject)] = new Entry { Raised = one };
    }

    /// <summary>What is raised now, the oldest first.</summary>
    public IReadOnlyList<RaisedAlarm> Raised =>
        [.. _entries.Values.Select(entry => entry.Raised).OfType<RaisedAlarm>()
            .OrderBy(one => one.Since).ThenBy(one => one.Alarm, StringComparer.Ordinal)
            .ThenBy(one => one.Subject, StringComparer.Ordinal)];

    /// <summary>Looks at everything once.</summary>
    /// <param name="alarms">All there are; what was raised and is no longer among them is over.</param>
    /// <param name="read">The readings of an alarm's measure; null where they cannot be had.</param>
    /// <param name="now">By the wall clock, to be told.</param>
    /// <param name="passed">Since the last look.</param>
    /// <returns>What changed, in the order of the alarms.</returns>
    public IReadOnlyList<AlarmChange> Look(
        IReadOnlyList<Alarm> alarms, Func<Alarm, IReadOnlyList<Measured>?> read, DateTimeOffset now, TimeSpan passed)
    {
        var changes = new List<AlarmChange>();
        foreach (var (alarm, readings) in alarms.Select(alarm => (alarm, read(alarm))).ToList()) // all, or none
            if (readings is not null)
                Look(alarm, readings, now, passed, changes);
        var known = alarms.Select(alarm => alarm.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, entry) in _entries.Where(one => !known.Contains(one.Key.Alarm)).ToList())
        {
            _entries.Remove(key);
            if (entry.Raised is { } over)
                changes.Add(new AlarmChange(over with { Now = "It is no longer looked at." }, IsRaised: false));
        }

        return changes;
    }

    private void Look(Alarm alarm, IReadOnlyList<Measured> readings, DateTimeOffset now, TimeSpan passed,
        List<AlarmChange> changes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reading in readings.Where(one => seen.Add(one.Subject)))
            if (alarm.Concerns(reading.Value))
                Concerned(alarm, reading, now, passed, changes);
            else if (!reading.IsAtLeast)
                Well(alarm, reading.Subject, reading, passed, changes);
        foreach (var (_, subject) in _entries.Keys.Where(key => key.Alarm == alarm.Name && !seen.Contains(key.Subject))
            .ToList())
            Well(alarm, subject, null, passed, changes);
    }

    private void Concerned(
        Alarm alarm, Measured reading, DateTimeOffset now, TimeSpan passed, List<AlarmChange> changes)
    {
        var key = (alarm.Name, reading.Subject);
        var isFresh = !_entries.TryGetValue(key, out var entry);
        entry ??= _entries[key] = new Entry();
        var text = AlarmWords.TextOf(alarm, reading);
        if (entry.Raised is { } raised)
        {
            entry.Raised = raised with { Now = text };
            entry.Well = TimeSpan.Zero;
            return;
        }

        if (alarm.Unless.Any(other => _entries.ContainsKey((other, reading.About ?? reading.Subject))))
        {
            _entries.Remove(key); // when that is over, it begins anew
            return;
        }

        entry.Held += isFresh ? TimeSpan.Zero : passed;
        if (entry.Held < alarm.For)
            return;
        entry.Raised = new RaisedAlarm(alarm.Name, reading.Subject, alarm.Severity, now, text,
            reading.Cure ?? alarm.Cure);
        changes.Add(new AlarmChange(entry.Raised, IsRaised: true));
    }

    private void Well(
        Alarm alarm, string subject, Measured? reading, TimeSpan passed, List<AlarmChange> changes)
    {
        if (!_entries.TryGetValue((alarm.Name, subject), out var entry))
            return;
        if (entry.Raised is not { } raised)
        {
            _entries.Remove((alarm.Name, subject));
            return;
        }

        entry.Well += passed;
        entry.Raised = raised = raised with { Now = AlarmWords.WellOf(alarm, reading) };
        if (entry.Well < alarm.Calm)
            return;
        _entries.Remove((alarm.Name, subject));
        changes.Add(new AlarmChange(raised, IsRaised: false));
    }

    private sealed class Entry
    {
        /// <summary>How long it has concerned, before it was raised.</summary>
        public TimeSpan Held { get; set; }

        /// <summary>How long all has been well since it was raised.</summary>
        public TimeSpan Well { get; set; }

        public RaisedAlarm? Raised { get; set; }
    }
}
