using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Postroom.Mail;
using Postroom.Mail.Message;
using Postroom.Mail.Smtp;
using Postroom.Mail.Trouble;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Submission;

/// <summary>The host of one <see cref="ServerSession"/>: reads, writes, and does what the session decides.</summary>
internal sealed class SubmissionConnection : IDisposable
{
    private static readonly TimeSpan WriteWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LingerSilence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LingerAtMost = TimeSpan.FromSeconds(30);

    private readonly ConnectionContext _context;
    private readonly ListenerParts _parts;
    private readonly string _client;
    private readonly PeerFacts _peer;
    private readonly ServerSession _session;
    private readonly bool _mayLogin;
    private readonly IncomingMail _mail;
    private readonly ServerDeadline _deadline;
    private readonly Mishaps _mishaps;
    private PipeReader _input;
    private PipeWriter _output;
    private SslStream? _tls;
    private ReadOnlySequence<byte> _rest;
    private bool _owesAnswer;
    private long _received;
    private (long Octets, long Since)? _window;
    private volatile bool _isStopping;
    private volatile bool _isWriting;

    public SubmissionConnection(ConnectionContext context, ListenerParts parts, string client, PeerFacts peer)
    {
        (_context, _parts, _client, _peer) = (context, parts, client, peer);
        (_input, _output) = (context.Transport.Input, context.Transport.Output);
        var profile = parts.Profile;
        _mayLogin = profile.Mechanisms.Count > 0;
        _session = new ServerSession(profile, peer, parts.All.Mechanism)
        {
            Refusing = reply => Meters.CommandRefused(Listener, reply),
            Meddle = (stage, from, to) => _mishaps!.Ask(stage, from, to, Origin),
        };
        _mail = new IncomingMail(parts.All);
        _mishaps = new Mishaps(context, parts.All);
        _deadline = new ServerDeadline(parts.All.Clock, Wake);
    }

    private enum Turn { Read, StartTls, Close }

    private string Listener => _parts.Settings.Name;

    private SubmissionMeters Meters => _parts.All.Meters;

    /// <summary>Lets the mail in hand end, then says goodbye.</summary>
    public void Stop()
    {
        _isStopping = true;
        _mishaps.Stop();
        _input.CancelPendingRead();
    }

    public void Abort() => _context.Abort();

    public void Dispose()
    {
        _deadline.Dispose();
        _mail.Dispose();
        _tls?.Dispose();
    }

