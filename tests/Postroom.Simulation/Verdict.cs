using System.Text;
using System.Text.RegularExpressions;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal.Check;

namespace Postroom.Simulation;

/// <summary>The promises of the road, asked of a world that has come to rest.</summary>
internal sealed partial class Verdict(World world)
{
    private readonly Dictionary<MailId, MailRecord> _records = [];
    private ILookup<MailId, (Hop Hop, Taken Taken)> _taken = null!; // known when the records are

    private ISpoolIndex Index => world.Life.Spool!.Index;

    public void Judge()
    {
        Read();
        var reports = _records.Values.Where(r => r.Origin is { Replay: null, Key: null })
            .ToLookup(r => r.Header.MessageId, r => r.Id);
        _taken = (from hop in world.Hops.Values
                  from taken in hop.Taken
                  select (hop, taken)).ToLookup(t => t.taken.Id ?? reports[t.taken.MessageId].FirstOrDefault());
        foreach (var application in world.Applications)
            foreach (var handover in application.Handovers)
                EveryAcknowledgedMailIsKnown(application, handover);
        var sandbox = world.Sandbox is { } has ? new SandboxVerdict(world, has, _records) : null;
        foreach (var record in _records.Values)
            EveryRecipientHasItsEnd(record, sandbox);
        foreach (var taken in _taken)
            foreach (var (hop, copy) in taken)
            {
                WhatArrivedWasSent(taken.Key, hop, copy);
                sandbox?.ItWasCleared(taken.Key, hop, copy);
            }

        sandbox?.Judge();
        foreach (var application in world.Applications)
            WhatWasRefusedIsNotSent(application);
        if (JournalCheck.Verify(world.Life.Disk) is { Breaks.Count: > 0 } report)
            world.Violation($"the journal does not verify: {string.Join("; ", report.Breaks)}");
    }

    private void Read()
    {
        foreach (var id in Index.FindAll(Filter.All, 500).SelectMany(page => page).Select(row => row.Mail).Distinct())
            if (Index.Show(id) is { } record)
                _records[id] = record;
            else
                world.Violation($"{id} is in the list and cannot be shown");
    }

    // Promise 1: no 250 without the mail, whatever happened since.
    private void EveryAcknowledgedMailIsKnown(Application application, Handover handover)
    {
        if (handover.Id is not { } id)
            return;
        var mail = application.Mails[handover.Mail];
        if (!_records.TryGetValue(id, out var record))
            world.Violation($"LOST: {mail.Key} was acknowledged as {id}, and nobody knows it");
        else if (!record.Recipients.Select(r => r.To).Order().SequenceEqual(mail.To.Order()))
            world.Violation($"{mail.Key}, {id}, has other recipients: "
                + string.Join(' ', record.Recipients.Select(r => r.To)));
    }

    // Promises 2, 3 and 7: one end each, copies only where a doubt stands in the trail, and the hop's own words.
    private void EveryRecipientHasItsEnd(MailRecord record, SandboxVerdict? sandbox)
    {
        var acknowledged = world.Applications.Any(app => app.Handovers.Exists(h => h.Id == record.Id));
        foreach (var row in record.Recipients)
        {
            var copies = _taken[record.Id].Where(t => t.Taken.IsFor(row.To)).ToList();
            var doubts = record.Trail.Count(
                e => e.Kind == EventKind.InDoubt && (e.Recipient ?? row.Recipient) == row.Recipient);
            var delivered = row.State == State.Delivered ? 1 : 0;
            var what = $"{record.Id} for {row.To} ({row.State}, {copies.Count} taken, {doubts} in doubt)";
            if (row.State is State.Cancelled && (sandbox is null ? !acknowledged : IsRevoked(record)))
                NothingOfItWasSent(what, copies.Count + doubts);
            else if (sandbox is not null)
                sandbox.IsWhereItWasToBe(record, row, what);
            else if (row.State is not (State.Delivered or State.Failed))
                world.Violation($"{what} has no end: {row.Last}");
            if (copies.Count > doubts + delivered)
                world.Violation($"{what}: a copy of which the trail says nothing");
            if (delivered == 1 && !copies.Exists(c => c.Taken.Told is { } told && row.Last == told))
                world.Violation($"{what} is said to be delivered with {row.Last}, which no hop said of it");
            if (row.State == State.Failed && row.Last?.StartsWith('5') != true)
                world.Violation($"{what} failed without a refusal: {row.Last}");
        }

        foreach (var happened in record.Trail)
            if (happened.Failure is { Fault: Fault.Ourselves } ours)
                world.Violation($"{record.Id}: a fault of ours: {ours.Diagnostic}");
    }

