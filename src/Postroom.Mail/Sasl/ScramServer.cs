using System.Security.Cryptography;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding: the password never travels.</summary>
internal sealed class ScramServer(UserBook users, string nonce) : ServerMechanism
{
    private enum Stage { Start, First, Final, Proved, Over }

    private static readonly HashAlgorithmName Hash = HashAlgorithmName.SHA256;

    private Stage _stage;
    private bool _exists;
    private string _user = "", _header = "", _clientFirst = "", _serverFirst = "", _nonce = "";
    private StoredPassword? _password;

    public override string Name => "SCRAM-SHA-256";

    public override bool IsClearText => false;

    public override SaslStep Step(ReadOnlySpan<byte> response)
    {
        if (_stage == Stage.Start && response.IsEmpty)
        {
            _stage = Stage.First;
            return Ask("");
        }

        var message = Scram.TextOf(response);
        var step = message is null ? Failed : _stage switch
        {
            Stage.Start or Stage.First => TakeFirst(message),
            Stage.Final => TakeFinal(message),
            Stage.Proved when message.Length == 0 => new SaslStep(SaslResult.Succeeded, [], _user),
            _ => Failed,
        };
        if (step.Result != SaslResult.Challenge)
            _stage = Stage.Over;
        return step;
    }

    /// <summary>client-first-message: gs2 header (RFC 5801 §4), name, nonce (RFC 5802 §7).</summary>
    private SaslStep TakeFirst(string message)
    {
        var parts = message.Split(',');
        // "n" and "y" ask for no channel binding; "p=" asks for one, which a mechanism without -PLUS cannot give (§6).
        if (parts.Length < 4 || parts[0] is not ("n" or "y"))
            return Failed;
        if (Scram.Attribute(parts, 2, 'n') is not { } given || Scram.DecodeName(given) is not { } raw
            || !SaslPrep.TryPrepare(raw, out var user)
            || Scram.Attribute(parts, 3, 'r') is not { } clientNonce || !Scram.IsNonce(clientNonce))
            return Failed;
        if (parts[1].Length > 0 && Scram.Attribute(parts, 1, 'a') != given)
            return Failed; // nobody here may act as somebody else
        _header = $"{parts[0]},{parts[1]},";
        _clientFirst = message[_header.Length..];
        _user = user;
        (_password, _exists) = users.Find(user);
        _nonce = clientNonce + nonce;
        _serverFirst = $"r={_nonce},s={Convert.ToBase64String(_password.Salt)},i={_password.Iterations}";
        _stage = Stage.Final;
        return Ask(_serverFirst);
    }

    /// <summary>client-final-message: the gs2 header once more, both nonces, the proof (RFC 5802 §7).</summary>
    private SaslStep TakeFinal(string message)
    {
        var parts = message.Split(',');
        var last = message.LastIndexOf(",p=", StringComparison.Ordinal);
        if (last < 0 || _password is null || Scram.FromBase64(message[(last + 3)..]) is not { } proof
            || proof.Length != SHA256.HashSizeInBytes
            || Scram.Attribute(parts, 0, 'c') != Convert.ToBase64String(Encoding.UTF8.GetBytes(_header))
            || Scram.Attribute(parts, 1, 'r') != _nonce)
            return Failed;
        var exchange = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{message[..last]}");
        var clientKey = Scram.Xor(proof, Scram.Hmac(Hash, _password.StoredKey, exchange));
        var isRight = CryptographicOperations.FixedTimeEquals(Scram.Digest(Hash, clientKey), _password.StoredKey);
        if (!isRight || !_exists)
            return Failed;
        _stage = Stage.Proved;
        // Our own proof goes out as one more challenge, which the client answers with nothing (RFC 4954 §4).
        return Ask($"v={Convert.ToBase64String(Scram.Hmac(Hash, _password.ServerKey, exchange))}");
    }
}
