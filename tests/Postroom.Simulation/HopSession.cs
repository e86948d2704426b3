using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Postroom.Mail;

namespace Postroom.Simulation;

/// <summary>One connection to a next hop: an SMTP server as plain as can be, with moods.</summary>
internal sealed partial class HopSession(World world, Life life, Hop hop, SimulatedWire toRelay)
{
    private readonly List<byte> _in = [];
    private readonly List<byte> _mail = [];
    private readonly List<string> _to = [];
    private readonly Queue<Action> _toSay = new();
    private string? _from;
    private long _begun;
    private bool _inData;
    private long _chunk = -1;
    private bool _isLastChunk;
    private bool _isDeaf;
    private long _sayNotBefore;
    private int _taken; // octets of _in

    private ReadOnlySpan<byte> NotTaken => CollectionsMarshal.AsSpan(_in)[_taken..];

    public void Greet() => Act(hop.OnGreeting(), "220 hop.test ESMTP", "554 5.3.2 go away", "421 4.3.2 later");

    public void Ended() => toRelay.Close();

    public void Arrived(byte[] octets)
    {
        if (_isDeaf)
            return;
        _in.AddRange(octets);
        while (!_isDeaf && Take())
        {
        }

        _in.RemoveRange(0, _taken);
        _taken = 0;
    }

    private bool Take()
    {
        if (_chunk >= 0)
            return TakeChunk();
        var line = NotTaken[..(NotTaken.IndexOf((byte)'\n') + 1)];
        if (line.IsEmpty)
            return false;
        _taken += line.Length;
        if (!line.EndsWith("\r\n"u8))
            world.Violation($"a line without CRLF at {hop.Name}: {Printable.Of(line)}");
        if (_inData)
            TakeDataLine(line);
        else
            Obey(Encoding.Latin1.GetString(line)[..^2]);
        return true;
    }

    private void Obey(string line)
    {
        var verb = line.Split(' ')[0].ToUpperInvariant();
        switch (verb)
        {
            case "EHLO":
                Reset();
                Act(hop.OnCommand(), Offers());
                break;
            case "HELO":
                Reset();
                Act(hop.OnCommand(), "250 hop.test");
                break;
            case "MAIL":
                Reset();
                if (Act(hop.OnCommand(), "250 2.1.0 ok"))
                    (_from, _begun) = (line, world.Scheduler.Now);
                break;
            case "RCPT":
                if (_from is null)
                    Say("503 5.5.1 MAIL first");
                else if (Act(hop.OnCommand(), "250 2.1.5 ok", "550 5.1.1 no such user"))
                    _to.Add(line.Split('<', '>')[1]);
                break;
            case "DATA":
                if (_to.Count == 0)
                    Say("503 5.5.1 RCPT first");
                else
                    _inData = Act(hop.OnCommand(), "354 go ahead");
                break;
            case "BDAT":
                var words = line.Split(' ');
                _chunk = long.Parse(words[1], CultureInfo.InvariantCulture);
                _isLastChunk = words.Length > 2;
                break;
            case "RSET":
                Reset();
                Say("250 2.0.0 ok");
                break;
            case "QUIT":
                Say("221 2.0.0 bye");
                HangUp();
                break;
            default:
                world.Violation($"{hop.Name} was told: {line}");
                break;
        }
    }

    private bool TakeChunk()
    {
        var count = (int)Math.Min(_chunk, NotTaken.Length);
        _mail.AddRange(NotTaken[..count]);
        _taken += count;
        _chunk -= count;
        if (_chunk > 0)
            return false;
        _chunk = -1;
        if (_to.Count == 0)
            Say("503 5.5.1 RCPT first"); // the chunk is read and thrown away (RFC 3030 §2)
        else if (_isLastChunk)
            EndOfMail();
        else
            Act(hop.OnCommand(), "250 2.0.0 chunk");
        return true;
    }

    private void TakeDataLine(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual(".\r\n"u8))
        {
            _inData = false;
            EndOfMail();
            return;
        }