    // What the relay took back, since it had told the application no: its disk was too slow.
    private void NothingOfItWasSent(string what, int signs)
    {
        if (signs > 0)
            world.Violation($"{what} was taken back, and yet sent");
    }

    // Promises 3 and 8: whole, unchanged, to whom it was for, and known to the spool.
    private void WhatArrivedWasSent(MailId id, Hop hop, Taken copy)
    {
        if (!_records.TryGetValue(id, out var record))
        {
            world.Violation($"{hop.Name} took {id}, and the spool does not know it");
            return;
        }

        if (copy.To.FirstOrDefault(to => record.Recipients.All(r => r.To != to)
            && !(world.Sandbox is not null && to == Sandbox.Mailbox)) is { } stranger)
            world.Violation($"{id} went to {stranger}, whom it was not for");
        if (copy.From.StartsWith("MAIL FROM:<>", StringComparison.Ordinal))
            return; // a report of ours, or a copy
        var isRedirected = copy.Originals.Count > 0;
        if (isRedirected && record.From.Length == 0)
            return;
        var key = Key().Match(Taken.HeadOf(copy.Octets)).Groups[1].Value;
        var mail = world.Applications.SelectMany(app => app.Mails).FirstOrDefault(m => m.Key == key);
        var sent = isRedirected && mail is not null ? SandboxVerdict.Tagged(mail.Bytes) : mail?.Bytes;
        if (sent is null || !copy.Octets.AsSpan().EndsWith(sent))
            world.Violation($"{id} arrived at {hop.Name} as nobody sent it ({copy.Octets.Length} octets of {key})");
        else if (!(isRedirected ? RedirectedFields() : OnlyOurFields())
            .IsMatch(Encoding.Latin1.GetString(copy.Octets.AsSpan()[..^sent.Length])))
            world.Violation($"{id} arrived at {hop.Name} with more in front than our fields");
    }

    // A 4xx or 5xx is a no. Only a life that ended by force may have kept what it had refused because it was slow.
    private void WhatWasRefusedIsNotSent(Application application)
    {
        var known = _records.Values.Where(r => r.Origin is { Replay: null, Key: null }
            && (world.Sandbox is null ? r.Recipients.Any(row => row.State != State.Cancelled) : !IsRevoked(r)))
            .ToLookup(r => r.Header.Subject);
        for (var i = 0; i < application.Mails.Count; i++)
        {
            var could = application.Handovers.Count(h => h.Mail == i
                && (h.Id is not null || h.Code == 0 || (h.Code == 451 && world.EndedByForce(h.Life))));
            var did = known[application.Mails[i].Key].Count();
            if (did > could)
                world.Violation($"{application.Mails[i].Key} was taken {did} times, and {could} could have been");
        }
    }

    private static bool IsRevoked(MailRecord record) => record.Trail.Any(e => e.Kind == EventKind.Revoked);

    [GeneratedRegex(@"^Subject: (?:\[staging\] )?([^\r\n]+)\r$", RegexOptions.Multiline)]
    private static partial Regex Key();

    [GeneratedRegex(@"^(?:(?:Received|Date|Message-ID): [^\r\n]*\r\n(?:\t[^\r\n]*\r\n)*)+$")]
    private static partial Regex OnlyOurFields();

    [GeneratedRegex(@"^(?:X-Original-To: [^\r\n]*\r\n)+"
        + @"(?:(?:Received|Date|Message-ID): [^\r\n]*\r\n(?:\t[^\r\n]*\r\n)*)+$")]
    private static partial Regex RedirectedFields();
}
