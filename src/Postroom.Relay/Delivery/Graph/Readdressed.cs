using System.Buffers;
using System.Text;
using MimeKit;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>
/// A mail's header so that it names whom this try is for, and nobody else: Graph knows no envelope.
/// </summary>
/// <remarks>
/// Graph mails everyone in To, Cc and Bcc. So without a clearance for each of them nothing may go out as it stands
/// (promise 5), and that goes before unchanged bytes (promise 8):
/// <list type="number">
/// <item>A field that names none but the cleared stays as it is.</item>
/// <item>Any other is written anew, with the cleared of it; so is one that we are not sure to have understood, and one
/// whose name stands twice, of which Graph may read only one (RFC 5322 §3.6 allows one).</item>
/// <item>Whoever is named nowhere then is named in Bcc, in front of everything.</item>
/// <item>Resent-To, Resent-Cc and Resent-Bcc make no recipients that we know of; where they name another they
/// go.</item>
/// </list>
/// What came out is read again, and must name exactly the cleared.
/// </remarks>
internal sealed class Readdressed
{
    private static readonly string[] Names = ["To", "Cc", "Bcc"];

    private readonly HashSet<string> _cleared;
    private readonly IReadOnlyList<string> _addresses;
    private readonly Dictionary<string, string> _spelled = [];
    private readonly List<string> _remarks = [];
    private readonly HashSet<string> _seen = [];
    private readonly List<string> _rewritten = [];
    private int _dropped;

    private Readdressed(IReadOnlyList<string> cleared)
    {
        (_addresses, _cleared) = (cleared, [.. cleared.Select(Addresses.Key)]);
        foreach (var address in cleared)
        {
            _spelled.TryAdd(Addresses.Key(address), address);
            _spelled.TryAdd(Addresses.Key(address).ToLowerInvariant(), address);
        }
    }

    /// <summary>The header with its empty line.</summary>
    public byte[] Header { get; private set; } = [];

    /// <summary>What was changed, in words; null if nothing.</summary>
    public string? Remark => _remarks.Count == 0 ? null : string.Join("; ", _remarks);

    public List<(string? Name, string Address)> To { get; private set; } = [];

    public List<(string? Name, string Address)> Cc { get; private set; } = [];

    public List<(string? Name, string Address)> Bcc { get; private set; } = [];

    /// <summary>Null if no header can be made that surely names exactly these.</summary>
    /// <param name="header">As it stands in the mail, with its empty line.</param>
    /// <param name="cleared">Addresses that are <see cref="Addresses.IsWritable"/>.</param>
    public static Readdressed? Of(ReadOnlySpan<byte> header, IReadOnlyList<string> cleared)
    {
        var kept = new Readdressed(cleared);
        kept.Write(header, keepsVisible: true);
        if (kept.IsExact())
            return kept;
        var bare = new Readdressed(cleared);
        bare.Write(header, keepsVisible: false);
        return bare.IsExact() ? bare : null;
    }

    private void Write(ReadOnlySpan<byte> header, bool keepsVisible)
    {
        var lines = HeaderLines.Split(header);
        var written = new ArrayBufferWriter<byte>(header.Length + 256);
        var again = new HashSet<string>();
        foreach (var name in Names)
            if (!Judge(header, lines, name, keepsVisible))
                again.Add(name.ToLowerInvariant());
        var missing = Missing();
        if (missing.Count > 0 && Bcc.Count > 0)
            again.Add("bcc"); // one field for all: of two Graph may read one
        Bcc.AddRange(missing);
        var puts = missing.Count > 0 || (again.Contains("bcc") && Bcc.Count > 0);
        if (puts)
            written.Write<byte>(Encoding.UTF8.GetBytes(Addresses.Field("Bcc", Bcc)));

        var (at, put) = (0, new HashSet<string>());
        foreach (var line in lines)
        {
            if (!again.Contains(line.Name) && !IsStrayResent(header, line))
                continue;
            written.Write<byte>(header[at..line.Start]);
            at = line.End;
            var visible = line.Name switch { "to" => To, "cc" => Cc, _ => [] };
            if (visible.Count > 0 && put.Add(line.Name))
                written.Write<byte>(Encoding.UTF8.GetBytes(Addresses.Field(line.Name == "to" ? "To" : "Cc", visible)));
        }

        written.Write<byte>(header[at..]);
        Header = written.WrittenSpan.ToArray();
        Note(missing.Count);
    }

