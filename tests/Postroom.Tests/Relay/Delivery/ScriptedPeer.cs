using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;
using Postroom.Relay.Wire;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>Two ends of a wire in memory.</summary>
internal sealed class Duplex(PipeReader reader, PipeWriter writer) : Stream
{
    private readonly Stream _in = reader.AsStream();
    private readonly Stream _out = writer.AsStream();

    public static (Duplex Ours, Duplex Theirs) Pair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new Duplex(back.Reader, there.Writer), new Duplex(there.Reader, back.Writer));
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get; set; }
    public override void Flush() => _out.Flush();
    public override int Read(byte[] buffer, int offset, int count) => _in.Read(buffer, offset, count);
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => _out.Write(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _in.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _out.WriteAsync(buffer, cancellationToken);
        await _out.FlushAsync(cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            reader.Complete();
            writer.Complete();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Opens wires to a peer that runs in this process.</summary>
internal sealed class PipeDialer(ScriptedPeer peer) : IDialer
{
    public int Dialled { get; private set; }

    public Func<string, bool> Answers { get; init; } = _ => true;

    public IReadOnlyList<string> Addresses { get; init; } = ["192.0.2.1"];

    public Task<IReadOnlyList<string>> ResolveAsync(string host, CancellationToken cancel) =>
        Task.FromResult(Addresses);

    public Task<Stream> ConnectAsync(string address, int port, CancellationToken cancel)
    {
        Dialled++;
        if (!Answers(address))
            throw new DialException($"{address} refused");
        var (ours, theirs) = Duplex.Pair();
        peer.Serve(theirs);
        return Task.FromResult<Stream>(ours);
    }
}

/// <summary>An SMTP server that says what the script says. Nothing scripted: it takes everything.</summary>
internal sealed class ScriptedPeer
{
    public const string Silence = "(silence)";
    public const string Drop = "(drop)";

    private readonly Lock _gate = new();

    /// <summary>EHLO keywords.</summary>
    public string[] Offer { get; set; } =
        ["PIPELINING", "8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN", "SIZE 1000000"];

    /// <summary>
    /// Reply to a command; null for the usual one. Commands: GREETING, the line, and END for the end of a mail.
    /// </summary>
    public Func<string, string?> Script { get; set; } = _ => null;

    /// <summary>Octets a write; 0: whole replies.</summary>
    public int Cut { get; set; }

    public X509Certificate2? Certificate { get; set; }

    public List<string> Lines { get; } = [];

    public Channel<string> Mails { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Everything that was said, END included, as it comes.</summary>
    public Channel<string> Heard { get; } = Channel.CreateUnbounded<string>();

    public void Serve(Stream stream) => _ = ServeAsync(stream);

    private async Task ServeAsync(Stream stream)
    {
        try
        {
            await new Session(this, stream).RunAsync();
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException or ObjectDisposedException)
        {
            Heard.Writer.TryWrite("(gone)");
        }

        await stream.DisposeAsync();
    }

    private string? Ask(string what)
    {
        lock (_gate)
        {
            Lines.Add(what);
            var reply = Script(what);
            Heard.Writer.TryWrite(what);
            return reply;
        }
    }

    private sealed class Session(ScriptedPeer peer, Stream stream)
    {
        private readonly byte[] _buffer = new byte[1];
        private Stream _stream = stream;
        private bool _hasTaker;

        public async Task RunAsync()
        {
            if (!await SayAsync(peer.Ask("GREETING") ?? "220 hop.example ESMTP"))
                return;
            while (await LineAsync() is { } line)
            {
                var verb = line.Split(' ')[0].ToUpperInvariant();
                var body = verb == "BDAT" ? await BytesAsync(int.Parse(line.Split(' ')[1])) : null;
                var reply = peer.Ask(body is null ? line : "END") ?? Usual(verb);
                if (verb == "RCPT")
                    _hasTaker |= reply.StartsWith('2');
                if (verb == "MAIL")
                    _hasTaker = false;
                if (body is not null && reply.StartsWith('2'))
                    peer.Mails.Writer.TryWrite(body);
                if (!await SayAsync(reply))
                    return;
                if (verb == "DATA" && reply.StartsWith('3') && !await DataAsync())
                    return;
                if (verb == "STARTTLS" && reply.StartsWith('2'))
                    await SecureAsync();
                if (verb == "QUIT")
                    return;
            }
        }

        private string Usual(string verb) => verb switch
        {
            "EHLO" => "250-hop.example greets you\r\n" + string.Join("\r\n", peer.Offer.Select((word, i) =>
                (i == peer.Offer.Length - 1 ? "250 " : "250-") + word)),
            "MAIL" => "250 2.1.0 Ok",
            "RCPT" => "250 2.1.5 Ok",
            "DATA" => _hasTaker ? "354 Go on" : "554 5.5.1 No valid recipients",
            "BDAT" => _hasTaker ? "250 2.0.0 Ok: queued" : "554 5.5.1 No valid recipients",
            "STARTTLS" => "220 2.0.0 Ready",
            "QUIT" => "221 2.0.0 Bye",
            _ => "250 2.0.0 Ok",
        };

        private async Task<bool> DataAsync()
        {
            var body = new StringBuilder();
            while (await LineAsync() is { } line)
            {
                if (line != ".")
                {
                    body.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
                    continue;
                }

                var reply = peer.Ask("END") ?? "250 2.0.0 Ok: queued";
                if (reply.StartsWith('2'))
                    peer.Mails.Writer.TryWrite(body.ToString());
                return await SayAsync(reply);
            }

            return false;
        }

        private async Task SecureAsync()
        {
            var secured = new SslStream(_stream);
            await secured.AuthenticateAsServerAsync(peer.Certificate!);
            _stream = secured;
        }

        private async Task<bool> SayAsync(string reply)
        {
            if (reply == Drop)
                return false;
            if (reply == Silence)
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            var bytes = Encoding.UTF8.GetBytes(reply + "\r\n");
            var step = peer.Cut == 0 ? bytes.Length : peer.Cut;
            for (var i = 0; i < bytes.Length; i += step)
                await _stream.WriteAsync(bytes.AsMemory(i, Math.Min(step, bytes.Length - i)));
            return true;
        }

        private async Task<string?> LineAsync()
        {
            var line = new StringBuilder();
            while (await _stream.ReadAsync(_buffer) == 1)
            {
                line.Append((char)_buffer[0]);
                if (_buffer[0] == '\n')
                    return line.ToString(0, line.Length - 2);
            }

            return null;
        }

        private async Task<string> BytesAsync(int count)
        {
            var bytes = new byte[count];
            await _stream.ReadExactlyAsync(bytes);
            return Encoding.UTF8.GetString(bytes);
        }
    }
}
