using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Mail.Trouble;
using Postroom.Relay.Delivery;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>
/// One parcel's way from its lease to its settlement: stations 3 to 8 of the <see cref="Conductor"/>.
/// </summary>
internal sealed class Attempt(Desk desk, LanePump lane, Lease lease)
{
    private static readonly List<TrailEvent> NoEvents = [];

    private readonly Orders _orders = desk.Orders;
    private readonly List<Verdict> _verdicts = new(lease.Recipients.Count);
    private List<TrailEvent>? _events;
    private ReportRound? _reports;
    private RedirectedCopy? _copy;
    private List<ClearedRecipient> _cleared = [];
    private List<RecipientResult>? _made;
    private int _changes;
    private TryTime _time;

    /// <exception cref="SpoolFailedException">
    /// The settlement could not be stored: the lease stands, in doubt.
    /// </exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        // 3. Judged now, by the policy of this moment: a change of mode holds for everything not yet on the wire.
        desk.WatchPark(lease);
        _cleared = OneCopy(await JudgeAsync());
        Outcome? outcome = null;
        Draft? report = null;
        try
        {
            // 4. Tried, unless the lane closed between the lease and here.
            _changes = lane.Changes;
            if (_cleared.Count > 0 && lane.IsOpen)
            {
                var (at, from) = (desk.Now, desk.Time.GetTimestamp());
                outcome = await TryAsync(cancel);
                _time = new TryTime(at, desk.Time.GetElapsedTime(from));
            }

            // 5. to 7.
            if (outcome is not null)
                Weigh(outcome);
            if (_made is not null)
                foreach (var made in _made)
                    Rule(inDoubt: false, made, hint: int.MaxValue, AtNow(isRolled: true, metBefore: false));
            if (_reports is not null)
                report = await _reports.WriteAsync();

            // 8. In one commit; whoever has no verdict goes back untouched.
            await desk.Spool.SettleAsync(
                new Settlement(lease, _verdicts, outcome?.Attempt, report is null ? [] : [report])
                {
                    Events = _events ?? NoEvents,
                });
            AttemptMeasure.Tell(desk, lease, outcome, _time);
            foreach (var verdict in _verdicts)
                desk.Meters.Ruled(lane.Name, verdict.What);
            if (report is not null)
                desk.Meters.Reported(lane.Name);
        }
        finally
        {
            report?.Body.Dispose(); // accepted by now, or never
            outcome?.Dispose(); // only now may its connection forget it (promise 3)
        }
    }

    private async ValueTask<List<ClearedRecipient>> JudgeAsync()
    {
        var recipients = lease.Recipients;
        var cleared = new List<ClearedRecipient>(recipients.Count);
        var mail = new LastingFacts(lease.Envelope.From, lease.Origin, lease.Header, lease.Content.Length);
        for (var i = 0; i < recipients.Count; i++)
        {
            var recipient = recipients[i];
            var kept = await desk.KeptByAsync(lease, recipient);
            // By what holds after that wait: whoever has said a mode meanwhile was told that it holds.
            var judged = desk.Orders.Policy.Judge(mail, recipient.Recipient.Path, desk.Now, kept);
            if (kept is null && IsMade(mail, recipient, judged.Mode))
                continue;
            if (judged.Clearance is { Redirection: null }
                && await desk.SuppressedByAsync(lease, recipient) is { } suppression)
                Suppress(recipient, suppression);
            else if (judged.Clearance is { } clearance && lane.HasRoute)
                cleared.Add(new ClearedRecipient(recipient.Index, recipient.Recipient, clearance));
            else if (judged.Clearance is not null)
                _verdicts.Add(new Verdict(recipient.Index, Happening.Held) { Text = NoRoute(recipient) });
            else
                _verdicts.Add(new Verdict(recipient.Index, WithoutClearance(judged.Mode)) { Text = judged.Rule });
        }

        return cleared;
    }

    // On purpose, and in the place of whatever the next hop would say. It is nobody's but the mail's fault: no address
    // is dead by it, and no lane waits.
    private bool IsMade(LastingFacts mail, LeasedRecipient to, Mode mode)
    {
        if (mode is Mode.Hold or Mode.Discard || desk.Meddle(
            new Occasion(Stage.Delivery, mail, [to.Recipient.Path], desk.Now), mode == Mode.Live)
            is not { Reply: { Status: { } status } reply } made)
            return false;
        Note(new TrailEvent(desk.Now, EventKind.TroubleMade, lease.Id, to.Index)
        {
            Lane = lane.Name, Text = $"{made.Effect}, made by {made.By}",
        });
        (_made ??= []).Add(new RecipientResult(to.Index, reply.Quote(),
            new Failure(Fault.Message, status, reply.Quote(), null), DsnPassedOn: false));
        return true;
    }

    private Circumstances AtNow(bool isRolled, bool metBefore) => new(
        lease.Age, _orders.Settings.Retry, desk.Now, isRolled ? desk.Roll() : 0, metBefore);

    private static Happening WithoutClearance(Mode mode) => mode switch
    {
        Mode.Hold => Happening.Held,
        Mode.Discard => Happening.Discarded,
        _ => Happening.Captured,
    };

    // A try carries one mail, octet for octet: the mail as it is, or the copy for one mailbox of the sandbox. Whoever
    // gets another waits for the next lease, and goes back untouched.
    private static List<ClearedRecipient> OneCopy(List<ClearedRecipient> cleared) =>
        cleared.Count == 0 || cleared.TrueForAll(to => to.Clearance.Redirection is null)
            ? cleared
            : cleared.FindAll(to => to.Clearance.Redirection == cleared[0].Clearance.Redirection);

    // Never silent: whoever would hear of a refusal hears of it, in the words of RFC 3463 §3.2.
    private void Suppress(LeasedRecipient recipient, Suppression suppression)
    {
        var why = suppression.Why;
        var verdict = new Verdict(recipient.Index, Happening.Suppressed)
        {
            Text = why,
            Failure = suppression.IsReported
                ? new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 0), why, null) : null,
        };
        if (suppression.IsReported && ReportRound.MayBeDue(recipient, verdict))
        {
            _reports ??= new ReportRound(desk, lease, _orders, Note);
            verdict = _reports.Add(recipient, verdict, passedOn: false);
        }

        _verdicts.Add(verdict);
    }

    private string NoRoute(LeasedRecipient recipient) => lane.Name == RouteTable.NoLane
        ? Unrouted.Says(recipient.Recipient.Path, lease.Origin.Replay?.Route)
        : $"there is no route '{lane.Name}' any more";

    private async Task<Outcome?> TryAsync(CancellationToken cancel)
    {
        try
        {
            if (_cleared[0].Clearance.Redirection is { } mailbox)
            {
                _copy = new RedirectedCopy(lease, _cleared, mailbox);
                return _copy.OfAll(await lane.Courier.DeliverAsync(await _copy.AssignmentAsync(cancel), cancel));
            }

            var content = lease.Content;
            return await lane.Courier.DeliverAsync(
                new Assignment(
                    lease.Envelope, _cleared, lease.Header,
                    new Content(content.Length, content.InMemory, content.ReadAsync), lease.MarkAtWire),
                cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null; // the relay stops, and this one did not end in time: it goes back
        }
        catch (DamagedBodyException damaged)
        {
            return new Outcome([], null, null) { Damage = damaged.Message };
        }
        catch (Exception bug) when (bug is not SpoolFailedException)
        {
            var failure = desk.Bug(bug, lease.Id, lane.Name);
            return new Outcome(
                [.. _cleared.Select(to => new RecipientResult(to.Index, null, failure, false))], null, null);
        }
    }

    private void Weigh(Outcome outcome)
    {
        if (outcome.Damage is { } damage)
        {
            Damaged(damage);
            return;
        }

        // 5. The lane hears first, so that the tap closes before the settlement is even written.
        var shared = SharedFailure(outcome.Results);
        var metBefore = lane.Heard(shared, lease.Id, _changes);

        // 6. One verdict each.
        var at = AtNow(HasFailure(outcome.Results), metBefore);
        for (var i = 0; i < outcome.Results.Count; i++)
            Rule(outcome.InDoubt, outcome.Results[i], i, at);
    }

    private void Rule(bool inDoubt, RecipientResult result, int hint, Circumstances at)
    {
        if (Find(result.Index, hint) is not { } recipient)
            return; // a courier that answers for whom it was not given: nothing of ours changes by it
        var verdict = Ruled(recipient, result, hint, at);
        if (inDoubt && result.Failure is { IsShared: true } silence)
            Note(new TrailEvent(at.Now, EventKind.InDoubt, lease.Id, recipient.Index)
            {
                Lane = lane.Name,
                Failure = silence,
                Text = "the mail was sent whole and no answer came: it may have arrived, and is sent again (RFC 1047)",
            });

        // 7. What is to be reported is noted here, and written once for the parcel.
        if (ReportRound.MayBeDue(recipient, verdict))
        {
            _reports ??= new ReportRound(desk, lease, _orders, Note);
            if (_copy is null)
                verdict = _reports.Add(recipient, verdict, result.DsnPassedOn);
            else
                _reports.KeepBack(recipient, verdict);
        }

        _verdicts.Add(verdict);
    }

    // What was not left to the plain mode names its rule, whatever the next hop said.
    private Verdict Ruled(LeasedRecipient recipient, RecipientResult result, int hint, Circumstances at)
    {
        var verdict = Ruling.Of(recipient, result, at);
        if (hint >= _cleared.Count || _cleared[hint].Index != result.Index
            || _cleared[hint].Clearance.Rule is SandboxPolicy.PlainLive)
            return verdict;
        return verdict with { Text = _cleared[hint].Clearance.Rule };
    }

    private void Damaged(string damage)
    {
        foreach (var recipient in lease.Recipients)
            if (!_verdicts.Exists(given => given.Index == recipient.Index))
                _verdicts.Add(new Verdict(recipient.Index, Happening.Held) { Text = damage });
        Note(new TrailEvent(desk.Now, EventKind.Damaged, lease.Id, null) { Lane = lane.Name, Text = damage });
        desk.Log.BodyDamaged(lease.Id.ToString(), damage);
    }

    // Results come in the order of the assignment, so the hint nearly always hits.
    private LeasedRecipient? Find(int index, int hint)
    {
        var recipients = lease.Recipients;
        if (hint < recipients.Count && recipients[hint].Index == index)
            return recipients[hint];
        for (var i = 0; i < recipients.Count; i++)
            if (recipients[i].Index == index)
                return recipients[i];
        return null;
    }

    // Of several the account's weighs most: it is the one that must not be knocked at.
    private static Failure? SharedFailure(IReadOnlyList<RecipientResult> results)
    {
        Failure? shared = null;
        for (var i = 0; i < results.Count; i++)
            if (results[i].Failure is { IsShared: true } failure && (shared is null || failure.Fault == Fault.Account))
                shared = failure;
        return shared;
    }

    private static bool HasFailure(IReadOnlyList<RecipientResult> results)
    {
        for (var i = 0; i < results.Count; i++)
            if (results[i].Failure is not null)
                return true;
        return false;
    }

    private void Note(TrailEvent happened) => (_events ??= []).Add(happened);
}
