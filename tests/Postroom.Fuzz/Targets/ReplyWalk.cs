using System.Text.RegularExpressions;

namespace Postroom.Fuzz.Targets;

/// <summary>
/// Walks what a client sent and what it was answered side by side: each command has one reply, in its place.
/// </summary>
/// <remarks>
/// It knows nothing of the session machine: it cuts the client's octets into commands as a client does that reads the
/// replies, so a server that takes data for commands, or commands for data, is out of step with it.
/// </remarks>
public sealed partial class ReplyWalk
{
    /// <summary>After this reply the octets are those of TLS.</summary>
    public const string TlsReady = "220 2.0.0 Ready to start TLS";

    private readonly string _sent;
    private readonly List<string> _replies;
    private int _at;
    private int _next;
    private bool _isLogin;

    private readonly bool _isClosed;

    private ReplyWalk(string sent, List<string> replies, bool isClosed) =>
        (_sent, _replies, _isClosed) = (sent, replies, isClosed);

    /// <summary>Cuts what a server said into whole replies, and looks at the form of each line.</summary>
    /// <param name="said">Octets, one character each.</param>
    public static List<string> Replies(string said)
    {
        var replies = new List<string>();
        var reply = "";
        foreach (var line in said.Split("\r\n")[..^1])
        {
            Must.Hold(line.Length <= 510, "no line of a reply has more than 512 octets");
            Must.Hold(ReplyLine().IsMatch(line), "a reply is a code, a separator, printable text: " + line);
            Must.Hold(reply.Length == 0 || line.StartsWith(reply[..3], StringComparison.Ordinal),
                "all lines of a reply have one code");
            reply += line + "\n";
            if (line[3] == '-')
                continue;
            replies.Add(reply.TrimEnd('\n'));
            reply = "";
        }

        var isWhole = said.Length == 0 || said.EndsWith("\r\n", StringComparison.Ordinal);
        Must.Hold(reply.Length == 0 && isWhole, "a reply is whole");
        Must.Hold(replies.TrueForAll(HasStatus), "each reply has its enhanced status (RFC 2034)");
        return replies;
    }

    /// <summary>Throws where replies and commands are out of step.</summary>
    /// <param name="sent">All that the client sent up to TLS, or to the end.</param>
    /// <param name="replies">All that was answered to it, the greeting left out.</param>
    /// <param name="isClosed">The server has closed.</param>
    public static void Check(string sent, List<string> replies, bool isClosed)
    {
        var walk = new ReplyWalk(sent, replies, isClosed);
        while (walk.Step())
        {
            // Each step takes a command and its reply.
        }

        var isOver = walk._at >= sent.Length || isClosed || walk.IsUnfinished;
        Must.Hold(isOver && walk._next == replies.Count,
            $"one reply a command: {replies.Count} replies, {walk._next} fit, at octet {walk._at} of {sent.Length}"
            + "\n" + string.Join("\n", replies));
    }

    /// <summary>Nothing need come behind such a reply: the server may have closed.</summary>
    public static bool IsFinal(string reply) =>
        reply[..3] is "421" or "221" or "554" or "552" || reply.EndsWith("closing", StringComparison.Ordinal);

    private bool IsUnfinished { get; set; }

    private string? Take() => _next < _replies.Count ? _replies[_next++] : null;

    private static bool Is(string? reply, string start) => reply?.StartsWith(start, StringComparison.Ordinal) == true;

    // 421, or what only comes with the end; what the client sent behind it is nobody's any more.
    private bool IsLast(string reply)
    {
        if (Is(Peek(), "421 4.7.0 Too many"))
        {
            _next++;
            return true;
        }

        return _isClosed && _next == _replies.Count && IsFinal(reply);
    }

    private string? Peek() => _next < _replies.Count ? _replies[_next] : null;

    private bool Step()
    {
        if (_at >= _sent.Length)
            return false;
        var end = _sent.IndexOf('\n', _at);
        if (end < 0)
        {
            // A line that does not end may have been refused for its length, or for being TLS.
            IsUnfinished = true;
            if (Take() is { } early)
                _ = IsLast(early);
            return false;
        }

        var line = _sent[_at..(end + 1)];
        _at = end + 1;
        if (Take() is not { } reply)
        {
            // A chunk of which not all has come is not answered yet.
            IsUnfinished = !_isLogin && ChunkOf(line) is { } due && due > _sent.Length - _at;
            _at -= line.Length;
            return false;
        }

        if (IsLast(reply))
            return false;
        if (Is(reply, "354 "))
            return TakeData();
        if (Is(reply, TlsReady))
        {
            IsUnfinished = true; // what follows is TLS, or nothing
            return false;
        }

        var wasLogin = _isLogin;
        _isLogin = Is(reply, "334 "); // the next line is no command, whatever it looks like
        var isNoCommand = wasLogin || _isLogin || Is(reply, "500 5.5.2 ");
        return isNoCommand || ChunkOf(line) is not { } size || TakeChunk(size, reply);
    }

    private bool TakeData()
    {
        var end = ("\r\n" + _sent[_at..]).IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        var reply = Take();
        if (reply is null)
        {
            IsUnfinished = end < 0;
            return false;
        }

        if (IsLast(reply))
            return false;
        Must.Hold(end >= 0, "mail data is answered at its end");
        _at += end + 3;
        return true;
    }

    // The reply that was taken is the chunk's, which comes behind its octets, or before them if it was refused.
    private bool TakeChunk(long size, string reply)
    {
        var isThere = size <= _sent.Length - _at;
        Must.Hold(isThere || reply[0] is '4' or '5', "a chunk that is not all there is not yet taken");
        IsUnfinished = !isThere;
        _at = isThere ? _at + (int)size : _sent.Length;
        return isThere;
    }

    private static long? ChunkOf(string line)
    {
        var chunk = Chunk().Match(line);
        return chunk.Success ? long.Parse(chunk.Groups[1].ValueSpan, null) : null;
    }

    private static bool HasStatus(string reply) =>
        reply[0] == '3' || reply.StartsWith("220 ", StringComparison.Ordinal)
        || reply.Split('\n').All(line => Status().IsMatch(line) && line[0] == line[4])
        || reply.StartsWith("250-relay", StringComparison.Ordinal)
        || reply is "250 relay.test" or "250 relay.example.test"
        || reply.StartsWith("554 relay", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[2-5][0-5][0-9][ -][ -~]*\z")]
    private static partial Regex ReplyLine();

    [GeneratedRegex(@"\A[245][0-9]{2}[ -][245]\.[0-9]{1,3}\.[0-9]{1,3} ")]
    private static partial Regex Status();

    [GeneratedRegex(@"\ABDAT +([0-9]{1,18})( +LAST)? *\r?\n\z", RegexOptions.IgnoreCase)]
    private static partial Regex Chunk();
}
