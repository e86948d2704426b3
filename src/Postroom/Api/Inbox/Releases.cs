using Postroom.Api.Letters;
using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Api.Inbox;

/// <summary>Lets captured mail go: to its true recipients, or as copies to others.</summary>
internal sealed class Releases(ApiDoors doors, InboxActions actions)
{
    // Each directive lets the lanes read anew what waits in them: so few large ones, not many small.
    private const int Bite = 20_000;

    private const int MostJudged = 1_000;
    private const int MostCopies = 1_000;
    private const int AtOnce = 16;

    private readonly Copies _copies = new(doors);

    public async Task<InboxAnswer> ReleaseAsync(
        InboxRequest request, string who, string? key, CancellationToken cancel)
    {
        await doors.Spool.Index.CaughtUpAsync(cancel);
        var rows = actions.FiltersOf(request).SelectMany(filter => actions.Rows(filter, cancel)).ToList();
        if (request.To is { Count: > 0 } to)
            return await CopyAsync(rows, new CopyOrder([.. to.Select(LetterWriter.Address)],
                request.From is { Length: > 0 } from ? LetterWriter.Address(from) : "", who, request.Why, key), cancel);
        var outlook = OutlookOf(rows);
        var changed = 0L;
        foreach (var bite in rows.Chunk(Bite))
            changed += await doors.Spool.DirectAsync(new Directive(Happening.Released,
                [.. bite.Select(static row => new Target(row.Mail, row.Recipient))], who, request.Why)
            {
                Only = State.Captured,
            }, cancel);
        if (changed > 0)
            await doors.Spool.Index.CaughtUpAsync(cancel);
        return new InboxAnswer("release", rows.Count, changed) { Outlook = outlook };
    }

    // All are judged before the first is handed over: what is refused is refused whole.
    private async Task<InboxAnswer> CopyAsync(List<RecipientRow> rows, CopyOrder order, CancellationToken cancel)
    {
        var ids = rows.Select(static row => row.Mail).Distinct().ToList();
        if (ids.Count > MostCopies)
            throw ApiProblem.Bad(FormattableString.Invariant($"{ids.Count} mails are too many to copy at once"),
                FormattableString.Invariant($"At most {MostCopies}: narrow the filter, by before: and after: say."));
        foreach (var mail in ids.Select(doors.Spool.Index.Show).OfType<MailRecord>())
            _copies.Check(mail, order);
        var copies = new List<CopyAnswer>();
        foreach (var some in ids.Chunk(AtOnce))
            copies.AddRange(await Task.WhenAll(some.Select(doors.Spool.Index.Show).OfType<MailRecord>()
                .Select(mail => _copies.HandOverAsync(mail, order, cancel))));
        return new InboxAnswer("release", rows.Count, copies.Count(static copy => copy.Repeated != true))
        {
            Copies = copies,
        };
    }

    private List<OutlookAnswer> OutlookOf(List<RecipientRow> rows)
    {
        var (policy, now) = (doors.Modes.Policy(), doors.Time.GetUtcNow());
        var outlook = new Dictionary<(Mode Mode, string Rule), int>();
        foreach (var mail in rows.Take(MostJudged).GroupBy(static row => row.Mail))
        {
            if (doors.Spool.Index.Show(mail.Key) is not { } known)
                continue;
            var (facts, kept) = (_copies.FactsOf(known), doors.KeptBy(known));
            foreach (var row in mail)
            {
                var verdict = policy.Judge(facts, new ForwardPath(row.To), now, kept);
                outlook[(verdict.Mode, verdict.Rule)] = outlook.GetValueOrDefault((verdict.Mode, verdict.Rule)) + 1;
            }
        }

        return [.. outlook.OrderByDescending(static one => one.Value).Select(static one =>
            new OutlookAnswer(SandboxPolicy.NameOf(one.Key.Mode), one.Key.Rule, one.Value))];
    }
}
