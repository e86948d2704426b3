using Postroom.Mail;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>One open connection with the transfers on it: one writer, one reader, replies matched in order.</summary>
/// <remarks>
/// <code>
///   caller ─▶ to send ─▶ LinkWriter ─▶ sent, unanswered ─▶ reader ─▶ outcome ─▶ (recorded: its slot is free)
/// </code>
/// The writer runs on whoever brings the work, until the peer makes it wait; the reader is always waiting, so that an
/// idle connection's end is noticed when it comes. All fields are guarded by the courier's gate.
/// </remarks>
internal sealed class Link
{
    private readonly SmtpCourier _courier;
    private readonly Opening _opening;
    private readonly Incoming _incoming = new();
    private readonly byte[] _buffer = new byte[4_096];
    private readonly Queue<Transfer> _toSend = new();
    private readonly Queue<Transfer> _sent = new();
    private readonly LinkWriter _writer;
    private readonly Action _recorded;
    private TaskCompletionSource? _waiter;  // the writer, until everything it wrote is answered
    private bool _writing;
    private bool _broken;
    private bool _quitting;

    public Link(SmtpCourier courier, Opening opening)
    {
        (_courier, _opening, Connection) = (courier, opening, opening.Connection!);
        IdleSince = courier.Time.GetTimestamp();
        _writer = new LinkWriter(this, courier);
        _recorded = () => _courier.Recorded(this);
    }

    public Connection Connection { get; }

    public Capabilities Hop => _opening.Hop;

    /// <summary>Transfers given to it whose outcome is not recorded yet: promise 3 bounds them.</summary>
    public int Slots { get; set; }

    /// <summary>Transfers on it without an answer.</summary>
    public int Unanswered => _toSend.Count + _sent.Count;

    /// <summary>Transfers it was ever given.</summary>
    public int Given { get; private set; }

    /// <summary>Timestamp of the last answer.</summary>
    public long IdleSince { get; private set; }

    /// <summary>A mail was sent on it, well or not.</summary>
    public bool HasCarried { get; private set; }

    public bool IsUsable => !_broken && !_quitting;

    /// <summary>The next transaction must begin with RSET: the last one failed half-way.</summary>
    public bool NeedsReset { get; set; }

    /// <summary>Completes when the connection is gone.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start() => Ended = ReadAsync();

    /// <summary>Gives it a transfer. Under the gate.</summary>
    /// <returns>True if the caller has to call <see cref="Write"/> once it has left the gate.</returns>
    public bool Give(Transfer transfer)
    {
        Slots++;
        Given++;
        _toSend.Enqueue(transfer);
        return !_writing && (_writing = true);
    }

    /// <summary>A write failed. What the peer said before it closed is the better reason: it is read first.</summary>
    public void LeaveToReader()
    {
        lock (_courier.Gate)
            _quitting = true;
        Connection.Await("the end of a connection that broke", TimeSpan.FromSeconds(5));
    }

    /// <summary>Runs the writer until it has to wait.</summary>
    public void Write() => _ = _writer.RunAsync();

    /// <summary>Says QUIT, if nothing is under way. Under the gate.</summary>
    /// <returns>True if the caller has to call <see cref="QuitAsync"/> once it has left the gate.</returns>
    public bool BeginQuit()
    {
        if (_quitting || _broken || _writing || Unanswered > 0)
            return false;
        return _quitting = true;
    }

    /// <summary>RFC 5321 §4.1.1.10. The reader sees the end, whether it is 221 or none.</summary>
    public async Task QuitAsync()
    {
        try
        {
            Connection.Await("the reply to QUIT", TimeSpan.FromSeconds(5));
            await Connection.WriteAsync("QUIT\r\n"u8.ToArray());
        }
        catch (ConnectionLostException)
        {
            Break(Lost("closed while we said QUIT"), closing: false);
        }
    }

    /// <summary>The next to write, begun: its commands count as sent from now on. Null if there is none.</summary>
    public Transfer? Next(out bool isBehind)
    {
        lock (_courier.Gate)
        {
            isBehind = _sent.Count > 0;
            if (_broken || !_toSend.TryDequeue(out var transfer))
                return null;
            var transaction = transfer.Begin(Hop, _courier.Route.Host, _courier.Time.GetTimestamp());
            if (transaction.Stage != ClientStage.Done)
                _sent.Enqueue(transfer);
            return transfer;
        }
    }

    /// <summary>True while another transfer waits to be written.</summary>
    public bool HasNext { get { lock (_courier.Gate) return _toSend.Count > 0; } }

