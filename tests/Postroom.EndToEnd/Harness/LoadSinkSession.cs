using System.Buffers;
using System.Globalization;
using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>One connection to a <see cref="LoadSink"/>: replies are gathered until there is nothing more to
/// read.</summary>
internal sealed class LoadSinkSession(LoadSink sink, HopConnection connection, Stream stream)
{
    private readonly ArrayBufferWriter<byte> _mail = new(16_384);
    private readonly StringBuilder _replies = new();
    private byte[] _buffer = new byte[65_536];
    private int _start;
    private int _end;

    public async Task RunAsync()
    {
        Say("220 sink.example.test ESMTP");
        while (await LineAsync() is { } length)
        {
            var command = Encoding.Latin1.GetString(_buffer, _start, length - 2);
            _start += length;
            if (command.StartsWith("BDAT", StringComparison.OrdinalIgnoreCase))
                await ChunkAsync(command);
            else if (command.Equals("DATA", StringComparison.OrdinalIgnoreCase))
                await DataAsync();
            else if (command.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                connection.SaidQuit = true;
                Say("221 2.0.0 Bye");
                await FlushAsync();
                return;
            }
            else
                Say(command.StartsWith("EHLO", StringComparison.OrdinalIgnoreCase)
                    ? $"250-sink.example.test\r\n250-PIPELINING\r\n{(sink.OffersChunking ? "250-CHUNKING\r\n" : "")}"
                        + "250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 0"
                    : "250 2.0.0 Ok");
        }
    }

    private async Task ChunkAsync(string command)
    {
        var words = command.Split(' ');
        var left = int.Parse(words[1], CultureInfo.InvariantCulture);
        while (left > 0)
        {
            if (_start == _end && !await FillAsync())
                throw new IOException("the relay went away in the middle of a chunk");
            var take = Math.Min(left, _end - _start);
            _mail.Write(_buffer.AsSpan(_start, take));
            (_start, left) = (_start + take, left - take);
        }
        if (words.Length < 3)
            Say("250 2.0.0 More");
        else
            await TakeAsync();
    }

    private async Task DataAsync()
    {
        Say("354 Go ahead");
        while (await LineAsync() is { } length)
        {
            var line = _buffer.AsSpan(_start, length);
            _start += length;
            if (line.SequenceEqual(".\r\n"u8))
            {
                await TakeAsync();
                return;
            }
            _mail.Write(line[0] == '.' ? line[1..] : line);
        }
        throw new IOException("the relay went away in the middle of a mail");
    }

    private async Task TakeAsync()
    {
        sink.Book.Took(_mail.WrittenSpan, connection);
        _mail.ResetWrittenCount();
        if (sink.AnswersAfter > 0)
            await FlushAsync();
        await sink.BeforeAnswerAsync();
        Say("250 2.0.0 Taken");
    }

    // The length of the next line with its CRLF, which stands at the start; null at the end.
    private async ValueTask<int?> LineAsync()
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (at >= 0)
                return at + 2;
            if (!await FillAsync())
                return null;
        }
    }

    private async ValueTask<bool> FillAsync()
    {
        await FlushAsync();
        if (_start > 0)
        {
            Array.Copy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        var read = await stream.ReadAsync(_buffer.AsMemory(_end));
        _end += read;
        return read > 0;
    }

    private void Say(string reply) => _replies.Append(reply).Append("\r\n");

    private async ValueTask FlushAsync()
    {
        if (_replies.Length == 0)
            return;
        var octets = Encoding.Latin1.GetBytes(_replies.ToString());
        _replies.Clear();
        await stream.WriteAsync(octets);
    }
}
