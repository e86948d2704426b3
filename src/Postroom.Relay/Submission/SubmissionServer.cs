using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Postroom.Mail;
using Postroom.Mail.Message;
using Postroom.Mail.Senders;
using Postroom.Mail.Smtp;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Submission;

/// <summary>Takes mail from applications into the spool: all listeners, and their coming and going.</summary>
/// <remarks>Start, reload and stop one after the other; they are no place for two callers at once.</remarks>
public sealed class SubmissionServer : IAsyncDisposable
{
    private const int PieceSize = 64 << 10;

    // Mail of the relay's own: that it is not taken concerns no application, and is told by who sent it.
    internal const string Own = "postroom";

    // What counts as the listener of mail that comes whole.
    private const string Whole = "api";

    private readonly ISpool _spool;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _loggers;
    private readonly IConnectionListenerFactory _transport;
    private readonly List<Listener> _listeners = [];
    private readonly List<Task> _draining = [];
    private readonly CancellationTokenSource _cutOff = new();
    private SubmissionSettings _settings;
    private SubmissionParts _parts;

    /// <param name="transport">Where connections come from; null for the sockets of this machine.</param>
    public SubmissionServer(SubmissionSettings settings, ISpool spool, TimeProvider clock, ILoggerFactory loggers,
        IConnectionListenerFactory? transport = null)
    {
        (_settings, _spool, _clock, _loggers) = (settings, spool, clock, loggers);
        _transport = transport ?? new SocketTransportFactory(Options.Create(Listener.Sockets), loggers);
        _parts = PartsOf(settings);
    }

    /// <summary>Counts what comes in. To be set before the start.</summary>
    public RelayMeters Meters
    {
        get => _parts.Watch;
        init => _parts = _parts with { Watch = value };
    }

    /// <summary>Told of each mail. To be set before the start.</summary>
    public Onlooker Onlooker
    {
        init => _parts = _parts with { Onlooker = value };
    }

    /// <summary>Where each listener is bound, by its name; with the port where any was asked for.</summary>
    public IReadOnlyDictionary<string, EndPoint> Bound =>
        _listeners.ToDictionary(l => l.Settings.Name, l => l.EndPoint);

