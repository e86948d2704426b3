using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Postroom.Mail.Authentication;

namespace Postroom.Relay.Dns;

/// <summary>One question to one server: by UDP, and by TCP where the answer has no room there.</summary>
internal static class DnsTransport
{
    private const int Largest = 65_535;

    // Who sends more of what was not asked for is not waited for.
    private const int MostStrays = 100;

    /// <summary>Asks.</summary>
    /// <exception cref="OperationCanceledException">No answer came in time.</exception>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    /// <exception cref="IOException">It hung up.</exception>
    public static async Task<DnsReply> AskAsync(
        IPEndPoint server, DnsQuestion question, CancellationToken patience, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience);
        var reply = await DatagramAsync(server, question, hasExtensions: true, either.Token);
        if (reply.IsWithoutExtensions)
            reply = await DatagramAsync(server, question, hasExtensions: false, either.Token);
        return reply.IsTruncated ? await StreamAsync(server, question, either.Token) : reply;
    }

    // A connected socket hears nobody but the server: who would answer in its place has to guess port, id and question.
    private static async Task<DnsReply> DatagramAsync(
        IPEndPoint server, DnsQuestion question, bool hasExtensions, CancellationToken cancel)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancel);
        var id = Id();
        await socket.SendAsync(DnsMessage.Ask(id, question, hasExtensions), cancel);
        var room = new byte[Largest];
        for (var i = 0; i < MostStrays; i++)
        {
            var count = await socket.ReceiveAsync(room, cancel);
            if (DnsMessage.Read(room.AsSpan(0, count), id, question) is { } reply)
                return reply;
        }

        return new DnsReply(false, DnsAnswer.Failed("what comes is no answer to the question"));
    }

    // RFC 7766: a length of two octets, and the message.
    private static async Task<DnsReply> StreamAsync(
        IPEndPoint server, DnsQuestion question, CancellationToken cancel)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancel);
        await using var stream = new NetworkStream(socket);
        var id = Id();
        var asked = DnsMessage.Ask(id, question, hasExtensions: false);
        var framed = new byte[2 + asked.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)asked.Length);
        asked.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancel);
        var length = new byte[2];
        await stream.ReadExactlyAsync(length, cancel);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, cancel);
        return DnsMessage.Read(message, id, question) switch
        {
            null => new DnsReply(false, DnsAnswer.Failed("what comes is no answer to the question")),
            { IsTruncated: true } => new DnsReply(false, DnsAnswer.Failed("the answer is longer than any message")),
            { } reply => reply,
        };
    }

    private static ushort Id() => (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
}
