using System.Buffers.Binary;
using System.Text;

namespace Postroom.Relay.Spool.Journal.Records;

/// <summary>Reads what <see cref="PayloadWriter"/> wrote. Bounded by the payload whatever stands in it.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    public readonly bool IsEnd => _rest.IsEmpty;

    /// <exception cref="InvalidDataException">The payload ends before that.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw new InvalidDataException("a record ends before its last field");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public byte Byte() => Take(1)[0];

    public bool Flag() => Byte() != 0;

    public long Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var octet = Byte();
            value |= unchecked((ulong)(octet & 0x7f) << shift);
            if (octet < 0x80)
                return unchecked((long)value);
        }

        throw new InvalidDataException("a number in a record does not end");
    }

    /// <summary>A number that must fit where 32 bits are meant.</summary>
    public int Int()
    {
        var value = Number();
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new InvalidDataException("a number in a record is too large");
    }

    /// <summary>How many items follow: each takes at least an octet, so a wild count is found before it costs
    /// memory.</summary>
    public int Count()
    {
        var count = Int();
        return count >= 0 && count <= _rest.Length
            ? count
            : throw new InvalidDataException("a list in a record is longer than the record");
    }

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public uint Checksum() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public DateTimeOffset Time() => FromTicks(Number());

    public DateTimeOffset? TimeOrNull() => Number() is var ticks and not 0 ? FromTicks(ticks - 1) : null;

    public string? TextOrNull() => Int() is var octets and not 0 ? Encoding.UTF8.GetString(Take(octets - 1)) : null;

    public string Text() => TextOrNull() ?? throw new InvalidDataException("a text in a record is missing");

    public byte[] Octets() => Take(Int()).ToArray();

    private static DateTimeOffset FromTicks(long ticks) => ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks
        ? new DateTimeOffset(ticks, TimeSpan.Zero)
        : throw new InvalidDataException("a time in a record is none");
}
