using System.Runtime.InteropServices;

namespace Postroom.Mail.Storms;

/// <summary>The last mails of one source, and what is usual of them.</summary>
/// <param name="since">When it was heard of first.</param>
internal sealed class SourceWindow(DateTimeOffset since)
{
    /// <summary>The most mails that are looked back at: where more come within the window, it is shorter.</summary>
    public const int MostSeen = 2_000;

    private const int MostHabits = 500;

    // Of how many of the last mails a storm is at least half.
    private const int Share = 100;

    // Mails about one thing: so many count, and then only those to somebody who had as many of them.
    private const int OfOneItem = 20;
    private const int ToOne = 5;

    private readonly Queue<Seen> _seen = new();
    private readonly Queue<Likeness> _late = new(Share);
    private readonly Dictionary<string, (int Counted, int All)> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Trait, string Item, string? To), int> _about = [];

    /// <summary>When it was heard of first.</summary>
    public DateTimeOffset Since { get; } = since;

    /// <summary>When it was heard of last.</summary>
    public DateTimeOffset Last { get; set; } = since;

    /// <summary>For how long it was heard; none where it has been silent for so long that nothing is usual of
    /// it.</summary>
    public TimeSpan StandingAt(DateTimeOffset now) =>
        now - Last > TimeSpan.FromDays(Habit.Days) ? TimeSpan.MinValue : Last - Since;

    /// <summary>What is usual, by trait.</summary>
    public Dictionary<string, Habit> Habits { get; } = new(StringComparer.Ordinal);

    /// <summary>A mail came.</summary>
    /// <param name="isKnown">It is of a storm already: it counts for that alone.</param>
    /// <returns>What it has in common with a storm that begins here, and the first mail of that; or null.</returns>
    public (string Trait, MailId First)? See(Likeness mail, bool isKnown, StormSettings rule)
    {
        var now = Last = mail.At;
        Trim(now, rule);
        var seen = new Seen(mail, isKnown);
        if (!isKnown)
            seen.Counted = CountedOf(mail);
        _seen.Enqueue(seen);
        Add(seen, 1);
        if (_late.Count == Share)
            _late.Dequeue();
        _late.Enqueue(mail);
        return isKnown ? null : Judge(mail, now, rule);
    }

    /// <summary>How many came within the window that have one of these.</summary>
    public int CountOf(IReadOnlyList<string> traits) => _seen.Count(one => one.Mail.Traits.Any(traits.Contains));

    /// <summary>The most that came within the window and have one and the same of these; no search.</summary>
    public int MostOf(IReadOnlyList<string> traits) =>
        traits.Max(trait => _counts.GetValueOrDefault(trait).All);

    /// <summary>So much of it is as it should be.</summary>
    public void Take(IReadOnlyList<string> traits, int count, long today)
    {
        foreach (var trait in traits)
            Habits[trait] = Habits.GetValueOrDefault(trait, new Habit(0, today, 0, today)).Taken(count, today);
    }

    private (string, MailId)? Judge(Likeness mail, DateTimeOffset now, StormSettings rule)
    {
        var today = DayOf(now);
        var usual = mail.Traits.Max(of => Habits.TryGetValue(of, out var known) ? known.Usual(today) : 0);
        foreach (var trait in mail.Traits)
        {
            var count = _counts.GetValueOrDefault(trait).Counted;
            if (count < rule.LeastKnown)
                continue;
            var habit = Habits.GetValueOrDefault(trait, new Habit(0, today, 0, today));
            if (count >= Math.Max(rule.Messages, (long)rule.Times * usual) && now - Since >= rule.Learn
                && IsMostOfLate(trait))
            {
                foreach (var of in mail.Traits)
                    if (Habits.TryGetValue(of, out var known))
                        Habits[of] = known.Forget();
                return (trait, FirstOf(trait));
            }

            if (Habits.ContainsKey(trait) || HasRoom(today))
                Habits[trait] = habit.Heard(count, today);
        }

        return null;
    }

    private bool HasRoom(long today)
    {
        if (Habits.Count >= MostHabits)
            foreach (var (trait, habit) in Habits)
                if (habit.IsOld(today))
                    Habits.Remove(trait);
        return Habits.Count < MostHabits;
    }

    // For which of its traits a mail counts, a bit each.
    private int CountedOf(Likeness mail)
    {
        var counted = 0;
        for (var i = 0; i < mail.Traits.Count; i++)
            if (_about.GetValueOrDefault((mail.Traits[i], mail.Item, null)) < OfOneItem
                || _about.GetValueOrDefault((mail.Traits[i], mail.Item, mail.To)) >= ToOne)
                counted |= 1 << i;
        return counted;
    }

    private MailId FirstOf(string trait) =>
        _seen.First(one => one.Mail.Traits.Where((of, i) => of == trait && (one.Counted & (1 << i)) != 0).Any())
            .Mail.Id;

    private void Add(Seen seen, int sign)
    {
        for (var i = 0; i < seen.Mail.Traits.Count; i++)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, seen.Mail.Traits[i], out _);
            count = (count.Counted + ((seen.Counted & (1 << i)) != 0 ? sign : 0), count.All + sign);
            if (count.All == 0)
                _counts.Remove(seen.Mail.Traits[i]);
            if (seen.IsKnown)
                continue;
            AddAbout((seen.Mail.Traits[i], seen.Mail.Item, null), sign);
            AddAbout((seen.Mail.Traits[i], seen.Mail.Item, seen.Mail.To), sign);
        }
    }

    private void AddAbout((string, string, string?) what, int sign)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_about, what, out _);
        count += sign;
        if (count == 0)
            _about.Remove(what);
    }

    private bool IsMostOfLate(string trait)
    {
        var late = Math.Min(_late.Count, _seen.Count); // what is older than the window is no longer of the last
        return 2 * _late.Skip(_late.Count - late).Count(one => one.Traits.Contains(trait)) >= late;
    }

    /// <summary>Forgets what is older than the window, and what came before the clock was put back by as
    /// much.</summary>
    public void Trim(DateTimeOffset now, StormSettings rule)
    {
        while (_seen.TryPeek(out var oldest)
            && (_seen.Count >= MostSeen || (now - oldest.Mail.At).Duration() > rule.Window))
            Add(_seen.Dequeue(), -1);
    }

    public static long DayOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / 86_400;

    private sealed class Seen(Likeness mail, bool isKnown)
    {
        public Likeness Mail => mail;

        public bool IsKnown => isKnown;

        /// <summary>For which of its traits it counts, a bit each.</summary>
        public int Counted { get; set; }
    }
}
