using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>
/// SCRAM with SHA-1, -256 and -512, each also -PLUS (RFC 5802, RFC 7677): proves the password, and has the server
/// prove it, too.
/// </summary>
/// <remarks>
/// With -PLUS both proofs also cover the channel (RFC 5802 §6): who sits in between, with a connection to each side,
/// has another channel to each, and no proof that he passes on fits.
/// </remarks>
internal sealed class ScramClient : ClientMechanism
{
    /// <summary>RFC 7677 §4 asks servers for no less; fewer make a recorded proof easy to break.</summary>
    private const int FewestIterations = 4_096;

    /// <summary>More would let a hostile server keep us busy: about a second of work.</summary>
    private const int MostIterations = 1_000_000;

    /// <summary>RFC 5802 §7, <c>server-error-value</c>.</summary>
    private const string UnknownBinding = "unsupported-channel-binding-type";

    private enum Stage { Start, First, Final, Proved, Broken }

    private readonly HashAlgorithmName _hash;
    private readonly string _user;
    private readonly string _nonce;
    private readonly string _header;
    private readonly byte[] _channel;
    private readonly bool _binds;
    private readonly Secret _password;
    private Stage _stage;
    private byte[] _serverSignature = [];

    /// <param name="header">gs2-header, RFC 5802 §7; with <c>p=</c> the binding of <paramref name="who"/> is
    /// used.</param>
    public ScramClient(string name, HashAlgorithmName hash, ClientCredentials who, string header)
    {
        (Name, _hash, _header) = (name, hash, header);
        _user = Prepared(who.User, "user name");
        _password = new Secret(Prepared(who.Secret.Reveal(), "password"));
        _nonce = Convert.ToBase64String(who.Nonce);
        _binds = header[0] == 'p';
        _channel = _binds ? who.Binding!.Octets : [];
    }

    public override string Name { get; }

    public override bool IsComplete => _stage == Stage.Proved;

    public override bool IsBindingOpen => _binds && _stage == Stage.First;

    private string ClientFirst => $"n={Scram.EncodeName(_user)},r={_nonce}";

    public override byte[] Initial()
    {
        _stage = Stage.First;
        return Encoding.UTF8.GetBytes(_header + ClientFirst);
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
        if (Scram.Attribute(parts, 0, 'e') is { } error)
            throw Refused(error, error == UnknownBinding);
        _stage = Stage.Broken; // unless all is well: from here on a refusal is no longer about the binding
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
        var channel = Convert.ToBase64String([.. Encoding.UTF8.GetBytes(_header), .. _channel]); // cbind-input
        var withoutProof = $"c={channel},r={nonce}";
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
            throw Refused(error, isAboutBinding: false);
        if (Scram.Attribute(parts, 0, 'v') is not { } text || Scram.FromBase64(text) is not { } signature
            || !CryptographicOperations.FixedTimeEquals(signature, _serverSignature))
            throw new SaslException("the server does not know the password: it is not who it claims to be");
        _stage = Stage.Proved;
        return [];
    }

    private SaslException Refused(string error, bool isAboutBinding)
    {
        if (!isAboutBinding)
            _stage = Stage.Broken;
        return new SaslException(
            $"the server refuses: {new string([.. error.Where(c => char.IsAsciiLetter(c) || c == '-').Take(60)])}");
    }
}
