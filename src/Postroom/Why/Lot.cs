using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Why;

/// <summary>What became of one recipient, in sentences.</summary>
internal sealed class Lot(Known known)
{
    /// <summary>Tells it.</summary>
    /// <param name="next">Gets what has to be done, if anything.</param>
    public string Tell(RecipientRow row, List<string> next)
    {
        var trail = (known.Show(row.Mail)?.Trail ?? [])
            .Where(e => e.Recipient is null || e.Recipient == row.Recipient).ToList();
        var mail = row.Subject is { } subject ? $"“{subject}”" : "A mail without a subject";
        var came = $"{mail}, handed over {At(row.AcceptedAt)}{(row.App is { } app ? $" by {app}" : "")},";
        return Fate(row, trail, (mail, came), next) + Twice(row, trail);
    }

    private string Fate(
        RecipientRow row, List<TrailEvent> trail, (string Mail, string Came) said, List<string> next)
    {
        var (mail, came) = said;
        return row.State switch
        {
            State.Delivered => $"{mail} was {Delivered(row, trail, next)}",
            State.Waiting => $"{came} waits for {row.To}: {Waiting(row, trail, next)}",
            State.Trying => $"{came} is being sent to {row.To} at this moment, by {row.Lane}.",
            State.Held => $"{came} is held for {row.To} since{End(trail, EventKind.Held)}."
                + Do(next, $"Let it go with: postroom queue release {row.Mail}"),
            State.Captured => $"{came} was not sent to {row.To} but captured{End(trail, EventKind.Captured)}."
                + Do(next, $"Send it after all with: postroom queue release {row.Mail}"),
            State.Failed => $"{came} was refused for {row.To}{Refused(row, trail, EventKind.Failed, next)}",
            State.Expired => $"{came} was given up for {row.To} after "
                + Moment.Of(row.FailedTries, "failed attempt") + Refused(row, trail, EventKind.Expired, next),
            State.Cancelled => $"{came} was cancelled for {row.To}{End(trail, EventKind.Cancelled)}.",
            State.Suppressed => $"{came} was suppressed for {row.To}{End(trail, EventKind.Suppressed)}.",
        };
    }

    private static string Twice(RecipientRow row, List<TrailEvent> trail) =>
        DuplicateMark.Find(trail, row.Recipient) is not { } mark ? ""
            : " It is a duplicate: the same mail had been handed over "
                + $"{Moment.Span(TimeSpan.FromSeconds(mark.Seconds))} before, as {mark.Original}, and "
                + $"{row.App ?? "the application"} did not wait for the answer.";

    private string At(DateTimeOffset at) => Moment.Of(at, known.Now);

    private string Delivered(RecipientRow row, List<TrailEvent> trail, List<string> next)
    {
        var end = trail.FindLast(e => e.Kind == EventKind.Delivered);
        var hop = end?.Attempt?.Greeting ?? end?.Attempt?.Remote ?? row.Lane;
        var tries = row.FailedTries == 0 ? ""
            : $", after {Moment.Of(row.FailedTries, "failed attempt")}"
                + (trail.FindLast(e => e.Kind == EventKind.Deferred)?.Failure is { } last
                    ? $" (“{last.Diagnostic}”)" : "");
        var twice = trail.Exists(e => e.Kind == EventKind.InDoubt)
            ? " It may have come twice: an earlier attempt broke off before its answer was known." : "";
        if (end?.Text is { } rule && rule.StartsWith(SandboxPolicy.RedirectedTo, StringComparison.Ordinal))
            return $"{rule}. {hop} took that copy {At(end.At)}{tries}, with “{row.Last ?? "250"}”; "
                + $"{row.To} got nothing.{twice}";
        var by = end?.Text is { } text ? $" What let it go: {text}." : "";
        Do(next, $"If it is not in the mailbox of {row.To}, look there into the junk folder, and then at {hop}, with "
            + "the words of its answer: behind it Postroom sees nothing.");
        return $"delivered: {hop} took it for {row.To} {At(end?.At ?? row.AcceptedAt)}{tries}, "
            + $"with “{row.Last ?? "250"}”.{by}{twice}";
    }

    private string Waiting(RecipientRow row, List<TrailEvent> trail, List<string> next)
    {
        var last = trail.FindLast(e => e.Kind == EventKind.Deferred);
        var due = row.NextDue is not { } at ? "" : at <= known.Now ? " It is due now."
            : $" The next attempt is due {At(at)}, in {Moment.Span(at - known.Now)}.";
        if (known.PauseOf(row.Lane) is { } pause)
            return $"its route {row.Lane} is paused. {pause}";
        if (last?.Failure is not { } failure)
            return $"it was not attempted yet.{due}";
        return $"the last attempt, {At(last.At)}, failed: {Words(failure)}.{Explained(failure, next)}{due}";
    }

    private string Refused(RecipientRow row, List<TrailEvent> trail, EventKind kind, List<string> next)
    {
        if (trail.FindLast(e => e.Kind == kind) is not { } end)
            return ".";
        if (end.Failure is not { } failure)
            return $" {At(end.At)}: {end.Text ?? row.Last ?? "no reason is on record"}.";
        if (failure.Status is { Class: 5, Subject: 1 } && Explanation.Of(failure) is null)
            Do(next, $"The address {row.To} is not known there: correct it, or take it out, in "
                + $"{row.App ?? "the application"} or the user directory behind it.");
        return $" {At(end.At)}: {Words(failure)}.{Explained(failure, next)}";
    }

    private static string Words(Failure failure) =>
        $"{(failure.Status.Class == 0 ? "" : $"{failure.Status} ")}“{failure.Diagnostic}”"
            + (failure.RemoteMta is { } mta ? $" ({mta})" : "");

    private static string Explained(Failure failure, List<string> next)
    {
        if (Explanation.Of(failure) is not { } explanation)
            return "";
        Do(next, explanation.Cure);
        return $" {explanation.Cause}";
    }

    // When, by whom, and the reason that was given.
    private string End(List<TrailEvent> trail, EventKind kind) =>
        trail.FindLast(e => e.Kind == kind) is not { } end ? ""
            : $" {At(end.At)}"
                + (end.Who is { } who ? $", by {who}" : "")
                + (end.Text is { } text ? $": {text}" : "");

    private static string Do(List<string> next, string what)
    {
        if (!next.Contains(what))
            next.Add(what);
        return "";
    }
}
