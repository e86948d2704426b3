using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;
using Postroom.Relay.Wire;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>Opens wires to a peer that runs in this process.</summary>
internal sealed class PipeDialer(ScriptedPeer peer) : IDialer
{
    public int Dialled { get; private set; }

    public Duplex? Latest { get; private set; }

    public Func<string, bool> Answers { get; init; } = _ => true;

    /// <summary>What the courier's end of the wire is put into.</summary>
    public Func<Stream, Stream> Around { get; set; } = wire => wire;

    public IReadOnlyList<string> Addresses { get; init; } = ["192.0.2.1"];

    public Task<IReadOnlyList<string>> ResolveAsync(string host, CancellationToken cancel) =>
        Task.FromResult(Addresses);

    public Task<Stream> ConnectAsync(string address, int port, CancellationToken cancel)
    {
        Dialled++;
        if (!Answers(address))
            throw new DialException($"{address} refused");
        var (ours, theirs) = Duplex.Pair();
        Latest = ours;
        peer.Serve(theirs);
        return Task.FromResult(Around(ours));
    }
}

/// <summary>An SMTP server that says what the script says. Nothing scripted: it takes everything.</summary>
internal sealed class ScriptedPeer
{
    public const string Silence = "(silence)";
    public const string Drop = "(drop)";
    public const string Reset = "(reset)";

    /// <summary>Stands in a scripted reply for the usual one.</summary>
    public const string AsUsual = "(usual)";

    /// <summary>Begins a scripted reply that is to have no line end, and nothing after it.</summary>
    public const string Half = "(half)";

    /// <summary>Begins a scripted reply that goes on and on, far beyond what anybody may hold in memory.</summary>
    public const string Endless = "(endless)";

    /// <summary>Ends a scripted reply after which it closes.</summary>
    public const string AndClose = "(close)";

    private const int Enough = 4 << 20;

    private readonly Lock _gate = new();
    private Session? _latest;

    /// <summary>EHLO keywords.</summary>
    public string[] Offer { get; set; } =
        ["PIPELINING", "8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN", "SIZE 1000000"];

    /// <summary>
    /// Reply to a command; null for the usual one. Commands: GREETING, the line, TLS for its handshake, BODY when
    /// <see cref="BodyStop"/> octets of a mail have come, and END for the end of it.
    /// </summary>
    public Func<string, string?> Script { get; set; } = _ => null;

    /// <summary>Octets a write; 0: whole replies.</summary>
    public int Cut { get; set; }

    public X509Certificate2? Certificate { get; set; }

    /// <summary>BODY is asked at so many octets of a mail; 0: never.</summary>
    public int BodyStop { get; set; }

    /// <summary>Somebody listened to it although it would not end.</summary>
    public bool IsHeardOut { get; private set; }

    public List<string> Lines { get; } = [];

    /// <summary>Those of them that came in the clear.</summary>
    public List<string> ClearLines { get; } = [];

    /// <summary>Whom it took a mail for, in the order in which it did.</summary>
    public List<string> TakenFor { get; } = [];

