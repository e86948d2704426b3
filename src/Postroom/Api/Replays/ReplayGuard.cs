using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Api.Replays;

/// <summary>What was handed over once more already.</summary>
/// <remarks>
/// Each mail goes to each address by each route once, and once more for each name of a repetition; who asks does not
/// matter. That it was done is no note beside the new mail: it stands in the record that accepts it. So whoever looks
/// after a kill finds it, or the mail was never taken.
/// </remarks>
internal sealed class ReplayGuard(ISpoolIndex index)
{
    private const int Page = 1_000;

    /// <summary>The replays of a mail by the same route under the same name, as the index knows them.</summary>
    public IReadOnlyList<MailRecord> Of(MailId mail, string? route, string? batch)
    {
        var all = index.FindAll(new Filter([new Term(Field.Replay, mail.ToString())]), Page).SelectMany(static p => p);
        return [.. all.Select(static row => row.Mail).Distinct().Select(index.Show).OfType<MailRecord>().Where(one =>
            one.Origin.Replay == new Replay(mail, route, batch) && !IsRevoked(one))];
    }

    /// <summary>Whether it has the bytes of another mail by a person's word.</summary>
    public static bool IsCopy(MailRecord mail) => mail.Origin.Replay is not null || mail.Trail.Any(static e =>
        e.Kind == EventKind.Copied && e.Text?.StartsWith("of ", StringComparison.Ordinal) == true);

    // It was never promised to anybody, and goes nowhere.
    private static bool IsRevoked(MailRecord replay) => replay.Trail.Any(static e => e.Kind == EventKind.Revoked);
}
