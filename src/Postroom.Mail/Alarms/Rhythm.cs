namespace Postroom.Mail.Alarms;

/// <summary>How a source usually sends, by the hours of the week; learned, and never finished.</summary>
/// <remarks>
/// <para>Of each of the last weeks it knows, for each hour, in how many minutes mail came and how long the longest
/// silence had lasted that was seen then; and the longest silence that ended in the week. A silence is more than chance
/// explains when it is longer than half an hour, and</para>
/// <list type="bullet">
/// <item>mail would have come in <see cref="Minutes"/> of its minutes, going by the second quietest of the weeks; and
/// it is <see cref="TimesMean"/> times the mean silence at this hour and those beside it, as it follows from the
/// longest of the week with the second longest: sources that send in bursts are often silent;</item>
/// <item>or it is <see cref="TimesAny"/> times as long as any other: sources that seldom send.</item>
/// </list>
/// <para>The second worst counts, so that one holiday and one outage teach nothing. Of the running week is not learned
/// what is to be judged. Nothing is said before <see cref="Needed"/> weeks are known.</para>
/// <para>All instants are local ones: people work by those. Not for two threads at once.</para>
/// </remarks>
public sealed class Rhythm
{
    /// <summary>The hours of a week; the first begins with Monday.</summary>
    public const int Hours = 7 * 24;

    /// <summary>Of how many weeks it knows.</summary>
    public const int Weeks = 6;

    /// <summary>How many it has to know before it says anything.</summary>
    public const int Needed = 4;

    /// <summary>In how many minutes mail would have come.</summary>
    public const double Minutes = 12;

    /// <summary>How many times as long as the mean. Of silences that end by chance one in a million is 14 times as
    /// long; the rest is for a mean that is known from few weeks.</summary>
    public const double TimesMean = 18;

    /// <summary>How many times as long as any.</summary>
    public const double TimesAny = 2.5;

    private const int LongestLook = 14 * 24; // hours

    private readonly long[] _weekOf = new long[Weeks];
    private readonly double[] _longest = new double[Hours * Weeks]; // minutes
    private readonly double[] _active = new double[Hours * Weeks]; // minutes
    private readonly double[] _gap = new double[Weeks]; // minutes
    private (long Week, int Minute) _lastActive = (long.MinValue, 0);

    public Rhythm()
    {
        Array.Fill(_weekOf, long.MinValue);
        Array.Fill(_longest, double.NaN);
        Array.Fill(_active, double.NaN);
    }

    /// <summary>As it was kept; what is not as it was written is not known.</summary>
    public Rhythm(IEnumerable<KnownWeek> kept) : this()
    {
        foreach (var week in kept)
            if (week is { Longest.Count: Hours, Active.Count: Hours } && week.Number > _weekOf[Place(week.Number)])
            {
                Begin(week.Number);
                _gap[Place(week.Number)] = Math.Max(0, week.Gap);
                for (var hour = 0; hour < Hours; hour++)
                {
                    _longest[At(hour, week.Number)] = week.Longest[hour] ?? double.NaN;
                    _active[At(hour, week.Number)] = week.Active[hour] ?? double.NaN;
                }
            }
    }

    /// <summary>A shorter silence is none, however busy the source.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromMinutes(30);

    /// <summary>Mail came.</summary>
    /// <param name="silent">How long before that there was none; null where that is not known.</param>
    public void Heard(DateTimeOffset local, TimeSpan? silent)
    {
        var (hour, week) = Looked(local, silent ?? TimeSpan.Zero);
        var minute = hour * 60 + local.Minute;
        if (_lastActive != (week, minute))
            _active[At(hour, week)]++;
        _lastActive = (week, minute);
        ref var gap = ref _gap[Place(week)];
        gap = Math.Max(gap, silent?.TotalMinutes ?? 0);
    }

    /// <summary>No mail has come for so long; to be called every minute or so.</summary>
    public void Silent(DateTimeOffset local, TimeSpan silent) => Looked(local, silent);

    /// <summary>The longest silence that chance explains, of those that last until now; null where it is not known, and
    /// never less than <see cref="Shortest"/>.</summary>
    public TimeSpan? Usual(DateTimeOffset local)
    {
        var (hour, week) = HourOf(local);
        var known = 0;
        var gap = 0.0;
        for (var place = 0; place < Weeks; place++)
            if (IsKnown(place, week))
            {
                known += _weekOf[place] == week ? 0 : 1;
                gap = Math.Max(gap, _gap[place]);
            }

        if (known < Needed || gap <= 0)
            return null;
        var byHour = Math.Max(TimesMean * MeanOf(LongestAt(hour, week)), MinutesBack(local));
        var least = Math.Min(double.IsNaN(byHour) ? double.PositiveInfinity : byHour, TimesAny * gap);
        return TimeSpan.FromMinutes(Math.Max(least, Shortest.TotalMinutes));
    }

