using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Why;

/// <summary>
/// Answers what became of a mail, and where there is none, why not: what else the same application sent, to that
/// person, about that item, at that time, and which side to look at next.
/// </summary>
public sealed class Inquiry
{
    // Of each kind as many as are told one by one, and as many as are looked at to tell the rest.
    private const int Told = 5;
    private const int Looked = 200;
    private const int MostEvents = 10_000;

    /// <summary>A shorter stop is no answer: any application tries for that long.</summary>
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(10);

    private readonly Known _known;
    private readonly Question _asked;
    private readonly List<string> _sentences = [];
    private readonly List<string> _next = [];
    private bool _isErased;

    private Inquiry(Known known, Filter filter)
    {
        _known = known;
        _asked = Question.Of(Question.Meant(filter, issue => known.Find(new Filter([issue]), null, 1).Rows.Count > 0));
    }

    /// <summary>Answers a filter as a question.</summary>
    public static Reasons Answer(Known known, Filter filter) => new Inquiry(known, filter).Answer();

    private Reasons Answer()
    {
        var found = Find(_asked.Whole);
        if (found.Count > 0)
            return Tell(found);
        if (Relaxed(_asked.Rest, Question.With(_asked.Who, _asked.What, _asked.Source, _asked.When)) is { } other)
            return other;
        if (Relaxed(_asked.When, Question.With(_asked.Who, _asked.What, _asked.Source)) is { } elsewhere)
            return elsewhere;
        Nothing();
        return new Reasons("none", _sentences, _next, []);
    }

    // To the end, for "never handed over" must be true.
    private List<RecipientRow> Find(Filter filter, int most = Looked)
    {
        var rows = new List<RecipientRow>();
        for (Cursor? after = null; ;)
        {
            var page = _known.Find(filter, after, most - rows.Count);
            rows.AddRange(page.Rows);
            if (page.Next is null || rows.Count >= most)
                return rows;
            after = page.Next;
        }
    }

    private Reasons Tell(List<RecipientRow> found)
    {
        var lot = new Lot(_known);
        foreach (var row in found.Take(Told))
            _sentences.Add(lot.Tell(row, _next));
        if (found.Count > Told)
            _sentences.Add($"{Many(found.Count - Told, found.Count, "older one")} match; all of them: "
                + $"postroom search {Question.Written(_asked.Whole.Terms)}");
        var states = found.Select(row => row.State).Distinct().ToList();
        var verdict = states is [var one] ? one.ToString().ToLowerInvariant() : "several";
        return new Reasons(verdict, _sentences, _next, found);
    }

    // There is such mail but for some of the terms: that is the answer.
    private Reasons? Relaxed(IReadOnlyList<Term> left, Filter rest)
    {
        if (left.Count == 0 || rest.Terms.Count == 0 || Find(rest) is not { Count: > 0 } found)
            return null;
        _sentences.Add($"Nothing matches {Question.Written(left)}, but without that there is:");
        return Tell(found);
    }

    private void Nothing()
    {
        TellErased();
        if (Find(Filter.All, 1).Count == 0)
        {
            _sentences.Add(_isErased ? "Since then no mail at all was handed over here."
                : "No mail at all was ever handed over here.");
            _next.Add("Look at the application's mail server settings: they have to name the host and port that "
                + "Postroom listens at (postroom status says which), and its own log says what became of its tries.");
            return;
        }

        var since = _isErased ? "Since then no mail" : "No mail";
        _sentences.Add(string.Join(' ', ((string[])[since, _asked.WhatText, _asked.SourceText,
            "was handed over", _asked.Who.Count > 0 ? $"for {_asked.WhoText}" : "", _asked.WhenText])
            .Where(part => part.Length > 0)) + ".");
        var about = _asked.What.Count > 0 ? Find(Question.With(_asked.What, _asked.Source)) : [];
        var hers = _asked.Who.Count > 0 ? Find(Question.With(_asked.Who, _asked.Source)) : [];
        if (_asked.Who.Count > 0 && _asked.What.Count > 0)
            About(about);
        if (_asked.Who.Count > 0)
            Hers(hers);
        var isAlive = Source(about.Concat(hers).Select(row => row.App).FirstOrDefault(app => app is not null));
        Gaps();
        if (about.Count > 0)
            _next.Insert(0, NotAddressed(about.Select(row => row.App).FirstOrDefault(app => app is not null)));
        else if (isAlive && _asked.What.Count > 0)
            _next.Add("Look in the application whether it meant to send it: whether the event happened, whether "
                + "anybody is to be told of it, and whether its own mail queue or log holds it back.");
    }

