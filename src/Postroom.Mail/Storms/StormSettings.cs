using Postroom.Mail.Audit;

namespace Postroom.Mail.Storms;

/// <summary>When mail that is alike is a storm.</summary>
/// <remarks>
/// All of it has to hold at once:
/// <code>
/// it counts                  Messages within Window (50 within 5 minutes): less is no storm anywhere
/// far above what is usual    Times the most of any day of the last five weeks (4), of mail with the same in common,
///                            however widely: whoever makes much on a day does so in one project, too
/// it is one thing            half of the source's last 100 mails: a queue that drains is a mixture, and so is a Monday
/// the source is known        for Learn (7 days): what a week looks like has to have been seen
/// </code>
/// </remarks>
/// <param name="IsOn">False: nothing is counted, and nothing is held.</param>
/// <param name="Messages">The fewest mails that are a storm; 10 to 100.</param>
/// <param name="Window">Within what time; a minute to an hour.</param>
/// <param name="Times">How many times the usual; 2 or more.</param>
/// <param name="Learn">How long a source is only listened to; zero: not at all.</param>
/// <param name="Exempt">Whose mail is never one; filters of lasting fields.</param>
public sealed record StormSettings(
    bool IsOn, int Messages, TimeSpan Window, int Times, TimeSpan Learn, IReadOnlyList<Filter> Exempt)
{
    public static StormSettings Plain { get; } =
        new(true, 50, TimeSpan.FromMinutes(5), 4, TimeSpan.FromDays(7), []);

    /// <summary>What is less than this is not worth remembering: the fewest that are a storm decide.</summary>
    internal int LeastKnown => Math.Max(1, Messages / Times);

    /// <summary>Whether a mail is never part of a storm.</summary>
    public bool Spares(LastingFacts mail)
    {
        for (var i = 0; i < Exempt.Count; i++)
            if (Lasting.Has(Exempt[i], mail))
                return true;
        return false;
    }
}
