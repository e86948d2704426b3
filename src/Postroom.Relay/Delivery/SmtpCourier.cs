using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>
/// Carries mail to one next hop by SMTP: keeps the connections, and gives each transfer to one of them.
/// </summary>
/// <remarks>
/// <para>A transfer goes to a connection without work; else behind the work of one, if the hop answers at once; else
/// to a further connection, up to the route's bound; else behind the work of one after all, up to
/// <see cref="Route.InFlight"/> transfers that are unanswered or not recorded; else it waits. So a near hop is served
/// by few connections with full writes, and a slow one by many.</para>
/// <para>An outcome's continuation runs where the reply was read. It must not block.</para>
/// <para>Cancelling works while a transfer waits for a connection, and ends in
/// <see cref="OperationCanceledException"/>: nothing was sent. Later it is without effect.</para>
/// </remarks>
public sealed class SmtpCourier : ICourier
{
    private const double Soon = 10; // ms

    private readonly LinkOpener _opener;
    private readonly Openings _openings;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Link> _links = [];
    private readonly Queue<Transfer> _again = new();
    private readonly Queue<Transfer> _waiting = new();
    private ITimer? _idle;
    private bool _idleIsSet;
    private double _answerMs = double.MaxValue;
    private bool _closed;

    public SmtpCourier(Route route, CourierSettings settings, IDialer dialer, TimeProvider time)
    {
        (Route, Settings, Time) = (route, settings, time);
        _opener = new LinkOpener(route, settings, dialer, time);
        _openings = new Openings(route, settings, time);
    }

    /// <remarks>
    /// A lease costs a sync, and on the wire are never more than connections times transactions in flight. What will
    /// have left within <see cref="Soon"/> is asked for ahead, so that a near hop never waits for a lease, and a mail
    /// that comes fresh waits behind no more than that.
    /// </remarks>
    public int Capacity
    {
        get
        {
            var onTheWire = Route.Connections * Route.InFlight;
            return onTheWire + (int)(onTheWire * Math.Min(2, Soon / Volatile.Read(ref _answerMs)));
        }
    }

    internal Route Route { get; }

    internal CourierSettings Settings { get; }

    internal TimeProvider Time { get; }

    /// <summary>Guards the state of the courier and its links. Nothing is awaited or called back within.</summary>
    internal Lock Gate { get; } = new();

    public Task<Outcome> DeliverAsync(Assignment assignment, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
            return Task.FromCanceled<Outcome>(cancel);
        var transfer = new Transfer(assignment);
        Failure? refusal;
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if ((refusal = _openings.Refusal) is null)
                _waiting.Enqueue(transfer);
        }

        if (refusal is not null)
            return transfer.Refused(refusal);
        Dispatch();
        if (cancel.CanBeCanceled && !transfer.IsGiven)
        {
            transfer.Cancellation = cancel.UnsafeRegister(_ => Cancel(transfer, cancel), null);
            if (transfer.IsOver)
                transfer.Cancellation.Dispose();
        }