    /// <summary>The writer has nothing to do any more; false if something came meanwhile.</summary>
    public bool TryRest()
    {
        lock (_courier.Gate)
            return !(_writing = _toSend.Count > 0 && !_broken);
    }

    /// <summary>Completes when every command written for a transfer is answered, or the connection is gone.</summary>
    /// <remarks>And all that came with them is looked through: too early, it stops what would follow.</remarks>
    public async ValueTask AnsweredAsync(Transfer transfer)
    {
        while (true)
        {
            Task answer;
            bool isEarly;
            lock (_courier.Gate)
            {
                var isAnswered = !_incoming.IsOpen && transfer.IsAnswered;
                isEarly = isAnswered && _incoming.IsHalfEarly;
                if (_broken || (isAnswered && !isEarly))
                    return;
                answer = (_waiter = new TaskCompletionSource()).Task;
            }

            if (isEarly)
                Break(Spoilt(Incoming.HalfEarly), closing: false);
            await answer; // it may have been one before the last
        }
    }

    /// <summary>The writer may go on with a transfer: it is not done, and the connection stands.</summary>
    /// <exception cref="ConnectionLostException">The connection is gone.</exception>
    public bool IsOpen(Transfer transfer)
    {
        lock (_courier.Gate)
            return _broken
                ? throw new ConnectionLostException("the connection is gone")
                : transfer.Transaction is { } transaction && transaction.Stage != ClientStage.Done;
    }

    /// <summary>The hop cannot take this mail, as its EHLO said: nothing of it is sent.</summary>
    public void FinishUnsent(Transfer transfer)
    {
        transfer.Note();
        Tell(transfer, damage: null, inDoubt: false);
    }

    /// <summary>Nothing of it will be sent any more, and all that was is answered.</summary>
    public void Abandon(Transfer transfer)
    {
        lock (_courier.Gate)
        {
            if (transfer.Transaction!.Stage != ClientStage.Done)
                transfer.Transaction.Abandon();
            NeedsReset |= transfer.Transaction.NeedsReset;
            _sent.Dequeue();
        }

        Finish(transfer);
    }

    /// <summary>Sets the deadline for the oldest reply that is due.</summary>
    public void AwaitReply()
    {
        lock (_courier.Gate)
        {
            if (_sent.TryPeek(out var head) && head.Answered < head.Written)
                AttemptReport.AwaitReply(Connection, head.Transaction!.Stage, _courier.Settings.Deadlines);
            else if (!_quitting)
                Connection.Rest();
        }
    }

    /// <summary>It is of no use any more: everything on it is decided or goes back to the courier.</summary>
    /// <param name="closing">The peer said 421: what was sent behind is not looked at (RFC 5321 §3.8).</param>
    /// <param name="damaged">The transfer whose body could not be read, and what was wrong with it.</param>
    public void Break(Failure why, bool closing, (Transfer Transfer, string? What) damaged = default)
    {
        Transfer[] sent, waiting;
        TaskCompletionSource? waiter;
        lock (_courier.Gate)
        {
            if (_broken)
                return;
            _broken = true;
            (sent, waiting, waiter) = ([.. _sent], [.. _toSend], _waiter);
            _sent.Clear();
            _toSend.Clear();
            _courier.Remove(this);
        }

        _ = Connection.DisposeAsync().AsTask();
        waiter?.TrySetResult();
        foreach (var transfer in sent)
            GiveUp(transfer, why, closing, damaged.Transfer == transfer ? damaged.What : null);
        foreach (var transfer in waiting)
            GiveBack(transfer, why);
        _courier.Dispatch();
    }

    public Failure Lost(string why) =>
        ClientVerdict.NextHop(new EnhancedStatus(4, 4, 2), why, _courier.Route.Host);

    private async Task ReadAsync()
    {
        try
        {
            while (Take(_buffer.AsSpan(0, await Connection.ReadAsync(_buffer))))
            {
            }
        }
        catch (ConnectionLostException lost)
        {
            Break(Lost(lost.Message), closing: false);
        }
        catch (Exception bug) when (bug is not ConnectionLostException)
        {
            Break(_courier.Bug(bug), closing: false);
        }
    }

    private bool Take(ReadOnlySpan<byte> bytes)
    {
        lock (_courier.Gate)
            _incoming.Open(_sent);
        while (true)
        {
            switch (_incoming.Read(ref bytes, out var reply))
            {
                case ReplyProgress.More:
                    return Taken();
                case ReplyProgress.Garbage:
                    Break(Spoilt(_incoming.Complaint!), closing: false);
                    return false;
                case ReplyProgress.Complete:
                    if (!On(reply!))
                        return false;
                    break;
            }
        }
    }

