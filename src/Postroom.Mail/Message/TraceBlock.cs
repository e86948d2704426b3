using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Postroom.Mail.Message;

/// <summary>A mail as it was submitted to us (RFC 5598 §4.3.1): what the trace block tells of it.</summary>
/// <param name="Origin">Who handed it over, and how.</param>
/// <param name="Envelope">Whom for.</param>
/// <param name="HostName">Our own name, or address literal.</param>
/// <param name="TlsCipher">The cipher suite, as <c>TLS_AES_256_GCM_SHA384</c>; null on a clear connection.</param>
public sealed record Handover(Origin Origin, Envelope Envelope, string HostName, string? TlsCipher);

/// <summary>The fields that we put in front of a mail; nothing else of it is touched (promise 8).</summary>
public static class TraceBlock
{
    private const int LongestName = 255; // RFC 5321 §4.5.3.1.2
    private const int LongestPath = 512; // a longer one is left out: a line has at most 998 octets (RFC 5322 §2.1.1)

    /// <summary>
    /// A Received field (RFC 5321 §4.4); Date and Message-ID where the mail has none (RFC 6409 §8.2, §8.3); and where
    /// the mail is all body, the empty line that ends our header.
    /// </summary>
    /// <remarks>ASCII, unless the mail itself is SMTPUTF8 (RFC 6531 §3.7.3). Each line ends in CRLF.</remarks>
    /// <param name="header">The reader that saw the whole mail.</param>
    public static byte[] Write(Handover handover, MailId id, DateTimeOffset at, HeaderReader header)
    {
        var block = new StringBuilder(512);
        AppendReceived(block, handover, id, at);
        if (!header.HasDate)
            AppendDate(block.Append("Date: "), at).Append("\r\n");
        if (!header.HasMessageId)
            block.Append("Message-ID: ").Append(MessageIdFor(id, handover.HostName)).Append("\r\n");
        if (header.IsAllBody)
            block.Append("\r\n");
        return Encoding.UTF8.GetBytes(block.ToString());
    }

    /// <summary>The Message-ID of a mail that came without one: <c>&lt;ID@host&gt;</c>.</summary>
    public static string MessageIdFor(MailId id, string hostName) => $"<{id}@{Token(hostName, utf8: false)}>";

    /// <summary>A date as RFC 5322 §3.3 writes it: <c>Mon, 23 Nov 2026 06:12:00 +0000</c>.</summary>
    public static string DateOf(DateTimeOffset at) => AppendDate(new StringBuilder(31), at).ToString();

    private static void AppendReceived(StringBuilder block, Handover handover, MailId id, DateTimeOffset at)
    {
        var (origin, envelope) = (handover.Origin, handover.Envelope);
        var client = ClientOf(origin.Client);
        var name = origin.Helo is { Length: > 0 } helo ? Token(helo, envelope.SmtpUtf8)
            : client[0] == '[' ? client : "unknown";
        block.Append("Received: from ").Append(name)
            .Append(" (").Append(client).Append(")\r\n\tby ").Append(Token(handover.HostName, utf8: false))
            .Append(" with ").Append(Token(origin.Protocol, utf8: false)).Append(" id ").Append(id.ToString());
        // Only where it gives away no other recipient (RFC 5321 §7.2).
        if (envelope.Recipients is [{ Path.Address: { Length: <= LongestPath } address }]
            && (envelope.SmtpUtf8 || Ascii.IsValid(address)))
            block.Append("\r\n\tfor <").Append(address).Append('>');
        if (handover.TlsCipher is { Length: > 0 } cipher) // RFC 8314 §4.3
            block.Append("\r\n\ttls ").Append(Token(cipher, utf8: false));
        AppendDate(block.Append(";\r\n\t"), at).Append("\r\n");
    }

    /// <summary>The peer's address as a literal of RFC 5321 §4.1.3, or the word that stands for it.</summary>
    private static string ClientOf(string client)
    {
        if (!IPAddress.TryParse(client, out var address))
            return Token(client, utf8: false);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{address}]" : $"[{address}]";
    }

    /// <summary>A client's text, made fit for a Received field: whatever could end or split the field goes.</summary>
    private static string Token(string text, bool utf8)
    {
        if (text.Length > LongestName)
            text = text[..LongestName];
        if (text.Length == 0)
            return "unknown";
        return string.Create(text.Length, (text, utf8), static (into, from) =>
        {
            for (var i = 0; i < into.Length; i++)
            {
                var c = from.text[i];
                into[i] = char.IsAsciiLetterOrDigit(c) || "._-:[]".Contains(c, StringComparison.Ordinal)
                    || (from.utf8 && char.IsLetterOrDigit(c)) ? c : '-';
            }
        });
    }

    private static StringBuilder AppendDate(StringBuilder text, DateTimeOffset at)
    {
        var offset = (int)at.Offset.TotalMinutes;
        return text.Append(CultureInfo.InvariantCulture, $"{Days[(int)at.DayOfWeek]}, {at.Day} {Months[at.Month - 1]} ")
            .Append(CultureInfo.InvariantCulture, $"{at.Year:0000} {at.Hour:00}:{at.Minute:00}:{at.Second:00} ")
            .Append(offset < 0 ? '-' : '+')
            .Append(CultureInfo.InvariantCulture, $"{Math.Abs(offset) / 60 * 100 + Math.Abs(offset) % 60:0000}");
    }

    private static readonly string[] Days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    private static readonly string[] Months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
}