        _mail.AddRange(line[0] == '.' ? line[1..] : line);
    }

    private void EndOfMail()
    {
        var mood = hop.OnDot();
        var told = $"250 2.0.0 {hop.Name} took it as {world.NextName("t")}";
        if (mood is HopMood.Serves or HopMood.Late)
            Keep(told);
        else if (mood is HopMood.TakesAndDrops or HopMood.TakesAndStalls or HopMood.TakesAndBabbles)
            Keep(null);
        mood = mood switch
        {
            HopMood.TakesAndDrops => HopMood.Drops,
            HopMood.TakesAndStalls => HopMood.Stalls,
            HopMood.TakesAndBabbles => HopMood.Babbles,
            _ => mood,
        };
        Act(mood, told, "554 5.6.0 not this mail");
        Reset();
    }

    private void Keep(string? told)
    {
        var octets = _mail.ToArray();
        var head = Taken.HeadOf(octets);
        MailId? id = MailId.TryParse(Id().Match(head).Groups[1].Value, out var received) ? received : null;
        if (id is null && !_from!.StartsWith("MAIL FROM:<>", StringComparison.Ordinal)
            && !_to.Contains(Sandbox.Mailbox))
            world.Violation($"{hop.Name} got a mail without our Received field");
        hop.Taken.Add(new Taken(id, MessageId().Match(head).Groups[1].Value, [.. _to], octets, _from!, told)
        {
            Life = life.Number, Begun = _begun,
        });
        var what = id is null ? "a report" : $"{id}";
        world.Note($"{hop.Name} takes {what} for {string.Join(' ', _to)}: {told ?? "(untold)"}");
    }

    // True if it serves, now or later.
    private bool Act(HopMood mood, string reply, string refusal = "554 5.0.0 no", string closing = "421 4.3.2 closing")
    {
        switch (mood)
        {
            case HopMood.Serves:
                Say(reply);
                return true;
            case HopMood.Late:
                _sayNotBefore = world.Scheduler.Now + TimeSpan.FromSeconds(world.Scheduler.Dice.Next(1, 900)).Ticks;
                Say(reply);
                return true;
            case HopMood.Defers:
                Say("451 4.3.0 not now");
                break;
            case HopMood.Refuses:
                Say(refusal);
                break;
            case HopMood.Closes:
                Say(closing);
                HangUp();
                break;
            case HopMood.Drops:
                Deafen();
                toRelay.Cut();
                break;
            case HopMood.Stalls:
                Deafen();
                break;
            default:
                Say("\u0007 what?");
                break;
        }

        return false;
    }

    private string Offers() => "250-hop.test" + (hop.Pipelines ? "\r\n250-PIPELINING" : "")
        + (hop.TakesChunks ? "\r\n250-CHUNKING" : "") + "\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME";

    private void Say(string reply)
    {
        if (!_isDeaf)
            InTurn(() => toRelay.Send(Encoding.Latin1.GetBytes(reply + "\r\n")));
    }

    private void HangUp()
    {
        Deafen();
        InTurn(toRelay.Close);
    }

    // Replies go in the order of the commands: behind one that is late, all are.
    private void InTurn(Action what)
    {
        _toSay.Enqueue(what);
        if (_toSay.Count == 1)
            SayNext();
    }

    private void SayNext()
    {
        while (_toSay.Count > 0)
        {
            var wait = _sayNotBefore - world.Scheduler.Now;
            if (wait > 0)
            {
                world.Scheduler.After(TimeSpan.FromTicks(wait), world.Outside, SayNext);
                return;
            }

            _toSay.Dequeue()();
        }
    }

    private void Deafen() => _isDeaf = true;

    private void Reset()
    {
        _from = null;
        _to.Clear();
        _mail.Clear();
    }

    [GeneratedRegex(@" id ([0-9A-Z]{13})\b")]
    private static partial Regex Id();

    [GeneratedRegex(@"^Message-ID: (<[^>\r\n]+>)", RegexOptions.Multiline)]
    private static partial Regex MessageId();
}
