using Postroom.Cli;
using Postroom.Configuration;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Ledger;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>
/// Walks all timelines that a relay leaves behind: what its index told is what the journal tells, event for event, and
/// each is a life that a mail can have.
/// </summary>
internal static class Timelines
{
    /// <summary>To build the index anew takes its time; a test with more is about something else.</summary>
    private const int Most = 20_000;

    /// <param name="relay">It has ended, in whatever way.</param>
    public static async Task WalkAsync(RealRelay relay)
    {
        var told = Path.Combine(relay.Folder, "told.db");
        foreach (var part in (string[])["", "-wal"])
            if (File.Exists(Folders.Ledger(relay.Data) + part))
                File.Copy(Folders.Ledger(relay.Data) + part, told + part);
        if (!File.Exists(told))
            return; // It never came so far as to take mail.
        var rebuilt = await relay.DoAsync("spool", "rebuild");
        if (rebuilt.ExitCode == (int)ExitCode.FolderInUse)
            return; // It is another relay's, and walked there.
        Assert.True(rebuilt.ExitCode == 0, $"the index cannot be built anew: {rebuilt}");
        using var before = MailLedger.OpenReadOnly(told);
        using var truth = MailLedger.OpenReadOnly(Folders.Ledger(relay.Data));
        if (truth.Count(Filter.All).Total <= Most)
            Compare(before, truth);
    }

    private static void Compare(ISpoolIndexReader before, ISpoolIndexReader truth)
    {
        FoundPage page;
        for (Cursor? after = null; ; after = page.Next)
        {
            page = truth.Find(Filter.All, after, 1_000);
            foreach (var id in page.Rows.Select(row => row.Mail).Distinct())
            {
                var mail = truth.Show(id)!;
                Check(mail);

                // The index may have been behind when it ended, and the rebuilding ends leases: both only add.
                if (before.Show(id) is not { } then)
                    continue;
                var told = Told(then);
                Assert.Equal(told, Told(mail).Where(told.Contains));
                Assert.Equal(Steps(then), Steps(mail).Take(Steps(then).Count())); // a mark has its place among them
            }

            if (page.Next is null)
                return;
        }
    }

    private static List<string> Told(MailRecord mail) => [.. mail.Trail.Select(Told)];

    private static IEnumerable<string> Steps(MailRecord mail) =>
        mail.Trail.Where(e => !Timeline.IsMark(e.Kind)).Select(Told);

    private static string Told(TrailEvent e) =>
        $"{e.At:O} {e.Kind} {e.Recipient} {e.Lane} {e.Who} {e.Reply} {e.Failure} {e.Text} {e.NextDue:O} "
            + e.Attempt?.Remote;

    /// <summary>Is it a life that a mail can have?</summary>
    public static void Check(MailRecord mail)
    {
        var said = string.Join('\n', Told(mail));
        Assert.True(mail.Trail[0].Kind == EventKind.Accepted, $"{mail.Id} does not begin with its acceptance:\n{said}");
        Assert.True(mail.Trail.Count(e => e.Kind == EventKind.Accepted) == 1, $"{mail.Id} was accepted twice:\n{said}");
        Assert.True(Told(mail).Distinct().Count() == mail.Trail.Count, $"{mail.Id} has an event twice:\n{said}");
        foreach (var recipient in mail.Recipients)
        {
            var (last, at) = (State.Waiting, DateTimeOffset.MinValue);
            foreach (var e in mail.Trail.Where(e => e.Recipient is null || e.Recipient == recipient.Recipient))
            {
                var isOutcome = e.Kind is EventKind.Delivered or EventKind.Deferred or EventKind.InDoubt;

                // A step back of more than that is a clock that was set.
                Assert.True(e.At >= at || at - e.At > TimeSpan.FromHours(1),
                    $"{mail.Id} has its events in another order than they happened:\n{said}");
                Assert.False(last == State.Trying && e.Kind == EventKind.Trying, $"{mail.Id} is tried twice:\n{said}");
                Assert.False(last != State.Trying && isOutcome, $"{mail.Id} has an outcome and no try:\n{said}");
                (last, at) = (After(e, last), e.At);
            }

            Assert.True(last == recipient.State || mail.Trail.Any(e => e.Kind == EventKind.Revoked),
                $"{mail.Id} is {recipient.State} and its timeline says {last}:\n{said}");
        }
    }

    private static State After(TrailEvent e, State before) => e.Kind switch
    {
        EventKind.Trying => State.Trying,
        EventKind.Delivered => State.Delivered,
        EventKind.Failed => State.Failed,
        EventKind.Expired => State.Expired,
        EventKind.Captured => State.Captured,
        EventKind.Cancelled => State.Cancelled,
        EventKind.Suppressed => State.Suppressed,
        EventKind.Held => State.Held,
        EventKind.Deferred or EventKind.Returned or EventKind.InDoubt or EventKind.Released or EventKind.Hurried =>
            State.Waiting,
        _ => before,
    };
}
