using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Postroom.Mail.Authentication;
using Postroom.Tests.Mail.Authentication;

namespace Postroom.Tests.Relay.Dns;

/// <summary>A server of DNS on this machine, by UDP and TCP, that says what a test has it say, and counts.</summary>
internal sealed class ScriptedDns : IAsyncDisposable
{
    private readonly Func<Heard, IEnumerable<byte[]>> _script;
    private readonly Socket _datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _streams = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;

    /// <param name="script">The messages that are sent for a question, in their order; none: silence.</param>
    public ScriptedDns(Func<Heard, IEnumerable<byte[]>> script)
    {
        _script = script;
        // The same port for both.
        for (var tries = 0; ; tries++)
        {
            _streams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            try
            {
                _datagrams.Bind(_streams.LocalEndPoint!);
                break;
            }
            catch (SocketException) when (tries < 10)
            {
                _streams.Dispose();
                _streams = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            }
        }

        _streams.Listen();
        Place = (IPEndPoint)_streams.LocalEndPoint!;
        _serving = Task.WhenAll(DatagramsAsync(), StreamsAsync());
    }

    /// <summary>Lines of a zone, answered as a server that asks on does; what is not in it is not there.</summary>
    public static ScriptedDns Of(string zone)
    {
        var lines = zone.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 3))
            .ToList();
        return new ScriptedDns(heard =>
        {
            var (name, type) = heard.Question;
            var those = lines.Where(line => line[0] == name).ToList();
            if (those.Exists(line => line[1] == "FAILED"))
                return [new Answering(heard) { Code = 2 }.Octets()];
            var answer = new Answering(heard) { Code = those.Count == 0 ? 3 : 0 };
            foreach (var data in those
                .Where(line => line[1].Equals(type.ToString(), StringComparison.OrdinalIgnoreCase))
                .Select(line => line[2]))
                answer = type switch
                {
                    RecordType.Txt => answer.Text(name, data),
                    RecordType.Mx => answer.Record(name, type, [0, 10, .. Answering.NameOf(data)]),
                    RecordType.Ptr => answer.Record(name, type, Answering.NameOf(data)),
                    _ => answer.Address(name, data),
                };
            return [answer.Octets()];
        });
    }

    public IPEndPoint Place { get; }

    /// <summary>What was asked, in its order.</summary>
    public ConcurrentQueue<Heard> Asked { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _datagrams.Dispose();
        _streams.Dispose();
        await _serving;
        _closing.Dispose();
    }

    private async Task DatagramsAsync()
    {
        var room = new byte[65_535];
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                var got = await _datagrams.ReceiveFromAsync(room, new IPEndPoint(IPAddress.Any, 0), _closing.Token);
                foreach (var message in Hear(room[..got.ReceivedBytes], isByTcp: false))
                    await _datagrams.SendToAsync(message, got.RemoteEndPoint, _closing.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // closing, or whoever asked went away
            }
        }
    }

    private async Task StreamsAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                using var client = await _streams.AcceptAsync(_closing.Token);
                await using var stream = new NetworkStream(client);
                var length = new byte[2];
                await stream.ReadExactlyAsync(length, _closing.Token);
                var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(message, _closing.Token);
                foreach (var answer in Hear(message, isByTcp: true))
                    await stream.WriteAsync(
                        (byte[])[(byte)(answer.Length >> 8), (byte)(answer.Length & 0xFF), .. answer], _closing.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException
                or SocketException)
            {
                // closing, or whoever asked went away
            }
        }
    }

    private IEnumerable<byte[]> Hear(byte[] message, bool isByTcp)
    {
        var labels = new List<string>();
        var at = 12;
        for (; message[at] != 0; at += 1 + message[at])
            labels.Add(Encoding.ASCII.GetString(message, at + 1, message[at]));
        var heard = new Heard(message, new DnsQuestion(string.Join('.', labels), (RecordType)message[at + 2]), isByTcp);
        Asked.Enqueue(heard);
        return _script(heard);
    }
}
