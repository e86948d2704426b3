using Postroom.Api.Inbox;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Spool;

namespace Postroom.Api.Replays;

/// <summary>How mails are to be handed over once more, and by whose word.</summary>
/// <param name="To">Others; null: the recipients that match.</param>
/// <param name="By">A route; null: as the routes say.</param>
/// <param name="Again">The name of a repetition; null: the once that everything may be replayed.</param>
internal sealed record ReplayOrder(IReadOnlyList<string>? To, string? By, string? Again, string Who, string? Why)
{
    /// <summary>The mails were named one by one: also what is a replay itself.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Nothing is done, only said.</summary>
    public bool IsDry { get; init; }
}

/// <summary>Hands one mail over once more, as a mail of its own: to those of its recipients that match and may be sent
/// it, or to others.</summary>
/// <remarks>
/// It has the origin of the mail it is of, as a released copy has (<see cref="Copies"/>), so that the same rules hold
/// for it: they are asked here, and again when its turn comes. To the same recipients it goes with the same
/// reverse-path, by which rules, routes and next hops know the source; nobody is sent reports of ours, for a person
/// sees what becomes of it.
/// </remarks>
internal sealed class Replaying(ApiDoors doors)
{
    private const int Shown = 10;
    private const string NotKept = "its bytes are no longer kept, or damaged";

    private readonly Copies _copies = new(doors);
    private readonly ReplayGuard _guard = new(doors.Spool.Index);

    /// <summary>Does one; the index has to have caught up, and nobody else may be at it.</summary>
    /// <param name="rows">Those of its recipients that match.</param>
    /// <exception cref="ApiProblem">The store does not take mail now.</exception>
    public async Task<ReplayAnswer> DoAsync(
        IReadOnlyList<RecipientRow> rows, ReplayOrder order, CancellationToken cancel)
    {
        var (id, left) = (rows[0].Mail, new List<LeftAnswer>());
        if (doors.Spool.Index.Show(id) is not { } mail)
            return new ReplayAnswer([], [Left(id, rows.Select(static r => r.To), ("bytes", "it is no longer kept"))]);
        if (!order.IsNamed && ReplayGuard.IsCopy(mail))
            return new ReplayAnswer([], [Left(id, rows.Select(static r => r.To),
                ("replay", "it is a copy of another mail: name it by its id if it is meant"))]);

        var chosen = ByState(rows, order, left);
        var known = _guard.Of(id, order.By, order.Again);
        chosen = WithoutKnown(id, chosen, known, left);
        foreach (var replay in known.Where(static one => !IsTold(one)))
            await TellAsync(mail, replay.Id, [.. replay.Recipients.Select(static r => r.To)], order);
        chosen = ByRules(mail, chosen, order, left);
        if (chosen.Count == 0)
            return new ReplayAnswer([], left);
        if (doors.Spool.Index.Content(id) is not { } content || (order.IsDry && !await IsKeptAsync(content, cancel)))
            return new ReplayAnswer([], [.. left, Left(id, chosen, ("bytes", NotKept))]);
        using var bytes = new ContentStream(content);
        var done = new ReplayedAnswer(id.ToString(), chosen) { Subject = mail.Header.Subject };
        if (order.IsDry)
            return new ReplayAnswer([done], left);
        if (await TakeAsync(mail, chosen, order, (bytes, left), cancel) is not { } taken)
            return new ReplayAnswer([], left);
        await TellAsync(mail, taken, chosen, order);
        return new ReplayAnswer([done with { Id = taken.ToString() }], left);
    }

    private static List<string> ByState(
        IReadOnlyList<RecipientRow> rows, ReplayOrder order, List<LeftAnswer> left)
    {
        var may = rows.ToLookup(row => ReplayChoice.Against(row.State, order.To is not null));
        foreach (var against in may)
            if (against.Key is { } why && (order.To is null || !may[null].Any()))
                left.Add(Left(rows[0].Mail, against.Select(static row => row.To), why));
        return !may[null].Any() ? []
            : [.. (order.To ?? may[null].Select(static row => row.To)).Distinct(StringComparer.Ordinal)];
    }

