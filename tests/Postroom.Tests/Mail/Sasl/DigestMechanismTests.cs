using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

/// <summary>CRAM-MD5 and NTLM: MailKit's, so what is tried is that they say what their papers say.</summary>
public sealed class DigestMechanismTests
{
    // [MS-NLMP] 4.2.4.3: the challenge of its example, server "Server" of domain "Domain".
    private const string NtlmChallenge =
        "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000240024004400000006007017"
        + "0000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";

    private static ClientMechanism Client(string name, string user, string password) =>
        ClientMechanism.Choose([name], new ClientCredentials(user, new Secret(password), new byte[18], true))!;

    /// <summary>The example of RFC 2195 §2.</summary>
    [Fact]
    public void CRAM_MD5_says_what_RFC_2195_has()
    {
        var client = Client("CRAM-MD5", "tim", "tanstaaftanstaaf");
        Assert.Null(client.Initial());
        Assert.False(client.IsComplete);
        Assert.Equal("tim b913a602c7eda7a495b4e6e7334d3890",
            Encoding.UTF8.GetString(client.Respond("<1896.697170952@postoffice.reston.mci.net>"u8)));
        Assert.True(client.IsComplete);
        Assert.Throws<SaslException>(() => client.Respond("<once@more>"u8));
    }

    [Fact]
    public void CRAM_MD5_answers_no_empty_challenge() =>
        Assert.Throws<SaslException>(() => Client("CRAM-MD5", "tim", "x").Respond([]));

    [Theory]
    [InlineData("Domain\\User")]
    [InlineData("User@Domain")]
    public void NTLM_answers_with_a_proof_that_the_paper_can_check(string user)
    {
        var client = Client("NTLM", user, "Password");
        var first = client.Initial()!;
        Assert.Equal("NTLMSSP\0\x01\0\0\0", Encoding.Latin1.GetString(first[..12]));
        Assert.Equal(first, client.Respond([])); // asked for once more
        var answer = client.Respond(Convert.FromHexString(NtlmChallenge));
        Assert.True(client.IsComplete);

        Assert.Equal("NTLMSSP\0\x03\0\0\0", Encoding.Latin1.GetString(answer[..12]));
        Assert.Equal("Domain", Encoding.Unicode.GetString(Field(answer, 28)));
        Assert.Equal("User", Encoding.Unicode.GetString(Field(answer, 36)));
        Assert.Empty(Field(answer, 44)); // the name of this machine is nobody's business

        // NTLMv2_RESPONSE, 3.3.2: 16 octets of proof, then what it covers beside the server's own challenge.
        var response = Field(answer, 20);
        Assert.Equal(Convert.FromHexString("0c868a403bfd7a93a3001ef22ef02e3f"), Key("Password")); // 4.2.4.1.1
        byte[] covered = [.. Convert.FromHexString("0123456789abcdef"), .. response[16..]];
        Assert.Equal(Mac(Key("Password"), covered), response[..16]);
        Assert.NotEqual(Mac(Key("password"), covered), response[..16]);
        Assert.True(response[16..].AsSpan().IndexOf(Encoding.Unicode.GetBytes("Server")) > 0);
    }

    [Fact]
    public void NTLM_does_not_fall_over_whatever_the_challenge()
    {
        var challenge = Convert.FromHexString(NtlmChallenge);
        for (var at = 8; at < challenge.Length; at++)
            foreach (var octet in (byte[])[0, 0x1b, 0x7f, 0x80, 0xff])
            {
                var bent = (byte[])challenge.Clone();
                bent[at] = octet;
                foreach (var one in (byte[][])[bent, challenge[..at]])
                {
                    var client = Client("NTLM", "User", "Password");
                    client.Initial();
                    try
                    {
                        client.Respond(one);
                    }
                    catch (SaslException told)
                    {
                        Assert.Equal("the server's challenge is none of NTLM", told.Message);
                    }
                }
            }
    }

    [Theory]
    [InlineData("CRAM-MD5", "", "x")]
    [InlineData("NTLM", "x", "")]
    public void Nobody_logs_in_without_name_or_password(string name, string user, string password) =>
        Assert.Throws<SaslException>(() => Client(name, user, password));

    // A length, the length once more, an offset: [MS-NLMP] 2.2.1.3.
    private static byte[] Field(byte[] message, int at)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(at));
        var offset = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(at + 4));
        return message[offset..(offset + length)];
    }

    // NTOWFv2, 3.3.2, of User in Domain.
    private static byte[] Key(string password) =>
        Mac(Md4(Encoding.Unicode.GetBytes(password)), Encoding.Unicode.GetBytes("USERDomain"));

    private static byte[] Mac(byte[] key, byte[] text) =>
        CryptographicOperations.HmacData(HashAlgorithmName.MD5, key, text);

    [Theory]
    [InlineData("", "31d6cfe0d16ae931b73c59d7e0c089c0")]
    [InlineData("abc", "a448017aaf21d8525fc10ae87aa6729d")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "e33b4ddc9c38f2199c3e7b164fcc0536")]
    public void The_digest_that_the_proof_is_checked_with_is_MD4(string text, string digest) =>
        Assert.Equal(digest, Convert.ToHexStringLower(Md4(Encoding.ASCII.GetBytes(text))));

    private static byte[] Md4(byte[] text)
    {
        var padded = new byte[(text.Length + 8) / 64 * 64 + 64];
        text.CopyTo(padded, 0);
        padded[text.Length] = 0x80;
        BinaryPrimitives.WriteInt64LittleEndian(padded.AsSpan(padded.Length - 8), text.Length * 8L);
        uint[] state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
        for (var block = 0; block < padded.Length; block += 64)
        {
            var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
            for (var i = 0; i < 48; i++)
            {
                var (mixed, constant, word, turn) = (i / 16) switch
                {
                    0 => (b & c | ~b & d, 0u, i, (int[])[3, 7, 11, 19]),
                    1 => (b & c | b & d | c & d, 0x5a827999u, i % 4 * 4 + i % 16 / 4, [3, 5, 9, 13]),
                    _ => (b ^ c ^ d, 0x6ed9eba1u, BitReverse(i % 16), [3, 9, 11, 15]),
                };
                var sum = unchecked(a + mixed + constant
                    + BinaryPrimitives.ReadUInt32LittleEndian(padded.AsSpan(block + word * 4)));
                (a, d, c, b) = (d, c, b, BitOperations.RotateLeft(sum, turn[i % 4]));
            }

            (state[0], state[1], state[2], state[3]) =
                unchecked((state[0] + a, state[1] + b, state[2] + c, state[3] + d));
        }

        var digest = new byte[16];
        for (var i = 0; i < 4; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(digest.AsSpan(i * 4), state[i]);
        return digest;
    }

    // The third round takes the words in the order 0, 8, 4, 12, 2, …: four bits, read from behind.
    private static int BitReverse(int i) => (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | (i & 8) >> 3;
}
