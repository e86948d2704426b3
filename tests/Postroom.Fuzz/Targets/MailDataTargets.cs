using System.Buffers;
using Postroom.Mail.Smtp;

namespace Postroom.Fuzz.Targets;

/// <summary>Mail data in and out: the place where mails are smuggled.</summary>
internal static class MailDataTargets
{
    private const string End = "\r\n.\r\n";

    private static readonly string[] Ends =
        ["\r\n", "\n", "\r", ".", "\r\n.", "\r\n.\r\n", "\0", "..", "x", "\u00e4", "Subject: a\r\n", "\r\r\n", "\n\r"];

    public static readonly FuzzTarget Data = new("mail-data", octets => Read(octets, dots: true), Ends);
    public static readonly FuzzTarget Chunks = new("mail-chunks", octets => Read(octets, dots: false), Ends);
    public static readonly FuzzTarget Dots = new("dots", WriteDots, Ends);

    private static void Read(byte[] input, bool dots)
    {
        var choices = new Choices(input);
        var how = choices.Next();
        var octets = choices.Rest;
        foreach (var lenient in (ReadOnlySpan<bool>)[false, true])
        {
            var (whole, taken, mail) = ReadIn(octets, [new ArraySegment<byte>(octets)], lenient, dots);
            var (cut, cutTaken, cutMail) = ReadIn(octets, Cut.Of(octets, how), lenient, dots);
            Must.Equal(mail, cutMail, "the same mail, whole and in pieces");
            Must.Hold((whole.IsEnd, whole.IsRefused, whole.Repairs, whole.Length, whole.EightBit)
                == (cut.IsEnd, cut.IsRefused, cut.Repairs, cut.Length, cut.EightBit) && taken == cutTaken,
                "the same verdict, whole and in pieces");
            if (!lenient)
                AgreeStrictly(Wire.Text(octets), whole, taken, mail, dots);
            if (dots)
                EndWhereTheEndIs(Wire.Text(octets), whole, taken);
            if (!whole.IsEnd)
                continue;
            Must.BeClean(mail, "what was taken has no bare CR, bare LF or NUL");
            var again = Stuff(mail, [new ArraySegment<byte>(mail)]);
            Must.Equal(mail, ReadIn(again, [new ArraySegment<byte>(again)], lenient: false, dots: true).Mail,
                "what was taken is read as the same mail at the next hop");
        }
    }

    private static (MailData Data, int Taken, byte[] Mail) ReadIn(
        byte[] octets, IEnumerable<ArraySegment<byte>> pieces, bool lenient, bool dots)
    {
        var data = new MailData(octets.Length * 2L + 2, lenient);
        data.Begin(dots);
        var mail = new ArrayBufferWriter<byte>();
        var taken = 0;
        foreach (var piece in pieces)
        {
            for (var left = piece.AsSpan(); !left.IsEmpty && !data.IsEnd && !data.IsRefused;)
            {
                var read = data.Read(left, mail);
                Must.Hold(read > 0, "every call goes on");
                taken += read;
                left = left[read..];
            }
        }

        if (!dots)
            data.Finish(mail);
        return (data, taken, mail.WrittenSpan.ToArray());
    }

    // Read once more, by searching instead of by a state: what ends strict data, and what refuses it.
    private static void AgreeStrictly(string text, MailData data, int taken, byte[] mail, bool dots)
    {
        var lines = "\r\n" + text;
        var bad = FirstBad(lines, isOver: !dots);
        var end = dots ? lines.IndexOf(End, StringComparison.Ordinal) : -1;
        var isEnd = dots ? end >= 0 && (bad < 0 || bad > end) : bad < 0;
        Must.Hold(data.IsEnd == isEnd, "strict data ends where CRLF . CRLF is, and nowhere else");
        Must.Hold(data.IsRefused == (!isEnd && bad >= 0), "strict data is refused for a bare CR, LF or NUL, and "
            + "only so");
        if (!isEnd)
            return;
        if (dots)
        {
            Must.Hold(taken == end + End.Length - 2, "nothing behind the end is taken");
            Must.Equal(Unstuffed(lines[..(end + 2)])[2..], Wire.Text(mail), "lines lose the dot they begin with");
        }
        else
        {
            var lacks = text.Length > 0 && !text.EndsWith("\r\n", StringComparison.Ordinal);
            Must.Equal(lacks ? text + "\r\n" : text, Wire.Text(mail), "chunks are taken as they are");
            Must.Hold(data.Repairs.HasFlag(Repairs.FinalLineEnd) == lacks, "a CRLF given is recorded");
        }
    }

    private static string Unstuffed(string lines) => lines.Replace("\r\n.", "\r\n", StringComparison.Ordinal);

    // Of a bare CR only the octet behind it tells; at the end of all chunks nothing can come any more.
    private static int FirstBad(string text, bool isOver)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var isBad = text[i] switch
            {
                '\0' => true,
                '\n' => i == 0 || text[i - 1] != '\r',
                '\r' => i + 1 < text.Length ? text[i + 1] != '\n' : isOver,
                _ => false,
            };
            if (isBad)
                return i;
        }

        return -1;
    }

    private static void EndWhereTheEndIs(string text, MailData data, int taken)
    {
        var end = ("\r\n" + text).IndexOf(End, StringComparison.Ordinal);
        Must.Hold(!data.IsEnd || taken == end + End.Length - 2, "only CRLF . CRLF, octet for octet, ends a mail");
        Must.Hold(data.IsEnd || data.IsRefused || end < 0, "CRLF . CRLF always ends a mail that was not refused");
    }

    private static void WriteDots(byte[] input)
    {
        var choices = new Choices(input);
        var how = choices.Next();
        var data = new MailData(long.MaxValue, lenient: false);
        data.Begin(dots: false);
        var taken = new ArrayBufferWriter<byte>();
        data.Read(choices.Rest, taken);
        data.Finish(taken);
        if (data.IsRefused)
            return; // never stored, so never sent
        var mail = taken.WrittenSpan.ToArray();
        var sent = Stuff(mail, [new ArraySegment<byte>(mail)]);
        Must.Equal(sent, Stuff(mail, Cut.Of(mail, how)), "the same on the wire, whole and in pieces");
        Must.BeClean(sent, "no bare CR, bare LF or NUL reaches the next hop");
        Must.Equal(mail, ReadIn(sent, [new ArraySegment<byte>(sent)], lenient: false, dots: true).Mail,
            "the next hop reads the mail that was sent");
        LaxHops.ReadOneMail(sent);
    }

    /// <summary>A mail as it goes out after DATA, written in pieces.</summary>
    public static byte[] Stuff(byte[] mail, IEnumerable<ArraySegment<byte>> pieces)
    {
        var writer = new DotWriter();
        var sent = new ArrayBufferWriter<byte>();
        foreach (var piece in pieces)
            writer.Write(piece, sent);
        writer.Finish(sent);
        return sent.WrittenSpan.ToArray();
    }
}
