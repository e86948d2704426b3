using System.Diagnostics.CodeAnalysis;

namespace Postroom.Mail;

/// <summary>The public id of one accepted mail: in the 250, the trail, the command line, the API, everywhere.</summary>
/// <remarks>
/// 43 bits of milliseconds since 2020, then 20 bits that count within the millisecond: ids ascend in the order of
/// acceptance, never repeat on one spool (not even when the clock steps back: <see cref="After"/>), and tell their
/// time. Written in Crockford's base 32, 13 characters, which sorts as text the way the numbers do.
/// </remarks>
public readonly record struct MailId(long Value) : IComparable<MailId>
{
    private const string Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Length = 13;
    private static readonly DateTimeOffset Epoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>When the mail was accepted, to the millisecond, by the clock of that moment.</summary>
    public DateTimeOffset At => Epoch.AddMilliseconds(Value >> 20);

    /// <summary>The next id: that of <paramref name="now"/>, or one more than the last where that is later.</summary>
    public static MailId After(MailId last, DateTimeOffset now)
    {
        var ms = Math.Max(0, (long)(now - Epoch).TotalMilliseconds);
        return new MailId(Math.Max(last.Value + 1, ms << 20));
    }

    /// <summary>Reads an id as <see cref="ToString"/> writes it; letters in either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MailId id)
    {
        id = default;
        if (text is not { Length: Length })
            return false;
        ulong value = 0;
        for (var i = 0; i < Length; i++)
        {
            var digit = Digits.IndexOf(char.ToUpperInvariant(text[i]), StringComparison.Ordinal);
            if (digit < 0 || (i == 0 && digit > 7)) // 13 digits hold 65 bits; the sign and one more are never set
                return false;
            value = (value << 5) | (uint)digit;
        }

        id = new MailId((long)value);
        return true;
    }

    public int CompareTo(MailId other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(Length, (ulong)Value, static (text, value) =>
    {
        for (var i = Length - 1; i >= 0; i--, value >>= 5)
            text[i] = Digits[(int)(value & 31)];
    });

    public static bool operator <(MailId a, MailId b) => a.Value < b.Value;
    public static bool operator >(MailId a, MailId b) => a.Value > b.Value;
    public static bool operator <=(MailId a, MailId b) => a.Value <= b.Value;
    public static bool operator >=(MailId a, MailId b) => a.Value >= b.Value;
}
