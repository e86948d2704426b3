using System.Buffers;
using System.Text;
using MimeKit;
using MimeKit.Utils;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>Reads and writes the addresses of one header field, and says when it is not sure.</summary>
internal static class Addresses
{
    private const int LongestField = 200_000;
    private const int LongestName = 200;

    // What an address without quotes cannot hold.
    private static readonly SearchValues<char> Apart = SearchValues.Create(" \t\r\n<>()[],;:\"\\@");

    // Strict: what is not plainly an address list is not taken for one.
    private static readonly ParserOptions Strict = new()
    {
        AddressParserComplianceMode = RfcComplianceMode.Strict,
        AllowAddressesWithoutDomain = false,
        AllowUnquotedCommasInAddresses = false,
        MaxAddressGroupDepth = 1,
    };

    /// <summary>Two spellings of one address: the local part counts as it stands, less needless quotes.</summary>
    public static string Key(string address)
    {
        var at = address.LastIndexOf('@');
        return at < 0 ? address : Unquoted(address[..at]) + "@" + address[(at + 1)..].ToLowerInvariant();
    }

    /// <summary>True if it stands for itself alone in a header field: it has a domain, and reads back.</summary>
    public static bool IsWritable(string address) =>
        address.LastIndexOf('@') > 0
        && MailboxAddress.TryParse(Strict, Encoding.UTF8.GetBytes($"<{address}>"), out var read)
        && read.Route.Count == 0 && Key(read.Address) == Key(address);

    /// <summary>All mailboxes of a field's value, groups taken apart.</summary>
    /// <param name="isSure">False if another reader could find somebody else in it.</param>
    public static List<MailboxAddress> Read(ReadOnlySpan<byte> value, IReadOnlySet<string> cleared, out bool isSure)
    {
        isSure = true;
        if (value.Trim(" \t\r\n"u8).IsEmpty)
            return [];
        isSure = false;
        if (value.Length > LongestField)
            return [];
        var octets = value.ToArray();
        if (InternetAddressList.TryParse(Strict, octets, out var list))
            isSure = !HoldsAnother(Encoding.UTF8.GetString(octets), cleared) && list.All(one => IsPlain(one, cleared));
        else if (!InternetAddressList.TryParse(octets, out list))
            return [];
        return [.. list.Mailboxes];
    }

    /// <summary>A field with these, a line each.</summary>
    public static string Field(string name, IEnumerable<(string? Name, string Address)> mailboxes) =>
        name + ": " + string.Join(",\r\n ", mailboxes.Select(Written)) + "\r\n";

    /// <summary>The name to show with an address; null if it could be read as another address.</summary>
    public static string? NameOf(MailboxAddress mailbox) =>
        mailbox.Name is { Length: > 0 and <= LongestName } name && !name.Contains('@', StringComparison.Ordinal)
        && !name.Any(char.IsControl) ? name : null;

    private static string Written((string? Name, string Address) mailbox) => mailbox.Name is { } name
        ? $"{Encoding.ASCII.GetString(Rfc2047.EncodePhrase(Encoding.UTF8, name))} <{mailbox.Address}>"
        : mailbox.Address;

    private static bool IsPlain(InternetAddress address, IReadOnlySet<string> cleared) => address switch
    {
        MailboxAddress mailbox => mailbox.Route.Count == 0 && !HoldsAnother(mailbox.Name ?? "", cleared),
        GroupAddress group => !HoldsAnother(group.Name ?? "", cleared)
            && group.Members.All(member => IsPlain(member, cleared)),
        _ => false,
    };

    // A name or a comment that looks like an address: some reader may take it for one.
    private static bool HoldsAnother(string text, IReadOnlySet<string> cleared)
    {
        for (var at = text.IndexOf('@'); at >= 0; at = text.IndexOf('@', at + 1))
        {
            var (from, to) = (at, at + 1);
            while (from > 0 && !Apart.Contains(text[from - 1]))
                from--;
            while (to < text.Length && !Apart.Contains(text[to]))
                to++;
            if (from < at && to > at + 1 && !cleared.Contains(Key(text[from..to])))
                return true;
        }

        return false;
    }

    private static string Unquoted(string local)
    {
        if (local.Length < 2 || local[0] != '"' || local[^1] != '"')
            return local;
        var plain = new StringBuilder(local.Length);
        for (var i = 1; i < local.Length - 1; i++)
            plain.Append(local[i] == '\\' && i + 2 < local.Length ? local[++i] : local[i]);
        return plain.ToString();
    }
}
