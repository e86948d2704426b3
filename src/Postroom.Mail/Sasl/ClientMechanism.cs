using System.Security.Cryptography;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>The client's side of one exchange of AUTH (RFC 4954 §4).</summary>
public abstract class ClientMechanism
{
    /// <summary>As given with AUTH.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// A 235 may be believed. Before that, it comes from a server that has not proved what its mechanism asks of it:
    /// treat it as a failure.
    /// </summary>
    public abstract bool IsComplete { get; }

    /// <summary>The initial response, to be sent in base64 with AUTH; null where the server speaks first.</summary>
    public abstract byte[]? Initial();

    /// <summary>
    /// Answers a challenge (334), out of and into base64. Where AUTH was sent without the initial response, the
    /// empty challenge that follows is answered with it.
    /// </summary>
    /// <exception cref="SaslException">The server breaks the rules, or lies: cancel with <c>*</c>.</exception>
    public abstract byte[] Respond(ReadOnlySpan<byte> challenge);

    /// <summary>The strongest mechanism that both sides know; null if there is none.</summary>
    /// <param name="offered">The words after AUTH in the reply to EHLO, in either case.</param>
    /// <param name="nonce">18 random octets or more, never used before.</param>
    /// <param name="clearTextAllowed">PLAIN and LOGIN may be used: over TLS, or on loopback.</param>
    /// <exception cref="SaslException">Name or password hold what RFC 4013 §2.3 prohibits.</exception>
    public static ClientMechanism? Choose(
        IReadOnlyCollection<string> offered, string user, Secret password, byte[] nonce, bool clearTextAllowed)
    {
        foreach (var name in (ReadOnlySpan<string>)["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"])
        {
            if (!offered.Contains(name, StringComparer.OrdinalIgnoreCase)
                || (!clearTextAllowed && name is "PLAIN" or "LOGIN"))
                continue;
            return name switch
            {
                "SCRAM-SHA-256" => new ScramClient(HashAlgorithmName.SHA256, user, password, nonce),
                "SCRAM-SHA-1" => new ScramClient(HashAlgorithmName.SHA1, user, password, nonce),
                "PLAIN" => new PlainClient(user, password),
                _ => new LoginClient(user, password),
            };
        }

        return null;
    }

    internal static string Prepared(string text, string what) =>
        SaslPrep.TryPrepare(text, out var prepared)
            ? prepared
            : throw new SaslException($"the {what} is empty or holds a character that RFC 4013 §2.3 prohibits");
}

/// <summary>PLAIN (RFC 4616).</summary>
internal sealed class PlainClient(string user, Secret password) : ClientMechanism
{
    private bool _sent;

    public override string Name => "PLAIN";

    public override bool IsComplete => _sent;

    public override byte[] Initial()
    {
        _sent = true;
        return Encoding.UTF8.GetBytes($"\0{Prepared(user, "user name")}\0{Prepared(password.Reveal(), "password")}");
    }

    public override byte[] Respond(ReadOnlySpan<byte> challenge) => Initial();
}

/// <summary>LOGIN: the first challenge asks for the name, the second for the password, whatever their words.</summary>
internal sealed class LoginClient(string user, Secret password) : ClientMechanism
{
    private int _answered;

    public override string Name => "LOGIN";

    public override bool IsComplete => _answered == 2;

    public override byte[]? Initial() => null;

    public override byte[] Respond(ReadOnlySpan<byte> challenge) => ++_answered switch
    {
        1 => Encoding.UTF8.GetBytes(user),
        2 => Encoding.UTF8.GetBytes(password.Reveal()),
        _ => throw new SaslException("the server asks for more than a name and a password"),
    };
}
