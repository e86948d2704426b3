using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Postroom.Fuzz.Targets;

/// <summary>Holds one hostile session over a real socket, and checks every reply to it.</summary>
public static class HostileClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    /// <summary>The session of a seed, from a source address of its own (nobody's failed logins or connections are
    /// another's), and an honest mail behind it.</summary>
    /// <param name="honestTo">Where the honest mail goes.</param>
    /// <exception cref="BrokenPromiseException">With the seed, and what was sent.</exception>
    public static async Task PlayAsync(int seed, IPEndPoint to, IPEndPoint honestTo)
    {
        var from = new IPAddress(
            [127, (byte)(1 + (seed >> 16) % 250), (byte)((seed >> 8) & 255), (byte)(1 + seed % 250)]);
        var session = new SessionGrammar(seed).Make();
        try
        {
            await PlayAsync(to, from, session);
            await SendHonestlyAsync(honestTo, from);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var sent = HostileSession.Text([.. session.Clear, .. session.Secure ?? []]);
            throw new BrokenPromiseException($"seed {seed} at {to}, {(session.Secure is null ? "clear" : "TLS")}: "
                + $"{e.Message}\n{System.Text.Json.JsonSerializer.Serialize(sent)}\n{e}");
        }
    }

    /// <summary>A session from the start to the end that the server gives it.</summary>
    /// <param name="from">The client's own address: each of loopback's is another source.</param>
    /// <exception cref="BrokenPromiseException">No end, a reply of no form, or replies out of step.</exception>
    public static async Task PlayAsync(IPEndPoint to, IPAddress from, HostileSession session)
    {
        using var socket = await ConnectAsync(to, from);
        var clear = new StringBuilder();
        await using var stream = new NetworkStream(socket);
        if (session.Secure is null)
        {
            await TalkAsync(stream, socket, session.Clear, clear);
            Check(HostileSession.Text(session.Clear), clear.ToString(), isGreeted: true);
            return;
        }

        await WriteAsync(stream, session.Clear);
        if (await ReadUntilAsync(stream, clear, socket))
        {
            await using var tls = new SslStream(stream, leaveInnerStreamOpen: true, (_, shown, _, _) =>
                shown is not null);
            await tls.AuthenticateAsClientAsync("relay.test").WaitAsync(Patience);
            var secure = new StringBuilder();
            await TalkAsync(tls, socket, session.Secure, secure);
            Check(HostileSession.Text(session.Secure), secure.ToString(), isGreeted: false);
        }

        Check(HostileSession.Text(session.Clear), clear.ToString(), isGreeted: true);
    }

    /// <summary>Sends octets in these pieces, whatever is answered, and nothing more; gives all that was.</summary>
    public static async Task<string> SayAsync(IPEndPoint to, params byte[][] pieces)
    {
        using var socket = await ConnectAsync(to, IPAddress.Loopback);
        await using var stream = new NetworkStream(socket);
        var said = new StringBuilder();
        await TalkAsync(stream, socket, pieces, said);
        return said.ToString();
    }

    /// <summary>An honest mail is taken, whatever went before.</summary>
    public static async Task SendHonestlyAsync(IPEndPoint to, IPAddress from)
    {
        using var socket = await ConnectAsync(to, from);
        await using var stream = new NetworkStream(socket);
        var said = new StringBuilder();
        await TalkAsync(stream, socket, [Wire.Octets("EHLO app\r\nMAIL FROM:<jira@example.com>\r\n"
            + "RCPT TO:<honest@example.com>\r\nBDAT 15 LAST\r\nSubject: ok\r\n\r\nQUIT\r\n")], said);
        Must.Hold(said.ToString().Contains("\r\n250 2.0.0 Accepted as ", StringComparison.Ordinal),
            "an honest mail is taken after any session: " + said);
    }

    private static void Check(string sent, string said, bool isGreeted)
    {
        // Behind STARTTLS we went on in the clear: what came then is TLS's own word for no.
        var tls = said.IndexOf(ReplyWalk.TlsReady + "\r\n", StringComparison.Ordinal);
        if (tls >= 0)
            said = said[..(tls + ReplyWalk.TlsReady.Length + 2)];
        var replies = ReplyWalk.Replies(said);
        if (isGreeted)
        {
            Must.Hold(replies is [['2', '2', '0', ..], ..], "the server greets");
            replies.RemoveAt(0);
        }

        ReplyWalk.Check(sent, replies, isClosed: replies.Count > 0 && ReplyWalk.IsFinal(replies[^1]));
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint to, IPAddress from)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(to).WaitAsync(Patience);
        return socket;
    }

    // Reads while it writes: a server that closes early must not be waited for with a full pipe.
    private static async Task TalkAsync(Stream stream, Socket socket, IReadOnlyList<byte[]> pieces, StringBuilder said)
    {
        var reading = ReadUntilAsync(stream, said, tlsOn: null);
        await WriteAsync(stream, pieces);
        // No goodbye of TLS: OpenSSL allows none while another reads. The end of the connection says as much.
        await Quietly(Task.Run(() => socket.Shutdown(SocketShutdown.Send)));
        await reading;
    }

    private static async Task WriteAsync(Stream stream, IReadOnlyList<byte[]> pieces)
    {
        foreach (var piece in pieces)
            await Quietly(stream.WriteAsync(piece).AsTask());
    }

    // The server may have closed: what it said before counts, and is read.
    private static async Task Quietly(Task task)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    // Reads to the end of all; or, given a socket, until TLS may begin. Where STARTTLS went for an octet of some mail
    // nobody will ever say so: then we have nothing more to say either, and the server ends it.
    private static async Task<bool> ReadUntilAsync(Stream stream, StringBuilder said, Socket? tlsOn)
    {
        var buffer = new byte[4_096];
        try
        {
            while (true)
            {
                var read = stream.ReadAsync(buffer).AsTask();
                if (tlsOn is not null && await Task.WhenAny(read, Task.Delay(Quiet)) != read)
                    await Quietly(Task.Run(() => tlsOn.Shutdown(SocketShutdown.Send)));
                var count = await read.WaitAsync(Patience);
                if (count == 0)
                    return false;
                said.Append(Wire.Text(buffer.AsSpan(0, count)));
                Must.Hold(said.Length < 1_000_000, "replies have an end");
                if (tlsOn is not null && said.ToString().EndsWith(ReplyWalk.TlsReady + "\r\n", StringComparison.Ordinal))
                    return true;
            }
        }
        catch (IOException)
        {
            return false; // a reset ends a connection too
        }
        catch (TimeoutException)
        {
            throw new BrokenPromiseException($"the session neither answers nor ends: {said}");
        }
    }
}
