using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Postroom.Cli.Demo;

/// <summary>A next hop that fails in all the ways next hops do: a scripted SMTP server on loopback, for the demo only.</summary>
/// <remarks>
/// It greylists every sixth recipient once, refuses one for good, has one full mailbox, cuts a connection off in the middle of
/// a mail now and then, answers slowly at times, and goes away altogether when told to.
/// </remarks>
internal sealed class FailingHop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _mails;

    public FailingHop()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = ServeAsync(_listener);
    }

    public int Port { get; }

    /// <summary>Mails it took.</summary>
    public int Taken { get; private set; }

    /// <summary>What it did, for the screen.</summary>
    public ConcurrentQueue<string> Happened { get; } = new();

    /// <summary>Refuses connections and drops those it has, for a while.</summary>
    public async Task GoAwayAsync(TimeSpan time)
    {
        Happened.Enqueue($"next hop: gone, for {time.TotalSeconds:0} s");
        _listener.Stop();
        foreach (var client in _open.Keys)
            client.Close();
        await Task.Delay(time, _stop.Token);
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = ServeAsync(_listener);
        Happened.Enqueue("next hop: back again");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (var client in _open.Keys)
            client.Close();
    }

    private async Task ServeAsync(TcpListener listener)
    {
        try
        {
            while (true)
                _ = TalkAsync(await listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return; // it went away, as it does
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        _open[client] = true;
        try
        {
            using (client)
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
                await using var writer = new StreamWriter(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
                await writer.WriteLineAsync("220 hop.example ESMTP of uncertain mood");
                await DialogueAsync(reader, writer);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return; // cut off: ours is the failing side
        }
        finally
        {
            _open.TryRemove(client, out _);
        }
    }

    private async Task DialogueAsync(StreamReader reader, StreamWriter writer)
    {
        var to = new List<string>();
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            if (verb == "RCPT")
                await writer.WriteLineAsync(Recipient(AddressOf(line), to));
            else if (verb == "DATA" && to.Count > 0)
            {
                await writer.WriteLineAsync("354 go ahead");
                if (!await TakeAsync(reader, writer, to))
                    return;
                to.Clear();
            }
            else
            {
                if (verb is "MAIL" or "RSET")
                    to.Clear();
                await writer.WriteLineAsync(verb switch
                {
                    "EHLO" => "250-hop.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 50000000\r\n250 ENHANCEDSTATUSCODES",
                    "HELO" or "MAIL" or "RSET" or "NOOP" => "250 2.0.0 fine",
                    "DATA" => "554 5.5.1 no valid recipients",
                    "QUIT" => "221 2.0.0 bye",
                    _ => "502 5.5.1 what?",
                });
                if (verb == "QUIT")
                    return;
            }
        }
    }

    private string Recipient(string address, List<string> to)
    {
        var times = _seen.AddOrUpdate(address, 1, (_, n) => n + 1);
        if (address == DemoMails.Gone)
            return Said("550 5.1.1 no such user here", address);
        if (address == DemoMails.Full)
            return Said("452 4.2.2 mailbox full", address);
        if (address == DemoMails.Unlucky && times == 3)
            return Said("451 4.3.2 scanner is overloaded, come back", address);
        if (times == 1 && (address == DemoMails.Unlucky || address.Sum(c => c) % 6 == 0))
            return Said("450 4.7.1 greylisted, try again in a moment", address);
        to.Add(address);
        return "250 2.1.5 fine";
    }

    // False: the connection was cut.
    private async Task<bool> TakeAsync(StreamReader reader, StreamWriter writer, List<string> to)
    {
        var number = Interlocked.Increment(ref _mails);
        var cut = (to.Contains(DemoMails.Unlucky) && _seen[DemoMails.Unlucky] == 2) || number % 70 == 69;
        for (var lines = 0; await reader.ReadLineAsync(_stop.Token) is { } line && line != "."; lines++)
            if (cut && lines == 5)
            {
                Said("(connection cut in the middle of a mail)", to[0]);
                return false;
            }
        if (number % 40 == 20)
            await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token);
        Taken++;
        await writer.WriteLineAsync($"250 2.0.0 taken as number {number}");
        return true;
    }

    private string Said(string reply, string about)
    {
        Happened.Enqueue($"{about}: {reply}");
        return reply;
    }

    private static string AddressOf(string line)
    {
        var (open, close) = (line.IndexOf('<', StringComparison.Ordinal), line.IndexOf('>', StringComparison.Ordinal));
        return open >= 0 && close > open ? line[(open + 1)..close] : "";
    }
}
