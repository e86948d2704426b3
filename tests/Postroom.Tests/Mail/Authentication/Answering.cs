using System.Buffers.Binary;
using System.Net;
using System.Text;
using Postroom.Mail.Authentication;

namespace Postroom.Tests.Mail.Authentication;

/// <summary>What a server of DNS is asked.</summary>
/// <param name="Octets">The message.</param>
internal sealed record Heard(byte[] Octets, DnsQuestion Question, bool IsByTcp)
{
    public bool HasExtensions => Octets[11] == 1;

    /// <summary>An answer to it.</summary>
    public Answering Answer() => new(this);
}

/// <summary>An answer that is written octet by octet.</summary>
internal sealed class Answering(Heard heard)
{
    private readonly List<byte> _records = [];
    private int _count;

    public int Code { get; init; }

    /// <summary>QR, and recursion desired and available.</summary>
    public int Flags { get; init; } = 0x8180;

    public Answering Record(string name, RecordType type, byte[] data) => Record(name, (int)type, data);

    public Answering Record(string name, int type, byte[] data)
    {
        _records.AddRange(NameOf(name));
        _records.AddRange([(byte)(type >> 8), (byte)type, 0, 1, 0, 0, 0, 60, (byte)(data.Length >> 8),
            (byte)(data.Length & 0xFF)]);
        _records.AddRange(data);
        _count++;
        return this;
    }

    public Answering Raw(params byte[] octets)
    {
        _records.AddRange(octets);
        _count++;
        return this;
    }

    public Answering Text(string name, string text) => Record(name, RecordType.Txt, TextOf(text));

    public Answering Address(string name, string address) => Record(name,
        address.Contains(':', StringComparison.Ordinal) ? RecordType.Aaaa : RecordType.A,
        IPAddress.Parse(address).GetAddressBytes());

    public Answering Alias(string name, string target) => Record(name, 5, NameOf(target));

    public byte[] Octets()
    {
        var question = heard.Octets[12..(12 + heard.Question.Name.Length + 2 + 4)];
        var head = new byte[12];
        heard.Octets.AsSpan(0, 2).CopyTo(head);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)(Flags | Code));
        head[5] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)_count);
        return [.. head, .. question, .. _records];
    }

    public static byte[] NameOf(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label =>
            (byte[])[(byte)label.Length, .. Encoding.Latin1.GetBytes(label)]), 0];

    public static byte[] TextOf(string text) =>
        [.. Encoding.Latin1.GetBytes(text).Chunk(255).SelectMany(part => (byte[])[(byte)part.Length, .. part])];
}
