using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>SCRAM-SHA-1 and -256 (RFC 5802, RFC 7677): proves the password, and has the server prove it, too.</summary>
internal sealed class ScramClient : ClientMechanism
{
    /// <summary>RFC 7677 §4 asks servers for no less; fewer make a recorded proof easy to break.</summary>
    private const int FewestIterations = 4_096;

    /// <summary>More would let a hostile server keep us busy: about a second of work.</summary>
    private const int MostIterations = 1_000_000;

    private const string Header = "n,,"; // no channel binding, no other identity (§7, gs2-header)

    private enum Stage { Start, First, Final, Proved }

    private readonly HashAlgorithmName _hash;
    private readonly string _user;
    private readonly string _nonce;
    private readonly Secret _password;
    private Stage _stage;
    private byte[] _serverSignature = [];

    public ScramClient(HashAlgorithmName hash, string user, Secret password, byte[] nonce)
    {
        _hash = hash;
        _user = Prepared(user, "user name");
        _password = new Secret(Prepared(password.Reveal(), "password"));
        _nonce = Convert.ToBase64String(nonce);
        Name = hash == HashAlgorithmName.SHA1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
    }

    public override string Name { get; }

    public override bool IsComplete => _stage == Stage.Proved;

    private string ClientFirst => $"n={Scram.EncodeName(_user)},r={_nonce}";

    public override byte[] Initial()
    {
        _stage = Stage.First;
        return Encoding.UTF8.GetBytes(Header + ClientFirst);
    }

    public override byte[] Respond(ReadOnlySpan<byte> challenge)
    {
        if (challenge.IsEmpty && _stage is Stage.Start or Stage.First)
            return Initial();
        var message = Scram.TextOf(challenge) ?? throw new SaslException("the server's challenge is no UTF-8");
        return _stage switch
        {
            Stage.First => AnswerFirst(message),
            Stage.Final => CheckFinal(message),
            _ => throw new SaslException("the server sends a challenge where none is due"),
        };
    }

    /// <summary>server-first-message: both nonces, salt, iterations (RFC 5802 §7).</summary>
    private byte[] AnswerFirst(string message)
    {
        var parts = message.Split(',');
        if (Scram.Attribute(parts, 0, 'r') is not { } nonce || !Scram.IsNonce(nonce))
            throw new SaslException("the server's first message has no nonce"); // or begins with an extension: m=
        if (nonce.Length <= _nonce.Length || !nonce.StartsWith(_nonce, StringComparison.Ordinal))
            throw new SaslException("the server did not take up our nonce: its words may be from another exchange");
        if (Scram.Attribute(parts, 1, 's') is not { } text || Scram.FromBase64(text) is not { Length: > 0 } salt)
            throw new SaslException("the server's first message has no salt");
        var iterations = Scram.Attribute(parts, 2, 'i');
        if (!int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is < FewestIterations or > MostIterations)
            throw new SaslException($"the server's iteration count is not in {FewestIterations}–{MostIterations}");

        var salted = Scram.SaltedPassword(_hash, _password.Reveal(), salt, count);
        var withoutProof = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(Header))},r={nonce}";
        var exchange = Encoding.UTF8.GetBytes($"{ClientFirst},{message},{withoutProof}");
        var clientKey = Scram.Hmac(_hash, salted, "Client Key"u8);
        var proof = Scram.Xor(clientKey, Scram.Hmac(_hash, Scram.Digest(_hash, clientKey), exchange));
        _serverSignature = Scram.Hmac(_hash, Scram.Hmac(_hash, salted, "Server Key"u8), exchange);
        _stage = Stage.Final;
        return Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    /// <summary>server-final-message: the server's own proof, or why it refuses (RFC 5802 §7).</summary>
    private byte[] CheckFinal(string message)
    {
        var parts = message.Split(',');
        if (Scram.Attribute(parts, 0, 'e') is { } error)
            throw new SaslException($"the server refuses: {new string([.. error.Where(char.IsAsciiLetter).Take(60)])}");
        if (Scram.Attribute(parts, 0, 'v') is not { } text || Scram.FromBase64(text) is not { } signature
            || !CryptographicOperations.FixedTimeEquals(signature, _serverSignature))
            throw new SaslException("the server does not know the password: it is not who it claims to be");
        _stage = Stage.Proved;
        return [];
    }
}
