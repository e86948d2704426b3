namespace Postroom.Mail;

/// <summary>An enhanced mail system status code, such as 5.1.1: what happened, and to what.</summary>
/// <remarks>
/// RFC 3463 §2: class "." subject "." detail. Class 2 is success, 4 a persistent transient failure, 5 a
/// permanent failure; no other class exists.
/// </remarks>
public readonly record struct EnhancedStatus
{
    public EnhancedStatus(int @class, int subject, int detail)
    {
        if (@class is not (2 or 4 or 5))
            throw new ArgumentOutOfRangeException(nameof(@class), @class, "RFC 3463 §2 knows classes 2, 4 and 5");
        ArgumentOutOfRangeException.ThrowIfNegative(subject);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(subject, 999);
        ArgumentOutOfRangeException.ThrowIfNegative(detail);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(detail, 999);
        (Class, Subject, Detail) = (@class, subject, detail);
    }

    /// <summary>Reads <c>5.1.1</c>.</summary>
    /// <returns>False: it is none of RFC 3463 §2.</returns>
    public static bool TryParse(string text, out EnhancedStatus status)
    {
        status = default;
        var parts = text.Split('.');
        if (parts.Length != 3 || !TryRead(parts[0], out var @class) || @class is not (2 or 4 or 5)
            || !TryRead(parts[1], out var subject) || !TryRead(parts[2], out var detail))
            return false;
        status = new EnhancedStatus(@class, subject, detail);
        return true;
    }

    private static bool TryRead(string text, out int number) => int.TryParse(text,
        System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out number)
        && text.Length <= 3;

    public int Class { get; }
    public int Subject { get; }
    public int Detail { get; }

    public override string ToString() => $"{Class}.{Subject}.{Detail}";
}
