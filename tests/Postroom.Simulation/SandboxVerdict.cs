using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Simulation;

/// <summary>The promises of the sandbox and of the brake, asked of a world that has come to rest.</summary>
internal sealed class SandboxVerdict(World world, Sandbox sandbox, IReadOnlyDictionary<MailId, MailRecord> records)
{
    private const string Storm = "storm ";

    private ISpoolIndex Index => world.Life.Spool!.Index;

    public void Judge()
    {
        foreach (var ask in sandbox.Asks)
            WhatWasAnsweredWasDone(ask);
        foreach (var (of, id) in sandbox.Replays)
            WhatWasReplayedIsKnown(of, id);
        foreach (var record in records.Values)
            NobodyElseDecided(record);
        OnceMoreIsOnce();
        WhatIsCapturedCanBeFound();
        WhatIsHeldOfStormsIsKnown();
        EveryWordIsOnRecord();
    }

    /// <summary>The mail as a redirected copy ends: with the tag in front of its subject.</summary>
    public static byte[] Tagged(byte[] mail) => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(mail).Replace(
        "Subject: ", $"Subject: {Sandbox.Tag} ", StringComparison.Ordinal));

    /// <summary>Each to whom it went had leave for just that when it was leased; the mailbox gets it from nobody but
    /// itself.</summary>
    public void ItWasCleared(MailId id, Hop hop, Taken copy)
    {
        foreach (var to in copy.To)
        {
            if (to != Sandbox.Mailbox)
                Cleared(id, to, Mode.Live, copy, $"{id} for {to} is at {hop.Name}");
            else if (copy.To.Count > 1 || copy.Originals.Count == 0
                || !copy.From.StartsWith($"MAIL FROM:<{Sandbox.Mailbox}>", StringComparison.Ordinal))
                world.Violation($"{id} is at {hop.Name} with {copy.From} for {string.Join(' ', copy.To)}, which is "
                    + $"in the place of ({string.Join(' ', copy.Originals)})");
            foreach (var original in copy.Originals)
                Cleared(id, original, Mode.Redirect, copy, $"{id} for {original} is in the mailbox");
        }
    }

    /// <summary>Where a recipient is in the end is what was decided last.</summary>
    public void IsWhereItWasToBe(MailRecord record, RecipientRow row, string what)
    {
        var last = sandbox.Last(record.Id, row.To);
        var end = record.Trail.LastOrDefault(e => (e.Recipient ?? row.Recipient) == row.Recipient
            && e.Kind is EventKind.Held or EventKind.Captured or EventKind.Cancelled);
        bool Could(params Mode[] modes) => last is not null && modes.Any(last.Modes.Contains);
        var isRight = row.State switch
        {
            State.Delivered or State.Failed => Could(Mode.Live, Mode.Redirect),
            State.Captured => Could(Mode.Capture),
            State.Held => end?.Kind == EventKind.Held && (end.Who is not null || Could(Mode.Hold)),
            State.Cancelled => end?.Kind == EventKind.Cancelled && (end.Who is not null || Could(Mode.Discard)),
            _ => false,
        };
        if (!isRight)
            world.Violation($"{what} should be elsewhere: {row.Last}; decided last was "
                + (last is null ? "nothing" : $"{string.Join(" or ", last.Modes)} in life {last.Life}"));
    }

    private void Cleared(MailId id, string to, Mode mode, Taken copy, string what)
    {
        var last = sandbox.Last(id, to, copy.Life, copy.Begun);
        if (last is null || !last.Modes.Contains(mode))
            world.Violation($"{what} from life {copy.Life}, and its lease was to be: "
                + (last is null ? "none" : $"{string.Join(" or ", last.Modes)} {last.Kept}"));
    }

    // What a person was told of stays so, whatever ended the life.
    private void WhatWasAnsweredWasDone(Ask ask)
    {
        if (ask is not { Changed: { } changed, Targets: { } targets })
            return;
        var done = targets.Where(t => records.TryGetValue(t.Mail, out var record) && record.Trail.Any(e =>
            e.Who == ask.Who && (e.Recipient ?? t.Recipient) == t.Recipient && e.Kind == KindOf(ask.What))).ToList();
        if (done.Count != changed)
            world.Violation($"{ask.Who} was told that {changed} are {ask.What}, and {done.Count} were");
        if (ask.What == Happening.Cancelled
            && done.Exists(t => records[t.Mail].Recipients[t.Recipient].State != State.Cancelled))
            world.Violation($"what {ask.Who} had cancelled goes on");
    }

    private void NobodyElseDecided(MailRecord record)
    {
        foreach (var happened in record.Trail)
            if (happened.Who is { } who && who != "postroom"
                && happened.Kind is EventKind.Released or EventKind.Cancelled or EventKind.Held
                && !sandbox.Asks.Exists(ask => ask.Who == who && KindOf(ask.What) == happened.Kind
                    && (ask.Targets is null || ask.Targets.Any(t => t.Mail == record.Id
                        && (happened.Recipient ?? t.Recipient) == t.Recipient))))
                world.Violation($"{record.Id} was {happened.Kind} by {who}, who did not ask for it");
    }

    private void WhatWasReplayedIsKnown(MailId of, string? id)
    {
        if (id is null)
            return;
        if (!MailId.TryParse(id, out var mail) || !records.TryGetValue(mail, out var record))
            world.Violation($"LOST: {of} was handed over once more as {id}, and nobody knows it");
        else if (!record.Trail.Any(e => e.Kind is EventKind.Replayed or EventKind.Copied))
            world.Violation($"{id} is {of} once more, and does not say so");
    }

    // To each address once, however often somebody asked, and only what somebody asked for.
    private void OnceMoreIsOnce()
    {
        var replays = records.Values.Where(record => record.Origin is { Replay: not null } or { Key: not null }
            && !record.Trail.Any(e => e.Kind == EventKind.Revoked)).ToList();
        foreach (var same in replays.SelectMany(record => record.Recipients.Select(row =>
            (record.Origin.Replay?.Of, record.Origin.Key?.Text, row.To))).GroupBy(one => one))
            if (same.Count() > 1)
                world.Violation($"{same.Key} was handed over {same.Count()} times");
        foreach (var record in replays)
            if (record.Origin.Replay is { Of: var of } && !sandbox.Replays.Exists(one => one.Of == of))
                world.Violation($"{record.Id} is {of} once more, for which nobody asked");
    }

    private void WhatIsCapturedCanBeFound()
    {
        var captured = records.Values.Sum(record => record.Recipients.Count(row => row.State == State.Captured));
        var boxes = Index.Boxes().Boxes.Sum(box => box.Total);
        if (captured != boxes)
            world.Violation($"{captured} are captured, and {boxes} lie in boxes");
        foreach (var record in records.Values.Where(record => record.Origin.Replay is null && record.From.Length > 0
            && record.Recipients.Any(row => row.State is State.Captured or State.Held)))
            if (world.Applications.SelectMany(app => app.Mails).FirstOrDefault(mail =>
                mail.Key == record.Header.Subject) is { } mail && (!sandbox.Found.TryGetValue(record.Id, out var octets)
                    || !octets.AsSpan().EndsWith(mail.Bytes)))
                world.Violation($"LOST: {record.Id} is kept, and its octets are not");
    }

    // All other mail passes by, and what is held can be decided on by the number that stands on it.
    private void WhatIsHeldOfStormsIsKnown()
    {
        var storms = world.Life.Rooms!.Brake.All;
        foreach (var record in records.Values)
            foreach (var held in record.Trail.Where(e => e.Kind == EventKind.Held
                && e.Text?.StartsWith(Storm, StringComparison.Ordinal) == true))
                if (!Burst.IsOfIt(record.Header.Subject))
                    world.Violation($"{record.Id}, \"{record.Header.Subject}\", is of no storm, and was held by it: "
                        + held.Text);
                else if (!storms.Any(one => held.Text!.StartsWith(one.Mark, StringComparison.Ordinal)
                    && one.Source == Burst.Source))
                    world.Violation($"{record.Id} was held, and nobody knows its storm: {held.Text}");
    }

    private void EveryWordIsOnRecord()
    {
        var told = Index.RelayEvents(1_000).Where(e => e.Kind == EventKind.ModeChanged).Select(e => e.Text).ToList();
        foreach (var reason in sandbox.Answered)
            if (!told.Exists(text => text!.EndsWith(": " + reason, StringComparison.Ordinal)))
                world.Violation($"{reason} was answered, and is on no record");
    }

    private static EventKind KindOf(Happening what) => what switch
    {
        Happening.Released => EventKind.Released,
        Happening.Cancelled => EventKind.Cancelled,
        _ => EventKind.Held,
    };
}
