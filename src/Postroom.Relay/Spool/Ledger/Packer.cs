using System.Buffers.Binary;
using System.Text;
using Postroom.Mail;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>
/// Writes small values one behind the other: numbers of varying length, texts with their length in front.
/// </summary>
internal sealed class Packer
{
    private byte[] _bytes = new byte[256];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    /// <summary>Seven bits an octet, low ones first; meant for numbers that are not negative.</summary>
    public void Number(long value)
    {
        Reserve(10);
        var rest = unchecked((ulong)value);
        for (; rest >= 0x80; rest >>= 7)
            _bytes[_length++] = (byte)((rest & 0x7f) | 0x80);
        _bytes[_length++] = (byte)rest;
    }

    public void Instant(DateTimeOffset at)
    {
        Reserve(8);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_length), at.UtcTicks);
        _length += 8;
    }

    public void Real(double value)
    {
        Reserve(4);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.AsSpan(_length), (float)value);
        _length += 4;
    }

    public void Fingerprint(Fingerprint value)
    {
        Reserve(Mail.Fingerprint.Length);
        value.Write(_bytes.AsSpan(_length));
        _length += Mail.Fingerprint.Length;
    }

    /// <summary>Null is told from the empty text.</summary>
    public void Text(string? text)
    {
        if (text is null)
        {
            Number(0);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Number(length + 1L);
        Reserve(length);
        _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));
    }

    private void Reserve(int octets)
    {
        if (_bytes.Length - _length < octets)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + octets));
    }
}

/// <summary>Reads what <see cref="Packer"/> wrote.</summary>
/// <exception cref="LedgerCorruptException">The bytes end too early (from every method).</exception>
internal ref struct Unpacker(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public long Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var octet = Take(1)[0];
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80)
                break;
        }

        return unchecked((long)value);
    }

    public int Int() => unchecked((int)Number());

    public DateTimeOffset Instant() => new(BinaryPrimitives.ReadInt64LittleEndian(Take(8)), TimeSpan.Zero);

    public double Real() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public Fingerprint Fingerprint() => Mail.Fingerprint.Read(Take(Mail.Fingerprint.Length));

    public string? Text()
    {
        var length = Int();
        return length == 0 ? null : Encoding.UTF8.GetString(Take(length - 1));
    }

    private ReadOnlySpan<byte> Take(int octets)
    {
        if (octets < 0 || octets > _rest.Length)
            throw new LedgerCorruptException("a packed column of the ledger ends too early");
        var taken = _rest[..octets];
        _rest = _rest[octets..];
        return taken;
    }
}