    // All is looked through: whoever waits for replies looks again. False if half a reply came that nobody asked for.
    private bool Taken()
    {
        TaskCompletionSource? waiter;
        bool isEarly;
        lock (_courier.Gate)
        {
            _incoming.Close();
            (waiter, _waiter) = (_waiter, null);
            isEarly = _sent.Count == 0 && _incoming.IsHalfEarly;
        }

        if (isEarly)
            Break(Spoilt(Incoming.HalfEarly), closing: false);
        waiter?.TrySetResult();
        return !isEarly;
    }

    // One reply. False if it was the last of this connection.
    private bool On(Reply reply)
    {
        Transfer? transfer;
        ClientAdvice advice;
        var early = false;
        lock (_courier.Gate)
        {
            if (_broken)
                return false;
            if (!_sent.TryPeek(out transfer))
                advice = reply.Code == 421 || _quitting ? ClientAdvice.Closing : ClientAdvice.Spoiled;
            else
            {
                early = _incoming.TakeEarly();
                advice = early && reply.Code != 421 &&
                    (reply.IsPositive || transfer.Transaction!.Stage != ClientStage.End)
                    ? ClientAdvice.Spoiled
                    : transfer.On(reply, _courier.Time.GetTimestamp());
                if (advice == ClientAdvice.Done)
                    Answered(transfer);
            }
        }

        if (advice is ClientAdvice.Closing or ClientAdvice.Spoiled)
        {
            var isClosing = advice == ClientAdvice.Closing;
            Break(isClosing ? Closing(reply) : Spoilt($"a reply nobody asked for: {reply.Quote()}"), isClosing);
            return false;
        }

        AwaitReply();
        if (advice == ClientAdvice.Done)
            Finish(transfer!);
        if (early)
            Break(Lost("the next hop refused the mail before it had all of it"), closing: false);
        return !early;
    }

    private void Answered(Transfer transfer)
    {
        _sent.Dequeue();
        NeedsReset |= transfer.Transaction!.NeedsReset;
        if (transfer.EndWritten)
            _courier.NoteAnswerTime(_courier.Time.GetElapsedTime(transfer.EndWrittenAt));
    }

    // Done and off the queue: what is left over goes again, the rest is told.
    private void Finish(Transfer transfer)
    {
        var goesOn = transfer.Note();
        var write = false;
        lock (_courier.Gate)
        {
            IdleSince = _courier.Time.GetTimestamp();
            if (goesOn && !_broken)
            {
                _toSend.Enqueue(transfer);
                write = !_writing && (_writing = true);
            }
        }

        if (write)
            Write();
        if (!goesOn)
            Tell(transfer, damage: null, inDoubt: false);
        _courier.Rested(this);
    }

    private void GiveUp(Transfer transfer, Failure why, bool closing, string? damage)
    {
        var transaction = transfer.Transaction!;
        var isDecided = transaction.Stage == ClientStage.Done;
        var isUntaken = closing || !transfer.EndWritten;
        if (damage is null && isUntaken && transaction.IsUntouched && HasCarried
            && transfer.Rounds == 0 && _courier.TakeBack(this, transfer))
            return;

        // A 421 is an answer; any other end leaves open what became of a mail whose end was written.
        var inDoubt = !isUntaken && transaction.MightBeTaken;
        if (isDecided)
            transfer.Note();
        else
            transfer.Fail(why);
        Tell(transfer, damage, inDoubt);
    }

    private void GiveBack(Transfer transfer, Failure why)
    {
        // A round is a connection that opened and closed: a peer that does only that is down.
        if (transfer.Rounds < 3 && _courier.TakeBack(this, transfer))
            return;
        transfer.Fail(why);
        Tell(transfer, damage: null, inDoubt: false);
    }

    private void Tell(Transfer transfer, string? damage, bool inDoubt)
    {
        var first = !HasCarried;
        HasCarried = true; // before the caller goes on, which it does here
        var report = new AttemptReport(_opening, Connection.Tls, first, _courier.Time);
        var attempt = report.Of(transfer, isPlain: !inDoubt && damage is null);
        transfer.Complete(attempt, _recorded, damage, inDoubt);
    }

    private Failure Closing(Reply reply) => ClientVerdict.Of(ClientStage.Mail, reply, _courier.Route.Host);

    private Failure Spoilt(string why) =>
        ClientVerdict.NextHop(new EnhancedStatus(4, 5, 0), why, _courier.Route.Host);
}