    // What is forgotten cannot be told, and must not pass for what never was.
    private void TellErased()
    {
        var events = _known.RelayEvents(MostEvents);
        var word = _asked.Who is [{ Not: false, Value: var address }] ? _known.WordOf(address) : null;
        var erased = word is null ? null : events.LastOrDefault(happened =>
            happened.Kind == EventKind.Erased && happened.Text?.StartsWith(word, StringComparison.Ordinal) == true);
        if (erased is not null)
            _sentences.Add($"All that was known of {_asked.WhoText} was erased "
                + $"{Moment.Of(erased.At, _known.Now)}{(erased.Who is { } who ? $" by {who}" : "")}: what came before "
                + "cannot be told.");
        else if (events.Any(happened => happened.Kind == EventKind.Forgotten))
            _next.Add("Older mail is no longer known here: [[retention]] of the configuration says what is kept for "
                + "how long.");
        _isErased = erased is not null;
    }

    private void About(List<RecipientRow> about)
    {
        if (about.Count == 0)
        {
            _sentences.Add($"Nobody was sent anything {_asked.WhatText}.");
            return;
        }

        var mails = about.Select(row => row.Mail).Distinct().Count();
        var others = about.Select(row => row.To).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        _sentences.Add($"{Many(mails, about.Count, "mail")} {_asked.WhatText} went to others, the last "
            + $"{Moment.Of(about[0].AcceptedAt, _known.Now)}: {Names(others)}.");
    }

    private void Hers(List<RecipientRow> hers)
    {
        if (hers.Count > 0)
        {
            _sentences.Add($"{_asked.WhoText} got {Many(hers.Count, hers.Count, "other mail")}"
                + $"{(_asked.Source.Count > 0 ? $" {_asked.SourceText}" : "")}, the last "
                + $"{Moment.Of(hers[0].AcceptedAt, _known.Now)} ({hers[0].State.ToString().ToLowerInvariant()}): the "
                + "address is known to the application.");
            return;
        }

        if (_asked.Source.Count > 0 && Find(Question.With(_asked.Who)) is { Count: > 0 } others)
        {
            _sentences.Add($"{_asked.WhoText} got {Many(others.Count, others.Count, "mail")} from elsewhere, the last "
                + $"{Moment.Of(others[0].AcceptedAt, _known.Now)}{(others[0].App is { } app ? $" from {app}" : "")}.");
            return;
        }

        var (name, similar) = Similar();
        if (!_isErased)
            _sentences.Add($"Nothing was ever handed over for {_asked.WhoText}"
                + $"{(_asked.Source.Count > 0 ? $" {_asked.SourceText}" : "")}.");
        if (similar.Count > 0)
            _sentences.Add($"There is mail for {Names(similar)}.");
        _next.Add(similar.Count > 0
            ? $"Look which address the application has for {name}: it may be another one than you asked for."
            : $"Look whether the application knows the address, and whether {name} may get mail from it at all.");
    }

    // The same name at another domain, or part of a longer one.
    private (string Name, List<string> Addresses) Similar()
    {
        var asked = _asked.Who[0].Value;
        var at = asked.IndexOf('@', StringComparison.Ordinal);
        var name = at > 0 ? asked[..at] : asked;
        var found = Find(new Filter([new Term(Field.To, name)]));
        foreach (var part in name.Split('.', '_', '-').Reverse().Where(part => part.Length > 2 && part != name))
            found = found.Count > 0 ? found : Find(new Filter([new Term(Field.To, part)]));
        return (name, [.. found.Select(row => row.To).Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(to => !to.Equals(asked, StringComparison.OrdinalIgnoreCase))]);
    }

