using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Postroom.Mail;

namespace Postroom.Relay.Duplicates;

/// <summary>A mail handed over for one recipient.</summary>
internal sealed class Sending(MailId mail, int recipient, string to, UInt128 key)
{
    public MailId Mail { get; } = mail;

    /// <summary>Its place in the envelope.</summary>
    public int Recipient { get; } = recipient;

    public string To { get; } = to;

    public UInt128 Key { get; } = key;

    /// <summary>Completes when it is known whether it was accepted, and shared with the mail's others; null once it
    /// was.</summary>
    public TaskCompletionSource? Pending { get; set; }

    /// <summary>It was found to be a duplicate, and its timeline says so, or will in a moment. Only for who
    /// marks.</summary>
    public bool IsMarked { get; set; }

    /// <summary>Of each recipient one.</summary>
    public static Sending[] Of(MailId mail, Envelope envelope, Fingerprint print)
    {
        var sendings = new Sending[envelope.Recipients.Count];
        for (var i = 0; i < sendings.Length; i++)
        {
            var to = envelope.Recipients[i].Path.Address;
            sendings[i] = new Sending(mail, i, to, KeyOf(envelope.From.Address, to, print));
        }

        return sendings;
    }

    /// <summary>By which it is found when it comes again. Addresses count letter by letter: one application writes
    /// them the same way twice.</summary>
    public static UInt128 KeyOf(string from, string to, Fingerprint print)
    {
        Span<byte> of = stackalloc byte[Fingerprint.Length + SHA256.HashSizeInBytes];
        print.Write(of);
        SHA256.HashData(MemoryMarshal.AsBytes($"{from}\n{to}".AsSpan()), of[Fingerprint.Length..]);
        Span<byte> key = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(of, key);
        return BinaryPrimitives.ReadUInt128BigEndian(key);
    }
}
