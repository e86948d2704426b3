using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>One connection to a sink.</summary>
internal sealed class SinkSession(Sink sink, Stream wire)
{
    private readonly Stream _wire = wire;
    private Stream _stream = wire;
    private readonly byte[] _buffer = new byte[65_536];
    private readonly List<string> _to = [];
    private readonly List<byte> _chunks = [];
    private string? _from;
    private int _start;
    private int _end;

    public async Task RunAsync()
    {
        await SayAsync(sink.Reply("CONNECT") ?? "220 sink.example.test ESMTP");
        while (await LineAsync() is { } line)
        {
            var command = Encoding.UTF8.GetString(line).TrimEnd('\r', '\n');
            sink.Heard(command);
            var verb = command.Split(' ')[0].ToUpperInvariant();
            var own = verb == "BDAT" ? null : sink.Reply(command);
            if (own == "DROP")
                return;
            if (own != null)
            {
                await SayAsync(own);
                if (own.StartsWith("421", StringComparison.Ordinal))
                    return;
                continue;
            }
            if (!await ObeyAsync(verb, command))
                return;
        }
    }

    private async Task<bool> ObeyAsync(string verb, string command)
    {
        switch (verb)
        {
            case "EHLO":
                await SayAsync(Capabilities());
                break;
            case "STARTTLS" when sink.Certificate != null:
                await SayAsync("220 2.0.0 Ready");
                var secured = new SslStream(_stream);
                await secured.AuthenticateAsServerAsync(sink.Certificate);
                _stream = secured;
                break;
            case "AUTH":
                await LogInAsync(command);
                break;
            case "MAIL":
                _from = command;
                _chunks.Clear();
                _to.Clear();
                await SayAsync("250 2.1.0 Ok");
                break;
            case "RCPT":
                _to.Add(command);
                await SayAsync("250 2.1.5 Ok");
                break;
            case "DATA" when _from is null || _to.Count == 0:
                await SayAsync("503 5.5.1 MAIL and RCPT first");
                break;
            case "DATA":
                await SayAsync("354 Go ahead");
                await TakeAsync(await DataAsync(), byChunks: false);
                break;
            case "BDAT":
                await ChunkAsync(command);
                break;
            case "QUIT":
                await SayAsync("221 2.0.0 Bye");
                return false;
            default:
                await SayAsync("250 2.0.0 Ok");
                break;
        }
        return true;
    }

    private string Capabilities()
    {
        var lines = new List<string> { "sink.example.test", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 0" };
        if (sink.OffersPipelining)
            lines.Add("PIPELINING");
        if (sink.Certificate != null && _stream == _wire)
            lines.Add("STARTTLS");
        if (sink.OffersChunking)
            lines.Add("CHUNKING");
        if (sink.Token != null)
            lines.Add("AUTH XOAUTH2");
        else if (sink.Password != null)
            lines.Add("AUTH PLAIN LOGIN");
        return string.Join("\r\n", lines.Select((line, i) => (i + 1 < lines.Count ? "250-" : "250 ") + line));
    }

    private async Task LogInAsync(string command)
    {
        lock (sink.Logins)
            sink.Logins.Add(Stopwatch.GetElapsedTime(0));
        if (sink.Token is null)
        {
            await SayAsync(IsRight(command) ? "235 2.7.0 Welcome" : "535 5.7.8 Authentication credentials invalid");
            return;
        }

        var response = command.Split(' ').ElementAtOrDefault(2);
        if (response is null)
        {
            await SayAsync("334 ");
            response = await ResponseAsync();
        }

        // user=NAME ^A auth=Bearer TOKEN ^A ^A: as Google describes it, which refuses in two steps.
        var token = Encoding.UTF8.GetString(Convert.FromBase64String(response)).Split('\u0001')[1][12..];
        if (sink.Token(token))
        {
            await SayAsync("235 2.7.0 Accepted");
            return;
        }

        await SayAsync("334 " + Convert.ToBase64String(
            """{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"""u8));
        await ResponseAsync();
        await SayAsync("535 5.7.8 Username and Password not accepted");
    }

    private async Task<string> ResponseAsync() =>
        Encoding.UTF8.GetString(await LineAsync() ?? throw new IOException("the peer went away")).TrimEnd('\r', '\n');

    // Only AUTH PLAIN with an initial response, RFC 4616 §2: [authzid] NUL authcid NUL passwd.
    private bool IsRight(string command)
    {
        var words = command.Split(' ');
        return words.Length == 3 && words[1].Equals("PLAIN", StringComparison.OrdinalIgnoreCase)
            && Encoding.UTF8.GetString(Convert.FromBase64String(words[2])).Split('\0')[^1] == sink.Password;
    }

    private async Task ChunkAsync(string command)
    {
        var words = command.Split(' ');
        _chunks.AddRange(await BytesAsync(int.Parse(words[1], CultureInfo.InvariantCulture)));
        if (_from is null || _to.Count == 0)
            await SayAsync("503 5.5.1 MAIL and RCPT first");
        else if (words.Length < 3)
            await SayAsync("250 2.0.0 More");
        else
            await TakeAsync(_chunks.ToArray(), byChunks: true);
    }

    private async Task TakeAsync(byte[] bytes, bool byChunks)
    {
        var (from, to) = (_from!, _to.ToList());
        _from = null;
        _to.Clear();
        _chunks.Clear();
        var own = sink.Reply("END");
        if (own == "DROP")
            throw new IOException("dropped at the end of the data, as the test wants it");
        if (own is null || own[0] == '2')
            sink.Took(new Arrival(from, to, sink.Keeps(bytes)) { ByTls = _stream != _wire, ByChunks = byChunks });
        await SayAsync(own ?? "250 2.0.0 Taken");
    }

    // RFC 5321 §4.5.2: up to a line of one dot; a line that begins with a dot loses it.
    private async Task<byte[]> DataAsync()
    {
        using var bytes = new MemoryStream();
        while (await LineAsync() is { } line)
        {
            if (line.AsSpan().SequenceEqual(".\r\n"u8))
                return bytes.ToArray();
            bytes.Write(line[0] == '.' ? line.AsSpan(1) : line);
        }
        throw new IOException("the peer went away in the middle of its mail");
    }

    // A line with its CRLF; null at the end. Only CRLF ends one.
    private async Task<byte[]?> LineAsync()
    {
        using var line = new MemoryStream();
        byte last = 0;
        while (_start < _end || await FillAsync())
        {
            var octet = _buffer[_start++];
            line.WriteByte(octet);
            if (last == '\r' && octet == '\n')
                return line.ToArray();
            last = octet;
        }
        return null;
    }

    private async Task<byte[]> BytesAsync(int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            if (_start == _end && !await FillAsync())
                throw new IOException("the peer went away in the middle of a chunk");
            var take = Math.Min(count - have, _end - _start);
            Array.Copy(_buffer, _start, bytes, have, take);
            (_start, have) = (_start + take, have + take);
        }
        return bytes;
    }

    private async Task<bool> FillAsync()
    {
        (_start, _end) = (0, await _stream.ReadAsync(_buffer));
        return _end > 0;
    }

    private async Task SayAsync(string reply) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(reply + "\r\n"));
}