    /// <summary>The whole of the connection. Whatever happens to it happens to it alone.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (_parts.Settings.Tls == ListenerTls.Implicit)
                await HandshakeAsync();
            if (await _mishaps.LetsGreetAsync(Origin, _output, FlushAsync))
                await TalkAsync();
            await FlushAsync();
            if (_session.Ending is not (Ending.None or Ending.Quit))
                TellEnding();
            if (_session.Ending != Ending.Quit)
                await LingerAsync();
            if (_tls != null)
                await _tls.ShutdownAsync();
        }
        catch (AuthenticationException e)
        {
            Meters.Ended(Listener, EndingNames.TlsFailed);
            SubmissionLog.TlsFailed(_parts.All.Log, _client, Listener, e);
        }
        catch (SpoolFailedException e)
        {
            Meters.Ended(Listener, EndingNames.StoreFailed);
            SubmissionLog.StoreFailed(_parts.All.Log, _client, Listener, e);
            await SayLastAsync(ServerReplies.StoreFailed);
        }
        catch (OutOfMemoryException e)
        {
            _mail.Drop();
            Meters.Ended(Listener, EndingNames.NoMemory);
            Meters.Refused(Listener, RefusalReasons.NoMemory);
            SubmissionLog.OutOfMemory(_parts.All.Log, _client, Listener, e);
            await SayLastAsync(ServerReplies.MemoryGone);
        }
        catch (Exception e) when (IsBroken(e))
        {
            Meters.Ended(Listener, EndingNames.Broke);
            SubmissionLog.Broke(_parts.All.Log, _client, Listener, e);
        }
        catch (Exception e) when (e is not (StackOverflowException or AccessViolationException))
        {
            Meters.Ended(Listener, EndingNames.Bug);
            SubmissionLog.Bug(_parts.All.Log, _client, Listener, e);
            _context.Abort();
        }
    }

    private void TellEnding()
    {
        Meters.Ended(Listener, EndingNames.Of(_session.Ending));
        if (_session.Ending == Ending.BadData)
            Meters.Refused(Listener, RefusalReasons.BadData);
        SubmissionLog.Ended(_parts.All.Log, _client, Listener, _session.Ending);
    }

    private static bool IsBroken(Exception e) =>
        e is IOException or OperationCanceledException or ObjectDisposedException or System.Net.Sockets.SocketException;

    private async Task TalkAsync()
    {
        _session.Greet(_output);
        while (true)
        {
            if (!_session.IsInData)
                _window = null;
            if (_window is null)
                _deadline.Clear(); // it was for what has come: a read that does not wait sets none
            await FlushAsync();
            if (_isStopping && _session.IsBetweenMails)
            {
                _output.Write(ServerReplies.ShuttingDown);
                return;
            }

            var read = await ReadAsync();
            if (read.IsCanceled && IsTooLate())
            {
                _input.AdvanceTo(read.Buffer.Start);
                _output.Write(_session.IsInData ? ServerReplies.TooSlow : ServerReplies.TimedOut);
                Meters.Ended(Listener, EndingNames.TimedOut);
                SubmissionLog.TimedOut(_parts.All.Log, _client, Listener);
                return;
            }

            _rest = read.Buffer.Slice(read.Buffer.End);
            var turn = Turn.Close;
            try
            {
                turn = await ObeyAsync(read.Buffer);
            }
            finally
            {
                // Also where the store failed: the last word lingers, and a pipe is not read twice at once.
                _received += read.Buffer.Length - _rest.Length;
                _input.AdvanceTo(_rest.Start, _rest.End);
            }

            if (turn == Turn.Close || (turn == Turn.Read && read.IsCompleted))
                return;
            if (turn == Turn.StartTls)
            {
                await FlushAsync();
                await HandshakeAsync();
                _session.TlsStarted();
            }
        }
    }

    // Does what the session decides about what was read, until it needs more.
    private async ValueTask<Turn> ObeyAsync(ReadOnlySequence<byte> input)
    {
        _session.HasRoom = _parts.All.Spool.HasRoom;
        while (true)
        {
            _session.IsLoginBlocked = _mayLogin && _parts.All.Gate.IsBlocked(_client);
            var step = _session.Next(ref input, _output);
            _rest = input;
            switch (step)
            {
                case ServerStep.NeedInput:
                    await _mail.FlushAsync();
                    return Turn.Read;
                case ServerStep.BeginBody:
                    _session.OpenBody(_mail.Begin(), _output);
                    break;
                case ServerStep.DropBody:
                    _mail.Drop();
                    break;
                case ServerStep.Commit:
                    if (!await CommitAsync())
                        return Turn.Close;
                    break;
                case ServerStep.StartTls:
                    return Turn.StartTls;
                case ServerStep.LoggedIn:
                    Meters.LoggedIn(Listener, isLetIn: true);
                    SubmissionLog.LoggedIn(_parts.All.Log, _session.User ?? "", _client, Listener);
                    break;
                case ServerStep.LoginFailed:
                    await PunishAsync();
                    break;
                case ServerStep.Trouble:
                    break;
                default:
                    return Turn.Close;
            }

            if (_session.TakeMade() is { } made && !await SufferAsync(made))
                return Turn.Close;
        }
    }

    private ValueTask<bool> SufferAsync(Made made) => _mishaps.SufferAsync(made, _output, FlushAsync);

    private Origin Origin => new(Listener, _client, _session.Helo, _session.User, _session.Protocol);

    private async ValueTask<bool> CommitAsync()
    {
        if (_owesAnswer) // the 250 of the mail before must not wait for the disk a second time
            await FlushAsync();
        var envelope = _session.Envelope!;
        var origin = Origin;
        var cipher = _tls?.NegotiatedCipherSuite.ToString();
        var (size, began) = (_mail.Size, _parts.All.Clock.GetTimestamp());
        var (reply, receipt) = await _mail.AcceptAsync(
            new Handover(origin, envelope, _parts.All.HostName, cipher), _session.MailData);
        var took = _parts.All.Clock.GetElapsedTime(began);
        Meters.Answered(Listener, took);
        if (_parts.All.Watch.Traces is { IsWatched: true } traces)
            traces.Accepted(origin, envelope, receipt?.Id, receipt is null ? _mail.Reason : null,
                (_parts.All.Clock.GetUtcNow() - took, took));
        if (receipt != null)
        {
            Meters.Accepted(Listener, _mail.App?.App, size, envelope.Recipients.Count);
            _parts.All.Onlooker.Heard(_mail.App);
            SubmissionLog.Accepted(_parts.All.Log, receipt.Id, _client, Listener, size, envelope.Recipients.Count);
        }
        else
        {
            Meters.Refused(Listener, _mail.Reason);
            SubmissionLog.Refused(_parts.All.Log, _client, Listener, reply);
        }

        _mail.Drop();
        if (_mail.Made is { } made && !await SufferAsync(made with { Effect = made.Effect with { Reply = null } }))
            return false;
        _session.Complete(reply, _output);
        _owesAnswer = true;
        return true;
    }

    private async ValueTask PunishAsync()
    {
        _parts.All.Gate.Failed(_client);
        Meters.LoggedIn(Listener, isLetIn: false);
        SubmissionLog.LoginFailed(_parts.All.Log, _client, Listener);
        await Task.Delay(LoginGate.Delay, _parts.All.Clock);
    }

    private async ValueTask FlushAsync()
    {
        _owesAnswer = false;
        try
        {
            while (true)
            {
                var pending = _output.FlushAsync();
                if (!pending.IsCompleted && !_isWriting)
                {
                    _deadline.Set(WriteWait);
                    _isWriting = true;
                }

                if (!(await pending).IsCanceled)
                    return;
                if (!_isWriting || !_deadline.HasPassed)
                    continue; // woken for something that is over
                _context.Abort();
                throw new IOException("the client does not read our answers");
            }
        }
        finally
        {
            if (_isWriting)
            {
                _deadline.Clear();
                _window = null;
            }

            _isWriting = false;
        }
    }

    private ValueTask<ReadResult> ReadAsync()
    {
        var pending = _input.ReadAsync();
        if (!pending.IsCompleted)
            SetReadDeadline();
        return pending;
    }

    private void SetReadDeadline()
    {
        if (!_session.IsInData)
        {
            _window = null;
            _deadline.Set(_peer.IsLocal ? _parts.Settings.Limits.IdleLocal : _parts.Settings.Limits.IdleRemote);
        }
        else if (_window == null)
        {
            _window = (_received, _parts.All.Clock.GetTimestamp());
            _deadline.Set(RateWindow);
        }
    }

    // The deadline woke us: too late for a command; or time to see how much data has come in the last minute.
    private bool IsTooLate()
    {
        if (!_deadline.HasPassed)
            return false; // woken to stop, or too early: look again
        if (!_session.IsInData || _window is not { } window)
            return true;
        var (octets, elapsed) = (_received - window.Octets, _parts.All.Clock.GetElapsedTime(window.Since));
        if (octets < _parts.Settings.Limits.SlowestData * elapsed.TotalSeconds)
            return true;
        _window = null;
        _deadline.Clear();
        return false;
    }

    // Only what waits is woken: a pipe that is not written to would give up its next write.
    private void Wake()
    {
        if (_isWriting)
            _output.CancelPendingFlush();
        else
            _input.CancelPendingRead();
    }

    private async Task HandshakeAsync()
    {
        _tls = new SslStream(new ServerStream(_context.Transport));
        using var wait = new CancellationTokenSource(WriteWait, _parts.All.Clock);
        await _tls.AuthenticateAsServerAsync(_parts.Tls!, wait.Token);
        _input = PipeReader.Create(_tls);
        _output = PipeWriter.Create(_tls);
    }

    // Reads on for a while after a refusal: to close with unread octets would be a reset, which overtakes our answer.
    private async Task LingerAsync()
    {
        var (begin, left) = (_parts.All.Clock.GetTimestamp(), _parts.Settings.Limits.MessageSize);
        while (left > 0 && !_isStopping && _parts.All.Clock.GetElapsedTime(begin) < LingerAtMost)
        {
            _deadline.Set(LingerSilence);
            var read = await _input.ReadAsync();
            left -= read.Buffer.Length;
            _input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled)
                return;
        }
    }

    private async Task SayLastAsync(Reply reply)
    {
        try
        {
            ServerReplies.Write(reply, _output);
            await FlushAsync();
            await LingerAsync();
        }
        catch (Exception e) when (IsBroken(e) || e is OutOfMemoryException)
        {
            SubmissionLog.Broke(_parts.All.Log, _client, Listener, e);
        }
    }
}
