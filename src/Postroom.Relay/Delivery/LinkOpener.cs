using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>A connection that is ready for mail, or why there is none.</summary>
internal sealed record Opening(Connection? Connection, Capabilities Hop, Failure? Failure)
{
    public string? Remote { get; init; }
    public string? Greeting { get; init; }
    public IReadOnlyList<Step> Steps { get; init; } = [];

    /// <summary>What was heard at each of the steps.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    public Transcript? Transcript { get; init; }

    /// <summary>It ended in the TLS handshake.</summary>
    public bool TlsFailed { get; init; }

    /// <summary>The access token was refused, and another is to be had.</summary>
    public bool MayTryAnotherToken { get; init; }
}

/// <summary>Opens connections of one route: addresses in order, TLS as the route says, login.</summary>
internal sealed class LinkOpener(Route route, CourierSettings settings, IDialer dialer, TimeProvider time)
{
    private readonly Deadlines _deadlines = settings.Deadlines;

    /// <summary>Tries the addresses of the hop in order (RFC 5321 §5.1) until one greets us.</summary>
    public async Task<Opening> OpenAsync(CancellationToken cancel)
    {
        Opening? last = null;
        try
        {
            foreach (var address in await dialer.ResolveAsync(route.Host, cancel))
            {
                if (settings.Own.Holds(address, route.Port))
                    return Failed(
                        new EnhancedStatus(5, 4, 6), $"the route leads back to our own listener at {address}");
                last = await TryAsync(address, cancel);
                if (last.Failure is null or { Fault: Fault.Account } || last.Greeting is not null)
                    return last;
            }

            return last ?? Failed(new EnhancedStatus(4, 4, 3), $"{route.Host} has no address");
        }
        catch (DialException unknown)
        {
            return Failed(new EnhancedStatus(4, 4, 3), unknown.Message);
        }
    }

    private async Task<Opening> TryAsync(string address, CancellationToken cancel)
    {
        var tls = route.Tls switch
        {
            TlsMode.Required => ClientTls.Required,
            TlsMode.Opportunistic => ClientTls.IfOffered,
            TlsMode.None or TlsMode.Implicit => ClientTls.None,
        };
        var opening = await new Attempt(this, address, tls).OpenAsync(cancel);

        // RFC 7435 §3: where TLS was only a wish, its failure is no reason not to send.
        if (opening.TlsFailed && tls == ClientTls.IfOffered)
            opening = await new Attempt(this, address, ClientTls.None).OpenAsync(cancel);

        // A token can be taken back at any moment before its end. One other, once: whoever refuses a new one as well
        // means the account.
        return opening.MayTryAnotherToken ? await new Attempt(this, address, tls).OpenAsync(cancel) : opening;
    }

    private static Opening Failed(EnhancedStatus status, string why) =>
        new(null, Capabilities.None, ClientVerdict.NextHop(status, why, null));

    // One address, once.
    private sealed class Attempt(LinkOpener opener, string address, ClientTls tls)
    {
        private readonly List<Step> _steps = [];
        private readonly List<string> _words = [];
        private readonly ReplyReader _replies = new();
        private readonly byte[] _buffer = new byte[ReplyReader.LongestLine];
        private Memory<byte> _unread;
        private long _from = opener.GetTimestamp();
        private Connection? _connection;
        private ClientSession? _session;
        private Login? _login;
        private bool _inHandshake;

        public async Task<Opening> OpenAsync(CancellationToken cancel)
        {
            var (status, why, fault) = (new EnhancedStatus(4, 4, 1), "", Fault.NextHop);
            try
            {
                return await DialogueAsync(cancel);
            }
            catch (DialException unreachable)
            {
                why = unreachable.Message;
            }
            catch (ConnectionLostException lost)
            {
                (status, why) = (new EnhancedStatus(4, 4, 2), lost.Message);
            }
            catch (TlsException broken)
            {
                (status, why) = (new EnhancedStatus(4, 7, 5), broken.Message);
            }
            catch (GarbageException garbage)
            {
                (status, why) = (new EnhancedStatus(4, 5, 0), garbage.Message);
            }
            catch (LoginException missing)
            {
                (status, why, fault) = (new EnhancedStatus(4, 3, 5), missing.Message, missing.Fault);
            }

            return await GiveUpAsync(new Failure(fault, status, why, opener.Host));
        }