        return transfer.Outcome;
    }

    public async Task<Failure?> ProbeAsync(CancellationToken cancel)
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _openings.AskAnew();
            // At the bound of connections there is one that works: that is the answer.
            if (_links.Count + _openings.Underway >= Route.Connections && _links.Exists(link => link.IsUsable))
                return null;
            _openings.Begin();
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _end.Token);
        var opening = await OpenAsync(either.Token);
        Dispatch();
        cancel.ThrowIfCancellationRequested();
        return opening.Failure;
    }

    public void AskAnew()
    {
        lock (Gate)
            _openings.AskAnew();
    }

    public async ValueTask DisposeAsync()
    {
        Link[] links;
        Transfer[] waiting;
        lock (Gate)
        {
            _closed = true;
            (links, waiting) = ([.. _links], [.. _again, .. _waiting]);
            _again.Clear();
            _waiting.Clear();
            _idle?.Dispose();
        }

        _end.Cancel();
        foreach (var transfer in waiting)
            transfer.Cancel(_end.Token);
        foreach (var link in links)
            if (!Quit(link))
                link.Break(link.Lost("the courier was closed"), closing: false);
        foreach (var link in links)
            await link.Ended;
    }

    /// <summary>Gives what waits to the links, and opens another where that helps.</summary>
    internal void Dispatch()
    {
        Link? write = null;
        List<Link>? more = null;
        var open = 0;
        lock (Gate)
        {
            while (Peek() is { } transfer)
            {
                if (Pick() is not { } link)
                {
                    if (!MayOpen())
                        break;
                    _openings.Begin();
                    open++;
                    continue;
                }

                Dequeue();
                transfer.IsGiven = true;
                if (!link.Give(transfer))
                    continue;
                if (write is null)
                    write = link;
                else
                    (more ??= []).Add(link);
            }
        }

        write?.Write();
        foreach (var link in more ?? [])
            link.Write();
        while (open-- > 0)
            _ = OpenAndDispatchAsync();
    }

    /// <summary>An outcome is recorded: its slot is free.</summary>
    internal void Recorded(Link link)
    {
        lock (Gate)
        {
            link.Slots--;
            if (Peek() is null)
                return;
        }

        Dispatch();
    }

    /// <summary>
    /// A link has answered something or has nothing more to write: it may be idle now, or at its end.
    /// </summary>
    internal void Rested(Link link)
    {
        bool isIdle, isSpent;
        lock (Gate)
        {
            isIdle = link.IsUsable && link.Unanswered == 0;
            isSpent = isIdle && link.Given >= Settings.MailsPerConnection;
            if (isIdle && !isSpent)
                SetIdleTimer(Settings.KeepIdle);
            if (!isSpent && Peek() is null)
                return;
        }

        if (isSpent)
            Quit(link);
        Dispatch();
    }

    /// <summary>A transfer comes back from a link that is gone, before the hop had looked at it.</summary>
    internal bool TakeBack(Link link, Transfer transfer)
    {
        lock (Gate)
        {
            if (_closed || _openings.Refusal is not null)
                return false;
            link.Slots--;
            transfer.Rounds++;
            _again.Enqueue(transfer);
            return true;
        }
    }

    /// <summary>Under the gate.</summary>
    internal void Remove(Link link) => _links.Remove(link);

    /// <summary>Under the gate: an average that forgets, to tell a near hop from a distant one.</summary>
    internal void NoteAnswerTime(TimeSpan time) => Volatile.Write(ref _answerMs,
        _answerMs > 1e9 ? time.TotalMilliseconds : _answerMs * 0.9 + time.TotalMilliseconds * 0.1);

    /// <summary>A bug of ours is nobody else's fault: the mail waits and the operator is called.</summary>
    internal Failure Bug(Exception bug) =>
        new(Fault.Ourselves, new EnhancedStatus(4, 3, 0), $"{bug.GetType().Name}: {bug.Message}", Route.Host);

    private Transfer? Peek() => _again.TryPeek(out var transfer) || _waiting.TryPeek(out transfer) ? transfer : null;

    private void Dequeue() => _ = _again.Count > 0 ? _again.Dequeue() : _waiting.Dequeue();

    // The first link without work, so that the last ones fall idle and close; else, maybe, the one with the least.
    private Link? Pick()
    {
        Link? least = null;
        foreach (var link in _links)
        {
            if (!link.IsUsable || link.Slots >= Route.InFlight || link.Given >= Settings.MailsPerConnection)
                continue;
            if (link.Unanswered == 0)
                return link;
            if (link.Hop.Pipelining && (least is null || link.Unanswered < least.Unanswered))
                least = link;
        }

        return _answerMs < Settings.Near.TotalMilliseconds || !MayOpen() ? least : null;
    }

    private bool MayOpen() => _openings.MayBegin(
        _links.Count, _again.Count + _waiting.Count, _links.Exists(static link => link.IsUsable));

    private async Task OpenAndDispatchAsync()
    {
        await OpenAsync(_end.Token);
        Dispatch();
    }

    private async Task<Opening> OpenAsync(CancellationToken cancel)
    {
        Opening opening;
        try
        {
            opening = await _opener.OpenAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            opening = new Opening(
                null, Capabilities.None, ClientVerdict.NextHop(new EnhancedStatus(4, 4, 1), "cancelled", Route.Host));
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            opening = new Opening(null, Capabilities.None, Bug(bug));
        }

        if (opening.Connection is null)
            Fail(opening);
        else
            await AddAsync(opening);
        return opening;
    }

    private async Task AddAsync(Opening opening)
    {
        var link = new Link(this, opening);
        lock (Gate)
        {
            _openings.Succeeded();
            if (!_closed)
            {
                _links.Add(link);
                SetIdleTimer(Settings.KeepIdle);
            }
        }

        if (_closed)
            await opening.Connection!.DisposeAsync();
        else
            link.Start();
    }

    private void Fail(Opening opening)
    {
        Transfer[] waiting = [];
        lock (Gate)
        {
            if (_openings.Failed(opening.Failure!, _links.Count > 0))
            {
                // Not only when the last of several on their way has failed: each would open the next one meanwhile,
                // and the last would never come.
                waiting = [.. _again, .. _waiting];
                _again.Clear();
                _waiting.Clear();
            }

            foreach (var transfer in waiting)
                transfer.IsGiven = true;
        }

        var attempt = new AttemptFacts(
            opening.Remote, opening.Greeting, null, Reused: false, opening.Steps, opening.Transcript?.ToString());
        foreach (var transfer in waiting)
        {
            transfer.Fail(opening.Failure!);
            transfer.Complete(attempt, recorded: null, damage: null, inDoubt: false);
        }
    }

    private void Cancel(Transfer transfer, CancellationToken cancel)
    {
        lock (Gate)
        {
            if (transfer.IsGiven)
                return;
            transfer.IsGiven = true;
            var others = _waiting.Where(other => other != transfer).ToArray();
            _waiting.Clear();
            foreach (var other in others)
                _waiting.Enqueue(other);
        }

        transfer.Cancel(cancel);
    }

    private bool Quit(Link link)
    {
        lock (Gate)
            if (!link.BeginQuit())
                return false;
        _ = link.QuitAsync();
        return true;
    }

    // One shot, and only while something idle is there to be closed. Under the gate.
    private void SetIdleTimer(TimeSpan after)
    {
        if (_idleIsSet || _closed)
            return;
        _idleIsSet = true;
        _idle ??= Time.CreateTimer(
            static courier => ((SmtpCourier)courier!).CloseIdle(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _idle.Change(after, Timeout.InfiniteTimeSpan);
    }

    private void CloseIdle()
    {
        List<Link> idle = [];
        lock (Gate)
        {
            _idleIsSet = false;
            var next = TimeSpan.MaxValue;
            foreach (var link in _links)
            {
                if (!link.IsUsable || link.Unanswered > 0)
                    continue;
                var left = Settings.KeepIdle - Time.GetElapsedTime(link.IdleSince);
                if (left <= TimeSpan.Zero)
                    idle.Add(link);
                else if (left < next)
                    next = left;
            }

            if (next < TimeSpan.MaxValue)
                SetIdleTimer(next);
        }

        foreach (var link in idle)
            Quit(link);
    }
}
