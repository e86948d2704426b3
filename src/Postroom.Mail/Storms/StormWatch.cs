namespace Postroom.Mail.Storms;

/// <summary>What is known of a source, to be kept.</summary>
/// <param name="Since">When it was heard of first.</param>
/// <param name="Habits">What is usual, by trait.</param>
public sealed record HeardSource(DateTimeOffset Since, IReadOnlyDictionary<string, Habit> Habits)
{
    /// <summary>When it was heard of last.</summary>
    public DateTimeOffset Last { get; init; }
}

/// <summary>Sees each mail as it comes in, and notices where a storm begins and when it has passed. For one caller at a
/// time.</summary>
/// <remarks>A storm that is noticed grows by what its source sends that is alike in a wider sense, as soon as that
/// alone would be one: one burst is one storm.</remarks>
public sealed class StormWatch
{
    /// <summary>The most sources that are told apart. For another one that is forgotten which has been silent for as
    /// long as anything is remembered; else the one that was heard for the shortest time.</summary>
    public const int MostSources = 200;

    private const int MostTraits = 20;

    private readonly Dictionary<string, SourceWindow> _sources = new(StringComparer.Ordinal);
    private readonly List<Storm> _storms;
    private MailId _last;

    /// <param name="storms">Those of the life before that are remembered.</param>
    /// <param name="known">What was learned of sources.</param>
    /// <param name="next">The number of the next storm.</param>
    public StormWatch(IEnumerable<Storm> storms, IReadOnlyDictionary<string, HeardSource> known, int next)
    {
        (_storms, Next) = ([.. storms], next);
        foreach (var (name, one) in known.Take(MostSources))
        {
            var source = _sources[name] = new SourceWindow(one.Since) { Last = one.Last };
            foreach (var (trait, habit) in one.Habits)
                source.Habits[trait] = habit;
        }
    }

    /// <summary>The number of the next storm.</summary>
    public int Next { get; private set; }

    /// <summary>All that are remembered, the oldest first.</summary>
    public IReadOnlyList<Storm> Storms => [.. _storms];

    /// <summary>What is known of sources, to be kept.</summary>
    public Dictionary<string, HeardSource> Known => _sources.ToDictionary(one => one.Key,
        one => new HeardSource(one.Value.Since, new Dictionary<string, Habit>(one.Value.Habits))
        {
            Last = one.Value.Last,
        });

    /// <summary>A mail came in.</summary>
    /// <returns>The storm that begins with it, or grows by it; null: nothing has changed.</returns>
    public Storm? See(Likeness mail, string subject, StormSettings rule)
    {
        _last = mail.Id;
        var at = _storms.FindLastIndex(one => one.Has(mail));
        if (!_sources.TryGetValue(mail.Source, out var source))
        {
            if (_sources.Count >= MostSources)
                _sources.Remove(_sources.MinBy(one => one.Value.StandingAt(mail.At)).Key);
            _sources[mail.Source] = source = new SourceWindow(mail.At);
        }

        var found = source.See(mail, isKnown: at >= 0, rule);
        if (at >= 0 && _storms[at].Over is null)
            _storms[at] = _storms[at] with
            {
                Peak = Math.Max(_storms[at].Peak, source.MostOf(_storms[at].Traits)),
            };
        if (found is not var (trait, first))
            return null;
        var blowing = _storms.FindLastIndex(one => one.Source == mail.Source && one.Over is null && !one.Passes
            && one.Traits.Count < MostTraits);
        if (blowing >= 0)
            return _storms[blowing] = _storms[blowing] with { Traits = [.. _storms[blowing].Traits, trait] };
        var storm = new Storm(Next++, mail.Source, first, mail.At)
        {
            Traits = [trait], Subject = subject, Peak = source.MostOf([trait]),
        };
        _storms.Add(storm);
        return storm;
    }

    /// <summary>Looks which storms have passed: where less than half of what makes one came within the
    /// window. A clock that was put back by more than that window is one of another time.</summary>
    /// <returns>Those that have, just now.</returns>
    public IReadOnlyList<Storm> Calm(DateTimeOffset now, StormSettings rule)
    {
        foreach (var source in _sources.Values)
            source.Trim(now, rule);
        var calm = new List<Storm>();
        for (var i = 0; i < _storms.Count; i++)
            if (_storms[i] is { Over: null } blowing && (now - blowing.Since).Duration() >= rule.Window
                && (!_sources.TryGetValue(blowing.Source, out var source)
                    || source.CountOf(blowing.Traits) < rule.Messages / 2))
                calm.Add(_storms[i] = blowing with { Over = now, Last = MailId.After(_last, now) });
        return calm;
    }

    /// <summary>Puts another in the place of the storm of the same number.</summary>
    public void Change(Storm storm)
    {
        var at = _storms.FindIndex(one => one.Number == storm.Number);
        if (at >= 0)
            _storms[at] = storm;
    }

    /// <summary>Forgets a storm: nothing of it is left.</summary>
    public void Forget(int number) => _storms.RemoveAll(one => one.Number == number);

    /// <summary>A person let it go as it is: as much of the same is usual from now on.</summary>
    public void Take(Storm storm, DateTimeOffset now)
    {
        if (_sources.TryGetValue(storm.Source, out var source))
            source.Take(storm.Traits, storm.Peak, SourceWindow.DayOf(now));
    }
}
