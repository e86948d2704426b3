using System.Net.Security;
using System.Net.Sockets;
using Postroom.Mail;

namespace Postroom.Relay.Wire;

/// <summary>An open connection to a next hop: bytes both ways, TLS, and a deadline on everything.</summary>
/// <remarks>One reader and one writer at a time. Whatever breaks it comes out as <see
/// cref="ConnectionLostException"/>.</remarks>
public sealed class Connection : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Watch _reading;
    private readonly Watch _writing;
    private readonly TimeSpan _block;
    private Stream _stream;
    private string? _late;
    private int _closed;

    private Connection(Stream stream, string remote, Deadlines deadlines, TimeProvider time)
    {
        (_stream, Remote, _block) = (stream, remote, deadlines.Block);
        _reading = new Watch(time, Late);
        _writing = new Watch(time, Late);
    }

    /// <summary>Address and port.</summary>
    public string Remote { get; }

    /// <summary>Protocol and cipher; null in the clear.</summary>
    public string? Tls { get; private set; }

    /// <summary>What a login can be bound to; null in the clear, or where the platform does not tell.</summary>
    public ChannelBinding? Binding { get; private set; }

    /// <summary>What was said before the first mail.</summary>
    public Transcript Transcript { get; } = new();

    /// <summary>Connects to one address.</summary>
    /// <exception cref="DialException">It could not be reached, or not in time.</exception>
    public static async Task<Connection> OpenAsync(
        IDialer dialer, (string Address, int Port) to, Deadlines deadlines, TimeProvider time, CancellationToken cancel)
    {
        var remote = to.Address.StartsWith(SocketDialer.UnixPrefix, StringComparison.Ordinal) ? to.Address
            : to.Address.Contains(':', StringComparison.Ordinal) ? $"[{to.Address}]:{to.Port}"
            : $"{to.Address}:{to.Port}";
        using var timer = new CancellationTokenSource(deadlines.Connect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        try
        {
            var stream = await dialer.ConnectAsync(to.Address, to.Port, either.Token);
            return new Connection(stream, remote, deadlines, time);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new DialException($"{remote} did not answer within {Seconds(deadlines.Connect)}");
        }
    }

    /// <summary>From now on the peer owes us something; for the message when it does not come.</summary>
    public void Await(string what, TimeSpan within) => _reading.Await(what, within);

    /// <summary>The peer owes us nothing.</summary>
    public void Rest() => _reading.Rest();

    /// <summary>Reads what has come.</summary>
    /// <returns>At least 1.</returns>
    /// <exception cref="ConnectionLostException">Closed, broken, or the deadline passed.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        try
        {
            var read = await _stream.ReadAsync(into, _end.Token);
            return read > 0 ? read : throw new ConnectionLostException("the next hop closed the connection");
        }
        catch (Exception broken) when (IsLoss(broken))
        {
            throw Lost(broken);
        }
    }

    /// <summary>Writes all of it.</summary>
    /// <exception cref="ConnectionLostException">Closed, broken, or the peer did not take it in time.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        ValueTask writing;
        try
        {
            writing = _stream.WriteAsync(bytes, _end.Token);
        }
        catch (Exception broken) when (IsLoss(broken))
        {
            return ValueTask.FromException(Lost(broken));
        }

        return writing.IsCompletedSuccessfully ? writing : WaitForAsync(writing);
    }

    /// <summary>Begins TLS.</summary>
    /// <exception cref="TlsException">It did not come about.</exception>
    /// <exception cref="ConnectionLostException">The deadline passed.</exception>
    public async Task SecureAsync(TlsClient tls, TimeSpan within)
    {
        Await("the TLS handshake", within);
        try
        {
            var secured = await tls.BeginAsync(_stream, _end.Token);
            _stream = secured;
            (Tls, Binding) = (Describe(secured), TlsBinding.Of(secured));
            Transcript.Noted(Tls);
        }
        catch (Exception broken) when (IsLoss(broken))
        {
            throw Lost(broken);
        }
        catch (TlsException) when (_late is not null)
        {
            throw Lost(null);
        }

        Rest();
    }

    /// <summary>Closes it at once; whoever reads or writes gets <see cref="ConnectionLostException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        _reading.Dispose();
        _writing.Dispose();
        _end.Cancel();
        await _stream.DisposeAsync();
        // _end stays undisposed: a late reader still asks for its token, and there is nothing in it to free.
    }

    private async ValueTask WaitForAsync(ValueTask writing)
    {
        _writing.Await("the next hop to take what was written", _block);
        try
        {
            await writing;
        }
        catch (Exception broken) when (IsLoss(broken))
        {
            throw Lost(broken);
        }

        _writing.Rest();
    }

    private void Late(string what)
    {
        _late = what;
        _end.Cancel();
    }

    private static bool IsLoss(Exception broken) =>
        broken is IOException or SocketException or ObjectDisposedException or OperationCanceledException;

    private ConnectionLostException Lost(Exception? broken) => _late is { } late
        ? new ConnectionLostException($"timed out waiting for {late}", broken)
        : new ConnectionLostException(_closed != 0 ? "the connection was closed by us"
            : $"the connection broke: {(broken?.InnerException ?? broken)?.Message}", broken);

    private static string Describe(SslStream tls) => $"{tls.SslProtocol} {tls.NegotiatedCipherSuite}";

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0} s";
}

/// <summary>The connection is gone; the message says how that showed.</summary>
public sealed class ConnectionLostException(string message, Exception? inner = null) : Exception(message, inner);
