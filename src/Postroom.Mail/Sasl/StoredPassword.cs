using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>What a server keeps of a password: enough to check it, not enough to log in with (RFC 5802 §3).</summary>
/// <param name="Iterations">Of PBKDF2; RFC 7677 §4 asks for 4096 or more.</param>
/// <param name="Salt">Random, of its own for each user; 16 octets or more.</param>
/// <param name="StoredKey">SHA-256 of the client key.</param>
/// <param name="ServerKey">With which the server proves that it knows the user.</param>
public sealed record StoredPassword(int Iterations, byte[] Salt, byte[] StoredKey, byte[] ServerKey)
{
    /// <summary>What RFC 7677 §4 asks for, and no more: who logs in for each mail pays it each time.</summary>
    public const int DefaultIterations = 4_096;

    private const string Scheme = "SCRAM-SHA-256$";
    private const int MostIterations = 1_000_000;

    /// <summary>What to keep of a password.</summary>
    /// <param name="password">In the clear; prepared by <see cref="SaslPrep"/>.</param>
    /// <param name="salt">Random octets, used once.</param>
    /// <exception cref="SaslException">The password holds characters that SASLprep prohibits, or is empty.</exception>
    public static StoredPassword Hash(string password, byte[] salt, int iterations)
    {
        if (!SaslPrep.TryPrepare(password, out var prepared))
            throw new SaslException("a password may not be empty or hold control characters (RFC 4013 §2.3)");
        return Scram.Store(HashAlgorithmName.SHA256, prepared, salt, iterations);
    }

    /// <summary>Whether this is the password; takes the time of the iterations, and as long for a wrong one.</summary>
    /// <param name="password">UTF-8, as the client sent it.</param>
    public bool Verify(ReadOnlySpan<byte> password)
    {
        var isText = SaslPrep.TryPrepare(password, out var prepared);
        var given = Scram.Store(HashAlgorithmName.SHA256, isText ? prepared! : "?", Salt, Iterations);
        return CryptographicOperations.FixedTimeEquals(given.StoredKey, StoredKey) && isText;
    }

    /// <summary>
    /// The form that the users file keeps: <c>SCRAM-SHA-256$4096:salt$stored:server</c>, each in base64. It lets a
    /// thief guess the password at leisure: for that file, not for a log.
    /// </summary>
    public override string ToString()
    {
        var (salt, stored, server) =
            (Convert.ToBase64String(Salt), Convert.ToBase64String(StoredKey), Convert.ToBase64String(ServerKey));
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}{Iterations}:{salt}${stored}:{server}");
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out StoredPassword? password)
    {
        password = null;
        if (text is null || !text.StartsWith(Scheme, StringComparison.Ordinal))
            return false;
        var parts = text[Scheme.Length..].Split([':', '$']);
        if (parts.Length != 4 || text[Scheme.Length..].Count(c => c == '$') != 1
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            || iterations is < 1 or > MostIterations
            || Scram.FromBase64(parts[1]) is not { Length: > 0 } salt
            || Scram.FromBase64(parts[2]) is not { Length: SHA256.HashSizeInBytes } stored
            || Scram.FromBase64(parts[3]) is not { Length: SHA256.HashSizeInBytes } server)
            return false;
        password = new StoredPassword(iterations, salt, stored, server);
        return true;
    }

    public bool Equals(StoredPassword? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>
    /// Stands in for a user who does not exist, so that a stranger sees the same dialogue, with a salt that is the
    /// same each time (RFC 5802 §5.1 leaves no other way to hide who exists), and no password that fits.
    /// </summary>
    /// <param name="pepper">A secret of this server that survives restarts.</param>
    internal static StoredPassword Fake(string user, ReadOnlySpan<byte> pepper)
    {
        var made = HMACSHA512.HashData(pepper, Encoding.UTF8.GetBytes(user));
        return new StoredPassword(DefaultIterations, made[..16], made[16..48], made[32..64]);
    }
}
