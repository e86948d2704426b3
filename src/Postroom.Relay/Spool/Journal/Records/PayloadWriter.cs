using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Postroom.Relay.Spool.Journal.Records;

/// <summary>Writes the compact form of a record into a rented buffer that grows.</summary>
internal ref struct PayloadWriter(byte[] rented, int at)
{
    /// <summary>The buffer, rented from the shared pool: whoever takes it gives it back.</summary>
    public byte[] Buffer { get; private set; } = rented;

    public int Length { get; private set; } = at;

    /// <summary>Room for so many octets, to be written by the caller at once.</summary>
    public Span<byte> Take(int count)
    {
        Reserve(count);
        var span = Buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public void Reserve(int count)
    {
        if (Buffer.Length - Length >= count)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Buffer.Length * 2, Length + count));
        Buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Buffer);
        Buffer = larger;
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Seven bits an octet, the lowest first; the high bit says that more follow.</summary>
    public void Number(long value)
    {
        Reserve(10);
        var rest = unchecked((ulong)value);
        for (; rest >= 0x80; rest >>= 7)
            Buffer[Length++] = unchecked((byte)(rest | 0x80));
        Buffer[Length++] = (byte)rest;
    }

    public void Double(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);

    public void Checksum(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void Time(DateTimeOffset value) => Number(value.UtcTicks);

    public void Time(DateTimeOffset? value) => Number(value is { } time ? time.UtcTicks + 1 : 0);

    /// <summary>0 for null, else its UTF-8 octets' count and one.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Byte(0);
            return;
        }

        var octets = Encoding.UTF8.GetByteCount(value);
        Number(octets + 1L);
        Encoding.UTF8.GetBytes(value, Take(octets));
    }

    public void Octets(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        value.CopyTo(Take(value.Length));
    }
}
