using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A mail that arrived at a sink: its envelope as commands, and its exact bytes.</summary>
internal sealed partial record Arrival(string From, IReadOnlyList<string> To, byte[] Bytes)
{
    public string Text => Encoding.Latin1.GetString(Bytes);

    /// <summary>As which mail the relay knows it, by its trace block.</summary>
    public string Id => InTrace().Match(Text).Groups[1].Value;

    /// <summary>It came over TLS.</summary>
    public bool ByTls { get; init; }

    /// <summary>It came with BDAT, not with DATA.</summary>
    public bool ByChunks { get; init; }

    [GeneratedRegex(@"\sid (\w+)")]
    private static partial Regex InTrace();
}

/// <summary>A next hop that takes mail and records it, and behaves as a test needs it to.</summary>
internal sealed class Sink : IAsyncDisposable
{
    private readonly List<Arrival> _arrivals = [];
    private readonly List<string> _commands = [];
    private readonly List<TcpClient> _connections = [];
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TcpListener? _listener;

    private Sink(bool isUp)
    {
        while (isUp && _listener is null)
            try
            {
                Up();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                Port = Ports.Free(); // somebody was faster
            }
    }

    public int Port { get; private set; } = Ports.Free();

    /// <summary>What it says instead of its usual reply to a command; null for the usual.</summary>
    public Func<string, string?> Reply { get; set; } = _ => null;

    public bool OffersChunking { get; init; } = true;

    public bool OffersPipelining { get; init; } = true;

    /// <summary>Its certificate; null: it offers no STARTTLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The password it takes, of any user; null: it offers no AUTH.</summary>
    public string? Password { get; set; }

    /// <summary>Whether it takes an access token; null: it offers no XOAUTH2.</summary>
    public Func<string, bool>? Token { get; set; }

    /// <summary>When it was logged in to, or somebody tried, by the machine's own clock.</summary>
    public List<TimeSpan> Logins { get; } = [];

    /// <summary>Connections that were accepted, whatever came of them.</summary>
    public int Accepted { get; private set; }

    /// <summary>What it keeps of a mail's octets.</summary>
    public Func<byte[], byte[]> Keeps { get; set; } = all => all;

    public static Sink Start() => new(isUp: true);

    /// <summary>A next hop that is not there yet.</summary>
    public static Sink Away() => new(isUp: false);

    /// <summary>The same, with other extensions.</summary>
    public static Sink Away(bool offersChunking, bool offersPipelining, X509Certificate2? certificate) => new(false)
    {
        OffersChunking = offersChunking, OffersPipelining = offersPipelining, Certificate = certificate,
    };

    public IReadOnlyList<Arrival> Arrivals
    {
        get
        {
            lock (_arrivals)
                return [.. _arrivals];
        }
    }

    /// <summary>Every command of every connection, in the order in which they came.</summary>
    public IReadOnlyList<string> Commands
    {
        get
        {
            lock (_arrivals)
                return [.. _commands];
        }
    }

    /// <summary>Comes up, or comes back, on its port.</summary>
    public void Up()
    {
        var listener = new TcpListener(IPAddress.Loopback, Port);
        for (var until = Stopwatch.StartNew(); !listener.Server.IsBound;)
            try
            {
                listener.Start();
            }
            catch (SocketException inUse) when (inUse.SocketErrorCode == SocketError.AddressAlreadyInUse
                && until.Elapsed < Shell.Limit)
            {
                // A child that another test forked before it went down has its socket for a moment more.
                listener.Dispose();
                listener = new TcpListener(IPAddress.Loopback, Port);
                Thread.Sleep(10);
            }

        _listener = listener;
        _ = AcceptAsync(listener);
    }

    /// <summary>Is gone: refuses connections and drops those it had.</summary>
    public void Down()
    {
        _listener?.Stop();
        _listener = null;
        lock (_arrivals)
        {
            _connections.ForEach(connection => connection.Dispose());
            _connections.Clear();
        }
    }

    /// <summary>Waits until at least that many mails are here.</summary>
    public Task<IReadOnlyList<Arrival>> WaitAsync(int count, RealRelay? relay = null) =>
        WaitAsync(all => all.Count >= count, $"{count} mails", relay);

    /// <summary>Waits until what has arrived is enough.</summary>
    public async Task<IReadOnlyList<Arrival>> WaitAsync(
        Func<IReadOnlyList<Arrival>, bool> enough, string what, RealRelay? relay = null)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            Task next;
            lock (_arrivals)
            {
                if (enough(_arrivals))
                    return [.. _arrivals];
                next = _arrived.Task;
            }
            var left = Shell.Limit - since.Elapsed;
            if (left <= TimeSpan.Zero)
                Assert.Fail($"waited for {what}; {Arrivals.Count} mails are here\n{relay?.Printed}");
            await Task.WhenAny(next, Task.Delay(left, TestContext.Current.CancellationToken));
        }
    }

    public ValueTask DisposeAsync()
    {
        Down();
        return ValueTask.CompletedTask;
    }

    internal void Took(Arrival arrival)
    {
        lock (_arrivals)
        {
            _arrivals.Add(arrival);
            _arrived.TrySetResult();
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal void Heard(string command)
    {
        lock (_arrivals)
            _commands.Add(command);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                lock (_arrivals)
                {
                    _connections.Add(client);
                    Accepted++;
                }

                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped: the sink is down.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            await using var stream = client.GetStream();
            await new SinkSession(this, stream).RunAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException
            or AuthenticationException)
        {
            // The peer went away, or the sink went down: both are what the test is about.
        }
        finally
        {
            client.Dispose();
        }
    }
}