    /// <summary>What is to be kept.</summary>
    public IReadOnlyList<KnownWeek> Keep() =>
        [.. Enumerable.Range(0, Weeks).Where(place => _weekOf[place] > long.MinValue).Select(place => new KnownWeek(
            _weekOf[place], Math.Round(_gap[place], 1),
            [.. Enumerable.Range(0, Hours).Select(hour => Kept(_longest[hour * Weeks + place]))],
            [.. Enumerable.Range(0, Hours).Select(hour => Kept(_active[hour * Weeks + place]))]))];

    /// <summary>Which hour of the week an instant is in, by its own offset, and of which week.</summary>
    public static (int Hour, long Week) HourOf(DateTimeOffset local)
    {
        var day = (long)Math.Floor((local.DateTime - DateTime.UnixEpoch).TotalDays) + 3; // that day was a Thursday
        var ofWeek = (int)((day % 7 + 7) % 7);
        return (ofWeek * 24 + local.Hour, (day - ofWeek) / 7);
    }

    // An hour that was looked at is known; silence it holds none yet.
    private (int Hour, long Week) Looked(DateTimeOffset local, TimeSpan silent)
    {
        var (hour, week) = HourOf(local);
        if (_weekOf[Place(week)] != week)
            Begin(week);
        ref var longest = ref _longest[At(hour, week)];
        ref var active = ref _active[At(hour, week)];
        var minutes = Math.Max(0, silent.TotalMinutes);
        longest = double.IsNaN(longest) ? minutes : Math.Max(longest, minutes);
        active = double.IsNaN(active) ? 0 : active;
        return (hour, week);
    }

    private void Begin(long week)
    {
        _weekOf[Place(week)] = week;
        _gap[Place(week)] = 0;
        for (var hour = 0; hour < Hours; hour++)
            _longest[At(hour, week)] = _active[At(hour, week)] = double.NaN;
    }

    // The mean of silences of which the longest in three hours is so long: where they end by chance, it is expected to
    // be ln n + 0.577 times the mean of n (Gumbel), and n of them fill the three hours. NaN where nothing is known.
    private static double MeanOf(double longest)
    {
        const double window = 180, euler = 0.577;
        var most = window * Math.Exp(euler - 1); // beyond it there is hardly one
        var (below, above) = (0.0, most);
        while (above - below > 0.1)
            if ((above + below) / 2 is var mean && mean * (Math.Log(window / mean) + euler) < longest)
                below = mean;
            else
                above = mean;
        return double.IsNaN(longest) ? double.NaN : longest > most ? longest : above;
    }

    // How long the longest silence usually gets at an hour and those beside it; NaN where too few weeks are known.
    private double LongestAt(int hour, long week)
    {
        Span<double> longest = stackalloc double[Weeks];
        for (var place = 0; place < Weeks; place++)
        {
            longest[place] = 0;
            for (var beside = Hours - 1; beside <= Hours + 1; beside++)
                longest[place] = Math.Max(longest[place], _longest[(hour + beside) % Hours * Weeks + place]);
        }

        return Second(longest, week, fromTop: true);
    }

    // How far back one has to look until mail would have come in enough minutes; infinity where it never would.
    private double MinutesBack(DateTimeOffset local)
    {
        var (hour, week) = HourOf(local);
        var ofHour = local.Minute + local.Second / 60.0;
        var (expected, back) = (0.0, 0.0);
        for (var ago = 0; ago < LongestLook; ago++)
        {
            var length = ago == 0 ? ofHour : 60;
            var at = ((hour - ago) % Hours + Hours) % Hours;
            var active = Second(_active.AsSpan(at * Weeks, Weeks), week, fromTop: false);
            active = double.IsNaN(active) ? 0 : active * length / 60;
            if (expected + active >= Minutes)
                return back + (Minutes - expected) / active * length;
            (expected, back) = (expected + active, back + length);
        }

        return double.PositiveInfinity;
    }

    private double Second(ReadOnlySpan<double> ofWeeks, long week, bool fromTop)
    {
        Span<double> known = stackalloc double[Weeks];
        var count = 0;
        for (var place = 0; place < Weeks; place++)
            if (IsKnown(place, week) && _weekOf[place] != week && !double.IsNaN(ofWeeks[place]))
                known[count++] = ofWeeks[place];
        if (count < Needed)
            return double.NaN;
        known[..count].Sort();
        return known[fromTop ? count - 2 : 1];
    }

    private bool IsKnown(int place, long week) => _weekOf[place] <= week && _weekOf[place] > week - Weeks;

    private static double? Kept(double value) => double.IsNaN(value) ? null : Math.Round(value, 1);

    private static int At(int hour, long week) => hour * Weeks + Place(week);

    private static int Place(long week) => (int)(((week % Weeks) + Weeks) % Weeks);
}

/// <summary>What is known of one week of a source.</summary>
/// <param name="Number">A running number.</param>
/// <param name="Gap">The longest silence that ended in it, in minutes.</param>
/// <param name="Longest">By hour: how long the longest silence had lasted that was seen then, in minutes; null where
/// nobody looked.</param>
/// <param name="Active">By hour: in how many minutes mail came; null where nobody looked.</param>
public sealed record KnownWeek(
    long Number, double Gap, IReadOnlyList<double?> Longest, IReadOnlyList<double?> Active);
