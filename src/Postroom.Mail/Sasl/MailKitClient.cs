using MailKit.Security;

namespace Postroom.Mail.Sasl;

/// <summary>CRAM-MD5 (RFC 2195) and NTLM, which MailKit does well: nobody should have to write MD4 again.</summary>
/// <remarks>
/// The dice of NTLM are MailKit's own, the one thing on this floor that does not come in as an argument. It takes
/// <c>DOMAIN\user</c> and <c>user@domain</c> apart by itself.
/// </remarks>
internal sealed class MailKitClient : ClientMechanism
{
    private readonly SaslMechanism _inner;
    private byte[]? _initial;

    private MailKitClient(SaslMechanism inner) => _inner = inner;

    public override string Name => _inner.MechanismName;

    public override bool IsComplete => _inner.IsAuthenticated;

    public static MailKitClient CramMd5(ClientCredentials who) =>
        new(new SaslMechanismCramMd5(Said(who.User, "user name"), Said(who.Secret.Reveal(), "password")));

    // Workstation: it would be this machine's name, which is nobody's business.
    public static MailKitClient Ntlm(ClientCredentials who) =>
        new(new SaslMechanismNtlm(Said(who.User, "user name"), Said(who.Secret.Reveal(), "password"))
        {
            Workstation = "",
        });

    public override byte[]? Initial() =>
        _initial ??= _inner.SupportsInitialResponse ? Convert.FromBase64String(_inner.Challenge(null)) : null;

    public override byte[] Respond(ReadOnlySpan<byte> challenge)
    {
        if (challenge.IsEmpty && _initial is not null)
            return _initial;
        if (IsComplete || challenge.IsEmpty)
            throw new SaslException("the server sends a challenge where none is due");
        try
        {
            return Convert.FromBase64String(_inner.Challenge(Convert.ToBase64String(challenge)));
        }
        // It reads offsets and lengths out of a challenge without asking whether they lie in it.
        catch (Exception broken) when (broken is MailKit.Security.SaslException or ArgumentException
            or IndexOutOfRangeException or ArithmeticException or InvalidOperationException or NotSupportedException
            or FormatException)
        {
            // Not its words: they may hold the server's.
            throw new SaslException($"the server's challenge is none of {Name}");
        }
    }

    private static string Said(string text, string what) =>
        text.Length > 0 ? text : throw new SaslException($"the {what} is empty");
}
