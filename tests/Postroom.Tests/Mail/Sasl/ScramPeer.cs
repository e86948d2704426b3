using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Postroom.Mail;

namespace Postroom.Tests.Mail.Sasl;

/// <summary>A server of SCRAM and SCRAM-PLUS, written from RFC 5802 §3 alone: nothing of ours is in it.</summary>
internal sealed class ScramPeer(HashAlgorithmName hash, string password, ChannelBinding? binding)
{
    private static readonly byte[] Salt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    private const int Rounds = 4_096;

    private string _bare = "", _header = "", _serverFirst = "", _nonce = "";

    /// <summary>With it, a "y" can only have been made by taking -PLUS out of its list.</summary>
    public bool OffersPlus { get; init; } = binding is not null;

    /// <summary>server-first-message, or null for a refusal.</summary>
    public string? First(string clientFirst)
    {
        var parts = clientFirst.Split(',');
        if (parts[0] == "y" && OffersPlus)
            return null;
        if (parts[0][0] == 'p' && (binding is null || parts[0] != "p=" + binding.Type))
            return null;
        _header = $"{parts[0]},{parts[1]},";
        _bare = clientFirst[_header.Length..];
        _nonce = parts[3][2..] + "theirs";
        return _serverFirst = $"r={_nonce},s={Convert.ToBase64String(Salt)},i={Rounds}";
    }

    /// <summary>server-final-message, or null for a refusal.</summary>
    public string? Final(string clientFinal)
    {
        var parts = clientFinal.Split(',');
        byte[] channel = [.. Encoding.ASCII.GetBytes(_header), .. _header[0] == 'p' ? binding!.Octets : []];
        if (parts.Length != 3 || parts[0] != "c=" + Convert.ToBase64String(channel) || parts[1] != "r=" + _nonce)
            return null;
        var salted = Salted();
        var message = Encoding.ASCII.GetBytes($"{_bare},{_serverFirst},{parts[0]},{parts[1]}");
        var clientKey = Mac(salted, "Client Key"u8.ToArray());
        var signature = Mac(CryptographicOperations.HashData(hash, clientKey), message);
        var proof = clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray();
        return parts[2] == "p=" + Convert.ToBase64String(proof)
            ? "v=" + Convert.ToBase64String(Mac(Mac(salted, "Server Key"u8.ToArray()), message))
            : null;
    }

    // Hi(), RFC 5802 §2.2.
    private byte[] Salted()
    {
        var key = Encoding.UTF8.GetBytes(password);
        var one = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(one, 1);
        var round = Mac(key, [.. Salt, .. one]);
        var sum = (byte[])round.Clone();
        for (var i = 1; i < Rounds; i++)
        {
            round = Mac(key, round);
            for (var j = 0; j < sum.Length; j++)
                sum[j] ^= round[j];
        }

        return sum;
    }

    private byte[] Mac(byte[] key, byte[] text) => CryptographicOperations.HmacData(hash, key, text);
}
