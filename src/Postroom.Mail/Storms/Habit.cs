namespace Postroom.Mail.Storms;

/// <summary>The most mail with one trait that came within the window, on the days before and today.</summary>
/// <param name="Most">Of the days before; what counted then.</param>
/// <param name="Day">When that was, as a running number of days.</param>
/// <param name="Now">Of the last day that it came.</param>
/// <param name="Today">Which day that is.</param>
public readonly record struct Habit(int Most, long Day, int Now, long Today)
{
    /// <summary>For how many days it is remembered: what goes out once a month is usual, whatever day that falls
    /// on.</summary>
    public const int Days = 35;

    /// <summary>What was usual before a day.</summary>
    public int Usual(long today)
    {
        var most = today - Day <= Days ? Most : 0;
        return Today < today && today - Today <= Days ? Math.Max(most, Now) : most;
    }

    /// <summary>So much came within the window.</summary>
    public Habit Heard(int count, long today)
    {
        if (Today >= today)
            return this with { Now = Math.Max(Now, count) };
        var isMore = Now >= Most || today - Day > Days;
        return new Habit(isMore ? Now : Most, isMore ? Today : Day, count, today);
    }

    /// <summary>What came today was a storm, and is no habit.</summary>
    public Habit Forget() => this with { Now = 0 };

    /// <summary>A person said that so much is as it should be.</summary>
    public Habit Taken(int count, long today) => new(Math.Max(count, Usual(today)), today, Now, Today);

    /// <summary>Whether nothing of it is known any more.</summary>
    public bool IsOld(long today) => today - Day > Days && today - Today > Days;
}