        private async Task<Opening> DialogueAsync(CancellationToken cancel)
        {
            var route = opener.Route;
            // Before the connection, which would idle while an authorization server takes its time.
            _login = await Login.ForAsync(route, opener.Settings, IsLocal(address), cancel);
            var credentials = _login?.Credentials;
            _from = opener.GetTimestamp();
            _connection = await Connection.OpenAsync(
                opener.Dialer, (address, route.Port), opener.Deadlines, opener.Time, cancel);
            Step("connect", _connection.Remote);
            using var stop = cancel.UnsafeRegister(
                static open => _ = ((Connection)open!).DisposeAsync().AsTask(), _connection);
            if (route.Tls == TlsMode.Implicit)
                await SecureAsync();
            var secured = route.Tls == TlsMode.Implicit && credentials is not null
                ? credentials with { ClearTextAllowed = true, Binding = _connection.Binding }
                : credentials;
            _session = new ClientSession(route.Helo ?? opener.HostName, tls, secured);
            var move = ClientMove.Talk;
            while (move is ClientMove.Talk or ClientMove.BeginTls)
                move = move == ClientMove.Talk ? await TalkAsync(_session) : await BeginTlsAsync(_session);
            _connection.Rest();
            if (move == ClientMove.Failed)
                return await GiveUpAsync(_session.Failure! with { RemoteMta = opener.Host });
            if (!_unread.IsEmpty || _replies.IsMidway)
                throw new GarbageException("more replies than commands");
            _login?.Accepted();
            return new Opening(_connection, _session.Hop, null)
            {
                Remote = _connection.Remote, Greeting = _session.Greeting, Steps = _steps, Words = _words,
                Transcript = _connection.Transcript,
            };
        }

        private async Task<ClientMove> TalkAsync(ClientSession session)
        {
            var stage = session.Stage;
            if (session.ToSend.Length > 0)
            {
                // Who answers before he is asked is out of step, or somebody else put his words in.
                if (!_unread.IsEmpty || _replies.IsMidway)
                    throw new GarbageException("more replies than commands");
                _connection!.Transcript.Sent(session.Shown);
                await _connection.WriteAsync(session.ToSend);
            }

            var reply = await ReadReplyAsync(stage);
            var words = session.Masked(reply).Quote();
            _connection!.Transcript.Received(words);
            var move = session.On(reply);
            if (session.Stage != stage || move != ClientMove.Talk)
                Step(NameOf(stage), words);
            return move;
        }

        private async Task<ClientMove> BeginTlsAsync(ClientSession session)
        {
            // RFC 3207 §6: what came in the clear behind the 220 was put there by somebody to be taken for the hop's.
            if (!_unread.IsEmpty || _replies.IsMidway)
                throw new GarbageException("bytes in the clear behind the 220 of STARTTLS");
            await SecureAsync();
            return session.Secured(_connection!.Binding);
        }

        private async Task SecureAsync()
        {
            var route = opener.Route;
            var verify = route.Tls != TlsMode.Opportunistic;
            var client = new TlsClient(route.Host, verify, route.TrustFile);
            _inHandshake = true;
            await _connection!.SecureAsync(client, opener.Deadlines.Connect);
            _inHandshake = false;
            Step("tls", _connection.Tls!);
        }

        private async Task<Reply> ReadReplyAsync(ClientStage stage)
        {
            _connection!.Await(
                stage == ClientStage.Greeting ? "the greeting" : $"the reply to {NameOf(stage)}",
                stage == ClientStage.Greeting ? opener.Deadlines.Greeting : opener.Deadlines.Command);
            while (true)
            {
                if (_unread.IsEmpty)
                    _unread = _buffer.AsMemory(0, await _connection.ReadAsync(_buffer));
                if (TryReply() is { } reply)
                    return reply;
            }
        }

        private Reply? TryReply()
        {
            ReadOnlySpan<byte> bytes = _unread.Span;
            var progress = _replies.Read(ref bytes, out var reply);
            _unread = _unread[^bytes.Length..];
            return progress == ReplyProgress.Garbage ? throw new GarbageException(_replies.Complaint!) : reply;
        }

        private async Task<Opening> GiveUpAsync(Failure failure)
        {
            _connection?.Transcript.Noted(failure.Diagnostic);
            if (_connection is not null)
                await _connection.DisposeAsync();
            return new Opening(null, Capabilities.None, failure)
            {
                Remote = _connection?.Remote, Greeting = _session?.Greeting, Steps = _steps, Words = _words,
                Transcript = _connection?.Transcript, TlsFailed = _inHandshake,
                MayTryAnotherToken = _session is { Stage: ClientStage.Auth } && failure.Status.Class == 5
                    && _login!.IsRefused(),
            };
        }

        private void Step(string name, string words)
        {
            var now = opener.GetTimestamp();
            _steps.Add(new Step(name, opener.Time.GetElapsedTime(_from, now).TotalMilliseconds));
            _words.Add(words);
            _from = now;
        }

        private static string NameOf(ClientStage stage) => stage switch
        {
            ClientStage.Greeting => "greeting",
            ClientStage.Hello => "ehlo",
            ClientStage.StartTls => "starttls",
            _ => "auth",
        };

        private static bool IsLocal(string address) =>
            address.StartsWith(SocketDialer.UnixPrefix, StringComparison.Ordinal) ||
            (System.Net.IPAddress.TryParse(address, out var ip) && System.Net.IPAddress.IsLoopback(ip));
    }

    private Route Route => route;
    private IDialer Dialer => dialer;
    private TimeProvider Time => time;
    private Deadlines Deadlines => _deadlines;
    private string HostName => settings.HostName;
    private CourierSettings Settings => settings;
    private string Host => route.Host;

    private long GetTimestamp() => time.GetTimestamp();
}

/// <summary>What came is no SMTP.</summary>
internal sealed class GarbageException(string message) : Exception(message);
