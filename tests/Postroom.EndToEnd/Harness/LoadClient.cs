using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>How an application hands its mail over.</summary>
internal enum Manner
{
    /// <summary>A connection for each mail and one command at a time, as Jira does.</summary>
    ConnectionEach,

    /// <summary>One command at a time on a kept connection.</summary>
    Kept,

    /// <summary>Commands in one write, the next envelope behind the final dot (RFC 2920).</summary>
    Pipelined,

    /// <summary>Two whole mails in one write (RFC 3030).</summary>
    Chunked,
}

/// <summary>
/// An application that hands over letter after letter, and comes back by itself when the relay has gone away.
/// </summary>
internal sealed class LoadClient(int port, Book book, Manner manner)
{
    private const int MailsOnAKeptConnection = 200;
    private readonly byte[] _buffer = new byte[4_096];
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    private Stream _stream = Stream.Null;
    private int _start;
    private int _end;

    /// <summary>Hears how long each answer to a final dot took.</summary>
    public Action<TimeSpan>? Timed { get; init; }

    /// <summary>It waits while more than this are acknowledged and have not arrived.</summary>
    public int MostMissing { get; init; } = int.MaxValue;

    /// <summary>Six of them, as the promise has it: of all manners.</summary>
    public static IReadOnlyList<LoadClient> Six(int port, Book book, Action<TimeSpan>? timed, int mostMissing)
    {
        Manner[] manners = [Manner.ConnectionEach, Manner.ConnectionEach, Manner.Kept, Manner.Kept, Manner.Pipelined,
            Manner.Chunked];
        return [.. manners.Select(m => new LoadClient(port, book, m) { Timed = timed, MostMissing = mostMissing })];
    }

    /// <summary>Sends until it is over; a mail that was begun is finished.</summary>
    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.NoDelay = true;
                await socket.ConnectAsync(IPAddress.Loopback, port, _cancel);
                await using var stream = new NetworkStream(socket);
                (_stream, _start, _end) = (stream, 0, 0);
                await ServedAsync(isOver);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                await Task.Delay(5, _cancel); // the relay was killed; its next life listens soon
            }
        }
    }

    private async Task ServedAsync(Func<bool> isOver)
    {
        await ReplyAsync();
        await SayAsync("EHLO app.example.com\r\n");
        for (var i = 0; i < MailsOnAKeptConnection && !isOver(); i++)
        {
            if (manner == Manner.Chunked)
                await SendTwoAsync();
            else if (manner == Manner.Pipelined)
            {
                await SendManyAsync(isOver);
                break;
            }
            else
                await SendAsync();
            if (manner == Manner.ConnectionEach)
                break;
        }
        await SayAsync("QUIT\r\n");
    }

    private async ValueTask<(int Number, byte[] Mail)> NextAsync()
    {
        while (book.Missing > MostMissing)
            await Task.Delay(1, _cancel);
        return book.Begin();
    }

    private async Task SendAsync()
    {
        var (number, mail) = await NextAsync();
        await SayAsync("MAIL FROM:<app@example.com>\r\n");
        await SayAsync("RCPT TO:<alice@example.com>\r\n");
        await SayAsync("DATA\r\n");
        await WriteAsync(Mails.Stuffed(mail));
        await AnswerAsync(number, Stopwatch.GetTimestamp());
    }

    private async Task SendManyAsync(Func<bool> isOver)
    {
        const string envelope = "MAIL FROM:<app@example.com>\r\nRCPT TO:<alice@example.com>\r\nDATA\r\n";
        await WriteAsync(Encoding.ASCII.GetBytes(envelope));
        for (var i = 1; ; i++)
        {
            await ReplyAsync();
            await ReplyAsync();
            if (await ReplyAsync() is var goAhead && !goAhead.StartsWith("354", StringComparison.Ordinal))
                throw new IOException($"not served now: {goAhead}");
            var (number, mail) = await NextAsync();
            var isLast = i == MailsOnAKeptConnection || isOver();
            byte[] rest = isLast ? [] : Encoding.ASCII.GetBytes(envelope);
            await WriteAsync([.. Mails.Stuffed(mail), .. rest]);
            await AnswerAsync(number, Stopwatch.GetTimestamp());
            if (isLast)
                return;
        }
    }

    private async Task SendTwoAsync()
    {
        var two = (await NextAsync(), await NextAsync());
        await WriteAsync([.. Whole(two.Item1.Mail), .. Whole(two.Item2.Mail)]);
        var sent = Stopwatch.GetTimestamp();
        foreach (var number in (int[])[two.Item1.Number, two.Item2.Number])
        {
            await ReplyAsync();
            await ReplyAsync();
            await AnswerAsync(number, sent);
        }
    }

    private static byte[] Whole(byte[] mail) => [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"MAIL FROM:<app@example.com>\r\nRCPT TO:<alice@example.com>\r\nBDAT {mail.Length} LAST\r\n")), .. mail];

    private async Task AnswerAsync(int number, long sent)
    {
        var reply = await ReplyAsync();
        Timed?.Invoke(Stopwatch.GetElapsedTime(sent));
        book.Answered(number, reply);
    }

    private async Task SayAsync(string command)
    {
        await WriteAsync(Encoding.ASCII.GetBytes(command));
        await ReplyAsync();
    }

    private async Task WriteAsync(byte[] octets) => await _stream.WriteAsync(octets, _cancel);

    // The last line of the next reply.
    private async Task<string> ReplyAsync()
    {
        while (true)
        {
            var line = await LineAsync();
            if (line.Length < 4 || line[3] != '-')
                return line;
        }
    }

    private async Task<string> LineAsync()
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, length).TrimEnd('\r');
                _start += length + 1;
                return line;
            }
            Array.Copy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), _cancel);
            if (read == 0)
                throw new IOException("the relay closed the connection");
            _end += read;
        }
    }
}