    private static List<string> WithoutKnown(
        MailId id, List<string> chosen, IReadOnlyList<MailRecord> known, List<LeftAnswer> left)
    {
        foreach (var replay in known)
        {
            var there = chosen.FindAll(to => replay.Recipients.Any(row =>
                row.To.Equals(to, StringComparison.OrdinalIgnoreCase)));
            if (there.Count > 0)
                left.Add(Left(id, there, ("replayed", $"it was replayed as {replay.Id}")));
            chosen = [.. chosen.Except(there)];
        }

        return chosen;
    }

    // The rules may send its source's mail to a mailbox instead; to others goes only what may go there.
    private List<string> ByRules(MailRecord mail, List<string> chosen, ReplayOrder order, List<LeftAnswer> left)
    {
        var (policy, facts, may) = (doors.Modes.Policy(), _copies.FactsOf(mail), new List<string>());
        var kept = doors.KeptBy(mail);
        foreach (var to in chosen)
        {
            var verdict = policy.Judge(facts, new ForwardPath(to), doors.Time.GetUtcNow(), kept);
            if (verdict.Mode != Mode.Live && (order.To is not null || verdict.Mode != Mode.Redirect))
                left.Add(Left(mail.Id, [to], ("rule", $"{SandboxPolicy.NameOf(verdict.Mode)} by {verdict.Rule}")));
            else if (doors.Suppressions.Find(to) is not null)
                left.Add(Left(mail.Id, [to], ("suppressed", $"{to} is on the suppression list")));
            else
                may.Add(to);
        }

        return may;
    }

    private async Task<MailId?> TakeAsync(MailRecord mail, List<string> to, ReplayOrder order,
        (ContentStream Bytes, List<LeftAnswer> Left) at, CancellationToken cancel)
    {
        var from = order.To is null && mail.From.Length > 0 ? new ReversePath(mail.From) : ReversePath.Null;
        var envelope = new Envelope(from,
            [.. to.Select(static one => new Recipient(new ForwardPath(one), Notify.Never))]);
        var origin = mail.Origin with { Key = null, Replay = new Replay(mail.Id, order.By, order.Again) };
        try
        {
            var taken = await doors.Take(envelope, () => origin, at.Bytes, cancel);
            if (taken.Id is null && taken.Reply.Code < 500)
                throw new ApiProblem(503, taken.Reply.ToString(),
                    "Ask for the same again later: what was replayed already is not replayed twice.");
            if (taken.Id is null)
                at.Left.Add(Left(mail.Id, to, ("refused", taken.Reply.ToString())));
            return taken.Id;
        }
        catch (DamagedBodyException)
        {
            at.Left.Add(Left(mail.Id, to, ("bytes", NotKept)));
            return null;
        }
    }

    // What was given back to the disk is gone whole, so its end says so: the piece that it is in is checked.
    private static async Task<bool> IsKeptAsync(MailContent content, CancellationToken cancel)
    {
        try
        {
            return await content.ReadAsync(Math.Max(content.Length - 1, 0), new byte[1], cancel) > 0;
        }
        catch (DamagedBodyException)
        {
            return false;
        }
    }

    // Between the mail and this there may be a kill: whoever asks again has it told.
    private async Task TellAsync(MailRecord mail, MailId replay, List<string> to, ReplayOrder order)
    {
        if (order.IsDry)
            return;
        var more = to.Count > Shown ? FormattableString.Invariant($" and {to.Count - Shown} more") : "";
        var again = order.Again is null ? "" : $", again for {order.Again}";
        var why = again + (order.Why is null ? "" : $": {order.Why}");
        var now = doors.Time.GetUtcNow();
        if (!mail.Trail.Any(e => e.Kind == EventKind.Replayed && AnswerOf.ReplayIn(e.Text) == replay.ToString()))
            doors.Spool.Note(new TrailEvent(now, EventKind.Replayed, mail.Id, null)
            {
                Who = order.Who, Lane = order.By,
                Text = $"as {replay} to {string.Join(", ", to.Take(Shown))}{more}{why}",
            });
        await doors.Spool.NoteAsync(new TrailEvent(now, EventKind.Replayed, replay, null)
        {
            Who = order.Who, Lane = order.By, Text = $"of {mail.Id}{why}",
        });
    }

    private static bool IsTold(MailRecord replay) => replay.Trail.Any(static e =>
        e.Kind == EventKind.Replayed && e.Text?.StartsWith("of ", StringComparison.Ordinal) == true);

    private static LeftAnswer Left(MailId mail, IEnumerable<string> to, (string Reason, string Says) why) =>
        new(mail.ToString(), [.. to], why.Reason, why.Says);
}
