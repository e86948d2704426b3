using Postroom.Mail;
using Postroom.Mail.Storms;

namespace Postroom.Tests.Mail.Storms;

/// <summary>What a Jira of a middling house sends, week after week: people at work, Mondays, a release every second
/// Thursday, a digest each night, an automation rule, and now and then a queue that stood still and drains.</summary>
internal sealed class JiraWeeks(int seed)
{
    public static readonly DateTimeOffset Monday = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly Random _dice = new(seed);
    private MailId _last;

    /// <summary>All of a week, in the order in which it comes.</summary>
    public IEnumerable<Likeness> Week(int week, params IEnumerable<(DateTimeOffset At, Likeness Mail)> also)
    {
        var all = Events(Monday.AddDays(7 * week), week);
        if (_dice.Next(3) == 0)
            Drain(all, Monday.AddDays((7 * week) + _dice.Next(5)).AddHours(8 + _dice.Next(6)));
        all.AddRange(also);
        foreach (var (at, mail) in all.OrderBy(static one => one.At))
            yield return mail with { Id = _last = MailId.After(_last, at), At = at };
    }

    /// <summary>A bulk edit: so many issues with their watchers, as fast as Jira makes them.</summary>
    public IEnumerable<(DateTimeOffset At, Likeness Mail)> Bulk(
        DateTimeOffset at, int mails, int watchers, int projects)
    {
        for (var i = 0; i < mails; i++)
            yield return (at.AddMilliseconds(50 * i), MailOf("Ann Lee", "updated", (i / watchers) % projects,
                1_000 + (i / watchers), _dice.Next(120)));
    }

    private List<(DateTimeOffset At, Likeness Mail)> Events(DateTimeOffset monday, int week)
    {
        var all = new List<(DateTimeOffset, Likeness)>();
        for (var day = 0; day < 7; day++)
        {
            var date = monday.AddDays(day);
            for (var i = 0; i < 90; i++) // the digest: one subject, all people
                all.Add((date.AddMilliseconds(40 * i), Plain("Your daily digest", i)));
            if (day >= 5)
                continue;
            for (var minute = 8 * 60; minute < 18 * 60; minute++)
            {
                var isBusy = day == 0 && minute is >= 540 and < 570;
                if (_dice.NextDouble() < (isBusy ? 0.9 : 0.2))
                    Deed(all, date.AddMinutes(minute), $"Person {_dice.Next(40)}", Events()[_dice.Next(4)]);
                if (minute % 30 == 0) // a rule that escalates what is late
                    for (var i = _dice.Next(4); i > 0; i--)
                        Deed(all, date.AddMinutes(minute), "Automation", "updated");
            }

            if (day == 3 && week % 2 == 0)
                for (var i = 0; i < 30; i++) // the release: by hand, one after the other
                    Deed(all, date.AddHours(15).AddSeconds(i * 45), "Rita Release", "resolved");
        }

        return all;
    }

    private static string[] Events() => ["commented", "created", "updated", "resolved"];

    private void Deed(List<(DateTimeOffset, Likeness)> all, DateTimeOffset at, string actor, string done)
    {
        var (project, item) = (_dice.Next(6), _dice.Next(500));
        for (var i = 1 + _dice.Next(_dice.Next(20) == 0 ? 40 : 6); i > 0; i--)
            all.Add((at.AddMilliseconds(_dice.Next(2_000)), MailOf(actor, done, project, item, _dice.Next(120))));
    }

    // It stood still for up to four hours; then all comes at once, in its order.
    private void Drain(List<(DateTimeOffset At, Likeness Mail)> all, DateTimeOffset from)
    {
        var until = from.AddMinutes(30 + _dice.Next(210));
        all.Sort(static (a, b) => a.At.CompareTo(b.At));
        var late = 0;
        for (var i = 0; i < all.Count; i++)
            if (all[i].At >= from && all[i].At < until)
                all[i] = (until.AddMilliseconds(50 * late++), all[i].Mail);
    }

    private static Likeness MailOf(string actor, string done, int project, int item, int to) => Of(
        new AppFacts("jira")
        {
            Instance = "b6d2fdcc", Project = $"P{project}", Item = $"P{project}-{item}", Event = done, Actor = actor,
        }, $"[JIRA] (P{project}-{item}) What it is about {item}", to);

    private static Likeness Plain(string subject, int to) =>
        Of(new AppFacts("jira") { Instance = "b6d2fdcc" }, subject, to);

    private static Likeness Of(AppFacts app, string subject, int to) => Likeness.Of(default,
        new Origin("main", "127.0.0.1", null, null, "ESMTP"),
        new Envelope(new ReversePath("jira@example.com"), [new Recipient(new ForwardPath($"p{to}@example.com"))]),
        new HeaderFacts { Subject = subject, App = app });
}
