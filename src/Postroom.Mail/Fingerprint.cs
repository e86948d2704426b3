using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Postroom.Mail;

/// <summary>By what a mail that is sent a second time is known: 128 bits of what does not change then.</summary>
/// <remarks>Made by <c>Mail.Message.FingerprintReader</c>. Whom it is from and for is not in it.</remarks>
public readonly record struct Fingerprint(UInt128 Value)
{
    /// <summary>Octets when it is written down.</summary>
    public const int Length = 16;

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Fingerprint Read(ReadOnlySpan<byte> octets) => new(BinaryPrimitives.ReadUInt128BigEndian(octets));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Fingerprint value)
    {
        var isOne = UInt128.TryParse(
            text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number);
        value = new Fingerprint(number);
        return isOne && text?.Length == 2 * Length;
    }

    public void Write(Span<byte> into) => BinaryPrimitives.WriteUInt128BigEndian(into, Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