    public Channel<string> Mails { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Everything that was said, END included, as it comes.</summary>
    public Channel<string> Heard { get; } = Channel.CreateUnbounded<string>();

    public void Serve(Duplex stream) => _ = ServeAsync(stream);

    /// <summary>Says something on the latest connection that nobody asked for.</summary>
    public async Task BlurtAsync(string reply)
    {
        try
        {
            if (!await _latest!.SayAsync(reply))
                await _latest.CloseAsync();
        }
        catch (IOException)
        {
            // The client has had enough of it.
        }
    }

    private async Task ServeAsync(Duplex stream)
    {
        try
        {
            await (_latest = new Session(this, stream)).RunAsync();
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException or ObjectDisposedException)
        {
            Heard.Writer.TryWrite("(gone)");
        }

        await stream.DisposeAsync();
    }

    private string? Ask(string what, bool isClear)
    {
        lock (_gate)
        {
            Lines.Add(what);
            if (isClear)
                ClearLines.Add(what);
            var reply = Script(what);
            Heard.Writer.TryWrite(what);
            return reply;
        }
    }

    private void Took(string body, IEnumerable<string> recipients)
    {
        lock (_gate)
            TakenFor.AddRange(recipients);
        Mails.Writer.TryWrite(body);
    }

    private sealed class Session(ScriptedPeer peer, Duplex wire)
    {
        private readonly byte[] _buffer = new byte[1];
        private readonly List<string> _takers = [];
        private readonly List<byte> _held = []; // replies to commands that came together go together (RFC 2920 §3.2)
        private Stream _stream = wire;
        private int _body;
        private bool _hasSender;

        private bool IsClear => _stream == wire;

        public async Task RunAsync()
        {
            if (!await AnswerAsync("GREETING", "220 hop.example ESMTP"))
                return;
            while (await LineAsync() is { } line)
            {
                var verb = line.Split(' ')[0].ToUpperInvariant();
                if (verb is "MAIL" or "RSET")
                    EndMail();
                if (!await (verb is "BDAT" or "DATA" ? ContentAsync(verb, line) : AnswerAsync(line, Usual(verb)))
                    || verb == "QUIT")
                    return;
            }
        }

        public ValueTask CloseAsync() => wire.DisposeAsync();

        private string Usual(string verb) => verb switch
        {
            "EHLO" => "250-hop.example greets you\r\n" + string.Join("\r\n", peer.Offer.Select((word, i) =>
                (i == peer.Offer.Length - 1 ? "250 " : "250-") + word)),
            "MAIL" => "250 2.1.0 Ok",
            "RCPT" when !_hasSender => "503 5.5.1 MAIL first",
            "RCPT" => "250 2.1.5 Ok",
            "STARTTLS" => "220 2.0.0 Ready",
            "AUTH" => "235 2.7.0 Welcome",
            "QUIT" => "221 2.0.0 Bye",
            _ => "250 2.0.0 Ok",
        };

        private async Task<bool> ContentAsync(string verb, string line)
        {
            _body = 0;
            if (verb == "BDAT")
                return await BytesAsync(int.Parse(line.Split(' ')[1])) is { } chunk && await EndAsync(chunk);
            var reply = peer.Ask(line, IsClear) ?? AsUsual;
            reply = reply.Replace(
                AsUsual, _takers.Count > 0 ? "354 Go on" : "554 5.5.1 No valid recipients", StringComparison.Ordinal);
            if (!await SayAsync(reply))
                return false;
            return !reply.StartsWith('3') || (await DataAsync() is { } body && await EndAsync(body));
        }

        private async Task<bool> EndAsync(string body)
        {
            var usual = _takers.Count > 0 ? "250 2.0.0 Ok: queued" : "554 5.5.1 No valid recipients";
            var reply = (peer.Ask("END", IsClear) ?? AsUsual).Replace(AsUsual, usual, StringComparison.Ordinal);
            if (reply.StartsWith('2') && _takers.Count > 0)
                peer.Took(body, _takers);
            EndMail();
            return await SayAsync(reply);
        }

        private void EndMail()
        {
            _hasSender = false;
            _takers.Clear();
        }

        private async Task<bool> AnswerAsync(string line, string usual)
        {
            var reply = (peer.Ask(line, IsClear) ?? usual).Replace(AsUsual, usual, StringComparison.Ordinal);
            if (reply.StartsWith('2') && line.StartsWith("MAIL", StringComparison.OrdinalIgnoreCase))
                _hasSender = true;
            else if (reply.StartsWith('2') && line.StartsWith("RCPT", StringComparison.OrdinalIgnoreCase))
                _takers.Add(line.Split('<', '>')[1]);
            var mayWait = line.Split(' ')[0] is "MAIL" or "RCPT" && wire.HasMore;
            return await SayAsync(reply, mayWait) && (line != "STARTTLS" || reply[0] != '2' || await SecureAsync());
        }

        private async Task<string?> DataAsync()
        {
            var body = new StringBuilder();
            while (await LineAsync() is { } line)
            {
                if (line == ".")
                    return body.ToString();
                body.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
                if (!await StopAsync(line.Length + 2))
                    return null;
            }

            return null;
        }

        // False if the peer does what the script says about the middle of a mail, and that is the end.
        private async Task<bool> StopAsync(int octets)
        {
            var before = _body;
            _body += octets;
            return peer.BodyStop == 0 || before >= peer.BodyStop || _body < peer.BodyStop
                || peer.Ask("BODY", IsClear) is not { } own || await SayAsync(own);
        }

        private async Task<bool> SecureAsync()
        {
            if (peer.Ask("TLS", isClear: true) is { } instead)
            {
                await _stream.ReadExactlyAsync(_buffer); // the client has begun
                await SayAsync(instead);
                return false;
            }

            var secured = new SslStream(_stream);
            try
            {
                await secured.AuthenticateAsServerAsync(peer.Certificate!);
            }
            catch (AuthenticationException)
            {
                return false; // the client did not like the certificate
            }

            _stream = secured;
            return true;
        }

        public async Task<bool> SayAsync(string reply, bool mayWait = false)
        {
            var isPlain = !reply.StartsWith('(') && !reply.EndsWith(AndClose, StringComparison.Ordinal);
            if (mayWait && isPlain && peer.Cut == 0 && !reply.StartsWith("421", StringComparison.Ordinal))
            {
                _held.AddRange(Encoding.Latin1.GetBytes(reply + "\r\n"));
                return true;
            }

            await FlushAsync();
            if (reply == Reset)
                wire.Reset();
            if (reply is Drop or Reset)
                return false;
            if (reply == Silence)
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            if (reply.StartsWith(Endless, StringComparison.Ordinal))
            {
                var piece = Encoding.Latin1.GetBytes(reply[Endless.Length..]);
                for (var said = 0; said < Enough; said += piece.Length)
                    await _stream.WriteAsync(piece);
                peer.IsHeardOut = true;
                return false;
            }

            var isLast = reply.EndsWith(AndClose, StringComparison.Ordinal);
            reply = reply.Replace(AndClose, "", StringComparison.Ordinal);
            var isHalf = reply.StartsWith(Half, StringComparison.Ordinal);
            var bytes = Encoding.Latin1.GetBytes(isHalf ? reply[Half.Length..] : reply + "\r\n");
            var step = peer.Cut == 0 ? bytes.Length : peer.Cut;
            for (var i = 0; i < bytes.Length; i += step)
                await _stream.WriteAsync(bytes.AsMemory(i, Math.Min(step, bytes.Length - i)));
            if (isHalf)
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            return !isLast && !reply.StartsWith("421", StringComparison.Ordinal); // RFC 5321 §3.8
        }

        private async Task FlushAsync()
        {
            if (_held.Count == 0)
                return;
            var bytes = _held.ToArray();
            _held.Clear();
            await _stream.WriteAsync(bytes);
        }

        private async Task<string?> LineAsync()
        {
            var line = new StringBuilder();
            while (true)
            {
                if (!wire.HasMore)
                    await FlushAsync();
                if (await _stream.ReadAsync(_buffer) != 1)
                    return null;
                line.Append((char)_buffer[0]);
                if (_buffer[0] == '\n')
                    return line.ToString(0, line.Length - 2);
            }
        }

        private async Task<string?> BytesAsync(int count)
        {
            await FlushAsync();
            var bytes = new byte[count];
            var stop = Math.Min(count, peer.BodyStop);
            await _stream.ReadExactlyAsync(bytes.AsMemory(0, stop));
            if (stop > 0 && !await StopAsync(stop))
                return null;
            await _stream.ReadExactlyAsync(bytes.AsMemory(stop));
            return Encoding.UTF8.GetString(bytes);
        }
    }
}
