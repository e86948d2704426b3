using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;

namespace Postroom.Relay.Delivery;

/// <summary>One assignment on its way: the transaction under way for it, its marks in time, and its outcome.</summary>
/// <remarks>Its members are touched under the courier's gate, or by the one writer of its link.</remarks>
internal sealed class Transfer(Assignment assignment)
{
    // Continuations run where the reply was read: the conductor's few steps are done before a thread could be woken.
    private readonly TaskCompletionSource<Outcome> _outcome = new();
    private readonly RecipientResult?[] _results = new RecipientResult?[assignment.Recipients.Count];
    private int[]? _places;       // of the transaction's recipients in the assignment; null: all, in order
    private long _begun, _mailAt, _rcptAt, _dataAt, _endAt;

    public Assignment Assignment { get; } = assignment;

    public Task<Outcome> Outcome => _outcome.Task;

    public ClientTransaction? Transaction { get; private set; }

    /// <summary>Commands that wait for a reply, and replies to them.</summary>
    public int Written { get; set; }
    public int Answered { get; private set; }

    /// <summary>Nothing is due for it now.</summary>
    public bool IsAnswered => Answered >= Written || Transaction is not { Stage: not ClientStage.Done };

    /// <summary>The end of the mail is on its way: without an answer it is in doubt (RFC 1047).</summary>
    public bool EndWritten { get; private set; }

    /// <summary>When it was, by the clock's timestamp.</summary>
    public long EndWrittenAt { get; private set; }

    /// <summary>How often it was taken back from a connection before the hop had looked at it.</summary>
    public int Rounds { get; set; }

    /// <summary>DATA needed a CRLF at the end of the mail, which it had not (promise 8).</summary>
    public bool AddedLineEnd { get; set; }

    /// <summary>The cancellation of a caller who still waits for a connection.</summary>
    public CancellationTokenRegistration Cancellation { get; set; }

    public bool IsOver => _outcome.Task.IsCompleted;

    /// <summary>A link has it.</summary>
    public bool IsGiven { get; set; }

    /// <summary>Over before it began.</summary>
    public Task<Outcome> Refused(Failure refusal)
    {
        IsGiven = true;
        Fail(refusal);
        Complete(attempt: null, recorded: null, damage: null, inDoubt: false);
        return Outcome;
    }

    /// <summary>Starts a transaction for the recipients that are not decided yet.</summary>
    public ClientTransaction Begin(Capabilities hop, string remote, long now)
    {
        var mail = new ClientMail(
            Assignment.Envelope, Undecided(), Assignment.Header, Assignment.Content.Length);
        Transaction = new ClientTransaction(mail, hop, remote);
        (Written, Answered, EndWritten) = (0, 0, false);
        (_begun, _mailAt, _rcptAt, _dataAt, _endAt) = (now, 0, 0, 0, 0);
        return Transaction;
    }

    /// <summary>Takes a reply.</summary>
    public ClientAdvice On(Reply reply, long now)
    {
        var stage = Transaction!.Stage;
        var advice = Transaction.On(reply);
        Answered++;
        if (stage == ClientStage.Mail)
            _mailAt = now;
        else if (stage == ClientStage.Rcpt)
            _rcptAt = now;
        else if (stage == ClientStage.Data)
            _dataAt = now;
        else if (stage == ClientStage.End)
            _endAt = now;
        return advice;
    }

    /// <summary>To be called just before the write that carries the end of the mail.</summary>
    public void MarkEnd(long now)
    {
        Assignment.AtWire();
        EndWritten = true;
        EndWrittenAt = now;
        Written++;
    }

    /// <summary>Notes what the transaction, which is done, decided.</summary>
    /// <returns>True if recipients are left over for another transaction.</returns>
    public bool Note()
    {
        var transaction = Transaction!;
        List<int>? left = null;
        var count = _places?.Length ?? _results.Length;
        for (var i = 0; i < count; i++)
        {
            var place = _places is null ? i : _places[i];
            if (transaction.IsLeftOver(i))
                (left ??= []).Add(place);
            var failure = transaction.FailureOf(i);
            _results[place] = new RecipientResult(
                Assignment.Recipients[place].Index,
                failure is null ? transaction.EndReply!.Quote() : null, failure, transaction.PassedDsnOn(i));
        }

        if (left is null)
            return false;
        (_places, Transaction) = (left.ToArray(), null);
        return true;
    }

    /// <summary>Decides for this reason whatever is not decided.</summary>
    public void Fail(Failure failure)
    {
        if (Transaction is not null)
        {
            Transaction.Decide(failure);
            Note();
            return;
        }

        for (var i = 0; i < _results.Length; i++)
            _results[i] ??= new RecipientResult(Assignment.Recipients[i].Index, null, failure, DsnPassedOn: false);
    }

    /// <summary>Tells the caller. Runs what the caller does next.</summary>
    public void Complete(AttemptFacts? attempt, Action? recorded, string? damage, bool inDoubt)
    {
        Cancellation.Dispose();
        _outcome.TrySetResult(new Outcome(_results!, attempt, recorded) { Damage = damage, InDoubt = inDoubt });
    }

    /// <summary>The caller gave up before anything was sent.</summary>
    public void Cancel(CancellationToken cancel) => _outcome.TrySetCanceled(cancel);

    /// <summary>True if nobody was refused.</summary>
    public bool WentWell()
    {
        foreach (var result in _results)
            if (result?.Failure is not null)
                return false;
        return true;
    }

    /// <summary>How long each step of the last transaction took, after those of the connection.</summary>
    public IReadOnlyList<Step> Steps(IReadOnlyList<Step> connection, TimeProvider time)
    {
        var steps = new List<Step>(connection.Count + 4);
        steps.AddRange(connection);
        var from = _begun;
        Add(steps, "mail", ref from, _mailAt, time);
        Add(steps, "rcpt", ref from, _rcptAt, time);
        Add(steps, "data", ref from, _dataAt, time);
        from = Math.Max(from, EndWrittenAt);
        Add(steps, "dot", ref from, _endAt, time);
        return steps;
    }

    private static void Add(List<Step> steps, string name, ref long from, long to, TimeProvider time)
    {
        if (to == 0)
            return;
        steps.Add(new Step(name, time.GetElapsedTime(from, Math.Max(from, to)).TotalMilliseconds));
        from = to;
    }

    // The clearance says where to, the recipient what was asked; in a sandbox the paths may differ.
    private Recipient[] Undecided()
    {
        var recipients = new Recipient[_places?.Length ?? _results.Length];
        for (var i = 0; i < recipients.Length; i++)
        {
            var cleared = Assignment.Recipients[_places is null ? i : _places[i]];
            recipients[i] = cleared.Clearance.Path == cleared.Recipient.Path
                ? cleared.Recipient
                : cleared.Recipient with { Path = cleared.Clearance.Path };
        }

        return recipients;
    }
}