    // Of a name's fields: true if they can stay. Whoever is cleared of them is kept in mind either way.
    private bool Judge(ReadOnlySpan<byte> header, List<HeaderLine> lines, string name, bool keepsVisible)
    {
        var found = name switch { "To" => To, "Cc" => Cc, _ => Bcc };
        var (fields, stays) = (0, true);
        foreach (var line in lines)
        {
            if (!line.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                continue;
            var mailboxes = Addresses.Read(header[line.Value..line.End], _cleared, out var isSure);
            stays &= isSure && ++fields == 1 && mailboxes.TrueForAll(m => _cleared.Contains(Addresses.Key(m.Address)));
            _dropped += mailboxes.Count(m => Spelled(m) is null);
            found.AddRange(mailboxes.Where(m => keepsVisible && Spelled(m) is not null)
                .Select(m => (Addresses.NameOf(m), Spelled(m)!)));
        }

        stays &= keepsVisible || fields == 0;
        if (!stays)
        {
            _rewritten.Add(name);
            var once = new HashSet<string>();
            found.RemoveAll(mailbox => !once.Add(Addresses.Key(mailbox.Address)));
        }

        foreach (var mailbox in found)
            _seen.Add(Addresses.Key(mailbox.Address));
        return stays;
    }

    // Where the local part differs in small and capital letters only, the header means the same person; but the mail
    // goes to the address that was cleared.
    private string? Spelled(MailboxAddress mailbox) => Addresses.Key(mailbox.Address) is var key
        && _spelled.TryGetValue(key, out var address) ? address : _spelled.GetValueOrDefault(key.ToLowerInvariant());

    private List<(string? Name, string Address)> Missing()
    {
        var missing = new List<(string?, string)>();
        var once = new HashSet<string>();
        foreach (var address in _addresses)
            if (!_seen.Contains(Addresses.Key(address)) && once.Add(Addresses.Key(address)))
                missing.Add((null, address));
        return missing;
    }

    private bool IsStrayResent(ReadOnlySpan<byte> header, HeaderLine line)
    {
        if (line.Name is not ("resent-to" or "resent-cc" or "resent-bcc"))
            return false;
        var mailboxes = Addresses.Read(header[line.Value..line.End], _cleared, out var isSure);
        if (isSure && mailboxes.TrueForAll(m => _cleared.Contains(Addresses.Key(m.Address))))
            return false;
        _rewritten.Add(line.Name);
        return true;
    }

    private void Note(int missing)
    {
        if (_rewritten.Count > 0)
            _remarks.Add($"Graph mails whom the header names: {string.Join(", ", _rewritten.Distinct())} written anew, "
                + $"without {_dropped} whom this try is not for");
        if (missing > 0)
            _remarks.Add($"Graph mails whom the header names: Bcc added for {missing} whom it does not");
    }

    // Reads what was written as if it came from elsewhere.
    private bool IsExact()
    {
        var lines = HeaderLines.Split(Header);
        var named = new HashSet<string>();
        foreach (var line in lines)
        {
            if (line.Name is not ("to" or "cc" or "bcc"))
                continue;
            foreach (var mailbox in Addresses.Read(Header.AsSpan(line.Value..line.End), _cleared, out var isSure))
                named.Add(isSure ? Addresses.Key(mailbox.Address) : "");
        }

        return named.SetEquals(_cleared) && Names.All(name =>
            lines.Count(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) <= 1);
    }
}
