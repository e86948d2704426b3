using System.Buffers;
using System.Text;

namespace Postroom.Mail.Smtp;

/// <summary>What had to be changed to make valid mail data of what came.</summary>
[Flags]
public enum Repairs
{
    None = 0,
    BareCr = 1,
    BareLf = 2,
    Nul = 4,

    /// <summary>BDAT mail whose last line had no CRLF, which DATA at the next hop needs.</summary>
    FinalLineEnd = 8,
}

/// <summary>Takes the mail out of what follows DATA or BDAT: undoes transparency, finds the end, checks each
/// octet.</summary>
/// <remarks>
/// <para>RFC 5321 §4.5.2: a line of one dot ends the data; any other line that begins with a dot loses that dot. The
/// CRLF before the final dot ends the mail's last line and belongs to it; if there is no line, it is the one that ended
/// DATA (§4.1.1.4). BDAT (RFC 3030 §2) has neither dots nor an end mark, and is held to the same lines.</para>
/// <para>A bare CR or LF ends no line (RFC 5321 §2.3.8): taking one for an end is how a second mail is smuggled inside
/// the first. Strict data that holds one, or a NUL, is refused where it stands. Lenient data is repaired, but even
/// there
/// only CRLF "." CRLF, octet for octet, ends the mail.</para>
/// <para>Whole runs are copied: only a dropped dot, a repair or the end of what was read cuts one.</para>
/// </remarks>
public sealed class MailData
{
    private const byte Cr = (byte)'\r', Lf = (byte)'\n', Dot = (byte)'.', Nul = 0;

    private readonly bool _lenient;
    private bool _dots;
    private Seen _seen;

    /// <param name="limit">Octets of a mail; beyond it nothing more is written.</param>
    /// <param name="lenient">Repair bare CR, bare LF and NUL instead of refusing them.</param>
    public MailData(long limit, bool lenient) => (Limit, _lenient) = (limit, lenient);

    // What the octets so far leave us in the middle of. A repaired line end leads to a line start that is no place for
    // the end of the data: SoftStart, SoftDot. A CR is not written before the octet after it is known.
    private enum Seen { LineStart, SoftStart, Dot, SoftDot, DotCr, Text, Cr, End, Refused }

    public long Limit { get; }

    /// <summary>Octets of the mail so far, those beyond the limit counted too (RFC 1870 §5: without added
    /// dots).</summary>
    public long Length { get; private set; }

    /// <summary>The final dot has been read.</summary>
    public bool IsEnd => _seen == Seen.End;

    /// <summary>Strict data held a bare CR, a bare LF or a NUL.</summary>
    public bool IsRefused => _seen == Seen.Refused;

    public bool IsTooLarge => Length > Limit;

    /// <summary>An octet over 127 was in it.</summary>
    public bool EightBit { get; private set; }

    public Repairs Repairs { get; private set; }

    /// <summary>The repairs in words, or null if there were none.</summary>
    public string? Repaired => Repairs == Repairs.None ? null : string.Join("; ", Words());

    /// <summary>Begins a mail; it starts at the start of a line: 354, or the first BDAT, ended the one
    /// before.</summary>
    /// <param name="dots">True for DATA, with its transparency and final dot; false for BDAT.</param>
    public void Begin(bool dots)
    {
        (_dots, _seen, Length, EightBit, Repairs) = (dots, Seen.LineStart, 0, false, Repairs.None);
    }

    /// <summary>Reads on, writing what belongs to the mail. Stops at the end and at what is refused.</summary>
    /// <returns>How many octets were taken. What is left after the end is the next command, already
    /// pipelined.</returns>
    public int Read(ReadOnlySpan<byte> data, IBufferWriter<byte> mail)
    {
        var at = 0;
        while (at < data.Length && _seen < Seen.End)
        {
            var run = _seen is Seen.Text or Seen.LineStart or Seen.SoftStart ? Run(data[at..], mail) : 0;
            if (run == 0)
            {
                Take(data[at], mail);
                run = 1;
            }

            at += run;
        }

        return at;
    }