    // Whether the application that was asked for, or meant, hands anything over.
    private bool Source(string? app)
    {
        List<Term> source = _asked.Source.Count > 0 ? [.. _asked.Source]
            : app is null ? [] : [new Term(Field.App, app)];
        var name = source.Count == 0 ? "Any mail at all" : $"Mail {(app is null ? _asked.SourceText : $"from {app}")}";
        var last = Find(new Filter(source), 1);
        if (last.Count == 0)
        {
            _sentences.Add($"Nothing {_asked.SourceText} was ever handed over.");
            _next.Add("Look whether it is set up to send through Postroom, and what name it is known by: "
                + "postroom search -n 5 shows the last mails, postroom queue show ID what was recognised.");
            return false;
        }

        var during = _asked.When.Count == 0 ? [] : Find(Question.With(source, _asked.When));
        var silence = _known.Now - last[0].AcceptedAt;
        _sentences.Add($"{name} was last handed over {Moment.Of(last[0].AcceptedAt, _known.Now)}, "
            + $"{Moment.Span(silence)} ago"
            + (_asked.When.Count == 0 ? "."
                : during.Count == 0 ? $", and nothing {_asked.WhenText}."
                : $"; {_asked.WhenText} it were {Many(during.Count, during.Count, "recipient")}."));
        if (silence <= TimeSpan.FromDays(1) && (_asked.When.Count == 0 || during.Count > 0))
            return true;
        Next($"The application handed nothing over {(_asked.When.Count > 0 ? "in that time" : "for long")}: look at "
            + "its mail queue and log, and whether outgoing mail is switched off there.");
        return false;
    }

    // What the relay itself did in that time, or in the last day.
    private void Gaps()
    {
        var from = _asked.When.Where(term => term.Field == Field.After).Select(term => term.Instant)
            .DefaultIfEmpty(_known.Now - TimeSpan.FromDays(1)).Max();
        var to = _asked.When.Where(term => term.Field == Field.Before).Select(term => term.Instant)
            .DefaultIfEmpty(_known.Now).Min();
        DateTimeOffset? down = null, full = null;
        foreach (var happened in _known.RelayEvents(Looked).Where(e => e.At <= to))
        {
            if (happened.Kind is EventKind.Stopped)
                down = happened.At;
            else if (happened.Kind is EventKind.Started && down is { } stopped)
            {
                Gap("Postroom was not running", stopped, happened.At, from);
                down = null;
            }
            else if (happened.Kind is EventKind.DiskLow)
                full = happened.At;
            else if (happened.Kind is EventKind.DiskFree && full is { } low)
            {
                Gap("Postroom took no mail, for want of room on its disk,", low, happened.At, from);
                full = null;
            }
        }

        if (full is { } since)
            Gap("Postroom takes no mail, for want of room on its disk,", since, null, from);
    }

    private void Gap(string what, DateTimeOffset since, DateTimeOffset? until, DateTimeOffset from)
    {
        if (until < from || until - since < Noticed)
            return;
        _sentences.Add($"{what} {(until is null ? "since" : "from")} {Moment.Of(since, _known.Now)}"
            + (until is { } end ? $" until {Moment.Of(end, _known.Now)}." : "."));
        Next("While Postroom takes nothing, the application is told so or cannot connect: whether it tries again "
            + "later, its own log says.");
    }

    private string NotAddressed(string? app)
    {
        var who = _asked.Who.Count > 0 ? _asked.WhoText : "the person";
        return app is "jira" or "jira-cloud"
            ? $"Look in Jira, for it did not address {who}: the Notification Helper of its administration says for one "
                + "issue and one person whether a mail is due. Most often the project's notification scheme leaves "
                + "the event out, the person may not see the issue, does not watch it, or did it and has “notify me "
                + "of my own changes” switched off."
            : $"Look in {app ?? "the application"}, for it did not address {who}: whether the person watches it, may "
                + "see it, and has notifications switched on.";
    }

    // A page that is full stands for at least as many.
    private static string Many(int number, int looked, string what) => looked < Looked
        ? Moment.Of(number, what) : FormattableString.Invariant($"{number} or more {what}s");

    private static string Names(List<string> names) => names.Count <= Told
        ? string.Join(", ", names)
        : FormattableString.Invariant($"{string.Join(", ", names.Take(Told))} and {names.Count - Told} more");

    private void Next(string what)
    {
        if (!_next.Contains(what))
            _next.Add(what);
    }
}