    /// <summary>Opens all listeners, or none.</summary>
    /// <exception cref="ListenerRefusedException">One may not start, or its address cannot be had; the message says
    /// why.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        _parts.Meters.Begins(Whole);
        try
        {
            foreach (var listener in _settings.Listeners)
                _listeners.Add(await Listener.StartAsync(ListenerParts.Of(listener, _parts), cancel));
        }
        catch (ListenerRefusedException)
        {
            await StopAsync(new CancellationToken(canceled: true));
            throw;
        }
    }

    /// <summary>
    /// Closes and opens what has changed; unchanged listeners run on, with their certificates read again. Sessions on a
    /// closed one finish their mail. Refused whole if a listener may not start or a certificate cannot be used.
    /// </summary>
    /// <exception cref="ListenerRefusedException">The settings or a certificate are wrong: nothing has changed. Or an
    /// address cannot be had.</exception>
    public async Task ReloadAsync(SubmissionSettings settings, CancellationToken cancel)
    {
        var sameHouse = settings with { Listeners = _settings.Listeners, Applications = _settings.Applications }
            == _settings;
        var all = sameHouse ? _parts : PartsOf(settings) with { Watch = Meters, Onlooker = _parts.Onlooker };
        var wanted = settings.Listeners.Select(l => ListenerParts.Of(l, all)).ToList();
        foreach (var old in _listeners.ToArray())
        {
            if (sameHouse && wanted.Find(w => IsSame(w.Settings, old.Settings)) is { } same)
            {
                old.GoOnWith(same);
                continue;
            }

            _listeners.Remove(old);
            await old.UnbindAsync();
            _draining.Add(old.DrainAsync(_cutOff.Token));
        }

        _draining.RemoveAll(t => t.IsCompleted);
        (_settings, _parts) = (settings, all);
        all.Recogniser = new Recogniser(settings.Applications);
        foreach (var fresh in wanted.Where(w => !_listeners.Exists(o => IsSame(w.Settings, o.Settings))))
            _listeners.Add(await Listener.StartAsync(fresh, cancel));
    }

    /// <summary>Takes a mail that comes whole and by another way than SMTP. Bare CR, bare LF and NUL in it are
    /// repaired, and that is noted: no second mail can hide in it.</summary>
    /// <param name="origin">Who hands it over; asked when all of it was read.</param>
    /// <exception cref="IOException">The stream ended too early: nothing was taken.</exception>
    public async Task<Taken> TakeAsync(
        Envelope envelope, Func<Origin> origin, Stream from, long most, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        var parts = _parts;
        using var mail = new IncomingMail(parts);
        try
        {
            var (body, data) = (mail.Begin(), new MailData(most, lenient: true));
            data.Begin(dots: false);
            while (await from.ReadAsync(buffer, cancel) is > 0 and var read)
            {
                data.Read(buffer.AsSpan(0, read), body);
                if (data.IsTooLarge)
                    return Refused(ServerReplies.MailTooLarge, RefusalReasons.TooLarge);
                await mail.FlushAsync();
            }

            data.Finish(body);
            var (handover, began) = (new Handover(origin(), mail.Described(envelope, data), parts.HostName, null),
                _clock.GetTimestamp());
            var (reply, receipt) = await mail.AcceptAsync(handover, data);
            var took = _clock.GetElapsedTime(began);
            parts.Meters.Answered(Whole, took);
            if (mail.Made is { } made)
                await Task.Delay(made.Effect.Delay, _clock, cancel);
            if (parts.Watch.Traces is { IsWatched: true } traces)
                traces.Accepted(handover.Origin, handover.Envelope, receipt?.Id, receipt is null ? mail.Reason : null,
                    (_clock.GetUtcNow() - took, took));
            if (receipt is null)
                return handover.Origin.Listener == Own ? new Taken(reply, null) : Refused(reply, mail.Reason);
            parts.Meters.Accepted(Whole, mail.App?.App, data.Length, envelope.Recipients.Count);
            if (handover.Origin.Replay is null)
                parts.Onlooker.Heard(mail.App);
            return new Taken(reply, receipt.Id);
        }
        catch (SpoolFailedException)
        {
            return Refused(ServerReplies.StoreFailed, RefusalReasons.StoreFailed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Taken Refused(Reply reply, string reason)
        {
            parts.Meters.Refused(Whole, reason);
            return new Taken(reply, null);
        }
    }

    /// <summary>Takes no more connections, lets each finish its mail, and cuts off what is left when
    /// cancelled.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        foreach (var listener in _listeners)
            await listener.UnbindAsync();
        _draining.AddRange(_listeners.Select(l => l.DrainAsync(_cutOff.Token)));
        _listeners.Clear();
        await using (cancel.Register(_cutOff.Cancel))
            await Task.WhenAll(_draining);
        _draining.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true));
        _cutOff.Dispose();
    }

    private static bool IsSame(ListenerSettings a, ListenerSettings b) =>
        a with { Allow = b.Allow } == b && a.Allow.SequenceEqual(b.Allow);

    private SubmissionParts PartsOf(SubmissionSettings settings)
    {
        var users = new Users(settings.UsersFile, _loggers.CreateLogger("Postroom.Submission"));
        var folder = settings.DataFolder ?? Path.GetDirectoryName(Path.GetFullPath(settings.UsersFile)) ?? ".";
        return new SubmissionParts(settings.HostName, _spool, _clock, _loggers, users)
        {
            DataFolder = folder,
            MostConnections = ConnectionCount.Share(Posix.MostDescriptors(), settings.Listeners.Count),
            Transport = _transport,
            Recogniser = new Recogniser(settings.Applications),
        };
    }
}

/// <summary>What came of a mail that was handed over.</summary>
/// <param name="Reply">In the words of SMTP.</param>
/// <param name="Id">Where it is on stable storage; null: it was refused.</param>
public readonly record struct Taken(Reply Reply, MailId? Id);