    /// <summary>Ends BDAT mail after its last chunk: gives its last line the CRLF it may lack.</summary>
    public void Finish(IBufferWriter<byte> mail)
    {
        if (_seen == Seen.Cr)
            BareCr(mail);
        if (_seen == Seen.Text)
        {
            Put("\r\n"u8, mail);
            Repairs |= Repairs.FinalLineEnd;
        }

        if (_seen != Seen.Refused)
            _seen = Seen.End;
    }

    // The longest stretch that goes over as it is; 0 if the first octet needs a closer look.
    private int Run(ReadOnlySpan<byte> data, IBufferWriter<byte> mail)
    {
        if (_dots && _seen != Seen.Text && data[0] == Dot)
            return 0;
        var end = 0;
        var seen = _seen;
        while (end < data.Length)
        {
            var next = data[end..].IndexOfAny(Cr, Lf, Nul);
            if (next != 0)
                seen = Seen.Text;
            if (next < 0)
            {
                end = data.Length;
                break;
            }

            end += next;
            if (data[end] != Cr || end + 1 >= data.Length || data[end + 1] != Lf)
                break;
            end += 2;
            seen = Seen.LineStart;
            if (_dots && end < data.Length && data[end] == Dot)
                break;
        }

        _seen = seen;
        Put(data[..end], mail);
        return end;
    }

    private void Take(byte next, IBufferWriter<byte> mail)
    {
        switch (_seen)
        {
            case Seen.LineStart when next == Dot && _dots: // Transparency or the end: the next octet tells.
                _seen = Seen.Dot;
                return;
            case Seen.SoftStart when next == Dot && _dots:
                _seen = Seen.SoftDot;
                return;
            case Seen.Dot when next == Cr:
                _seen = Seen.DotCr;
                return;
            case Seen.DotCr when next == Lf:
                _seen = Seen.End;
                return;
            case Seen.DotCr: // ".", CR, and then no LF: a line of one dot with a bare CR after it.
                Put("."u8, mail);
                _seen = Seen.Cr;
                Take(next, mail);
                return;
            case Seen.Dot when next == Lf: // A dot that a bare LF follows, or that follows one, is a line of the mail.
            case Seen.SoftDot when next is Cr or Lf:
                Put("."u8, mail);
                break;
            case Seen.Cr when next == Lf:
                Put("\r\n"u8, mail);
                _seen = Seen.LineStart;
                return;
            case Seen.Cr when next == Cr && _lenient: // CR CR LF is one line end of a confused sender, not two.
                Repairs |= Repairs.BareCr;
                return;
            case Seen.Cr:
                BareCr(mail);
                if (_seen != Seen.Refused)
                    Take(next, mail);
                return;
        }

        TakeText(next, mail);
    }

    private void TakeText(byte next, IBufferWriter<byte> mail)
    {
        switch (next)
        {
            case Cr:
                _seen = Seen.Cr;
                return;
            case Lf or Nul when !_lenient:
                _seen = Seen.Refused;
                return;
            case Lf:
                Put("\r\n"u8, mail);
                Repairs |= Repairs.BareLf;
                _seen = Seen.SoftStart;
                return;
            case Nul:
                Repairs |= Repairs.Nul;
                _seen = Seen.Text;
                return;
            default:
                Put([next], mail);
                _seen = Seen.Text;
                return;
        }
    }

    private void BareCr(IBufferWriter<byte> mail)
    {
        if (!_lenient)
        {
            _seen = Seen.Refused;
            return;
        }

        Put("\r\n"u8, mail);
        Repairs |= Repairs.BareCr;
        _seen = Seen.SoftStart;
    }

    private void Put(ReadOnlySpan<byte> octets, IBufferWriter<byte> mail)
    {
        Length += octets.Length;
        if (IsTooLarge || octets.IsEmpty)
            return;
        EightBit = EightBit || !Ascii.IsValid(octets);
        mail.Write(octets);
    }

    private IEnumerable<string> Words()
    {
        if (Repairs.HasFlag(Repairs.BareCr))
            yield return "bare CR made CRLF";
        if (Repairs.HasFlag(Repairs.BareLf))
            yield return "bare LF made CRLF";
        if (Repairs.HasFlag(Repairs.Nul))
            yield return "NUL dropped";
        if (Repairs.HasFlag(Repairs.FinalLineEnd))
            yield return "final CRLF added";
    }
}
