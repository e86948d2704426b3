namespace Postroom.Mail;

/// <summary>
/// Where to report what became of a mail: the address of MAIL FROM, or null (RFC 5321 §2.3.11, §4.5.5).
/// </summary>
/// <remarks>
/// The text between the angle brackets as the client gave it, less a source route; never CR, LF or NUL.
/// </remarks>
public readonly record struct ReversePath
{
    private readonly string? _address;

    /// <exception cref="ArgumentException">The address holds a control character.</exception>
    public ReversePath(string address) => _address = Paths.Checked(address);

    /// <summary>
    /// The null reverse-path, <c>&lt;&gt;</c>: a report, which never gets a report (RFC 5321 §4.5.5).
    /// </summary>
    public static ReversePath Null => default;

    public bool IsNull => string.IsNullOrEmpty(_address);

    /// <summary>The address, or the empty string for the null path.</summary>
    public string Address => _address ?? "";

    /// <summary>The part after the last @, without brackets; empty for the null path.</summary>
    public string Domain => Paths.DomainOf(Address);

    public override string ToString() => $"<{Address}>";
}

/// <summary>Where a mail is to go: the address of one RCPT TO (RFC 5321 §2.3.11, §4.1.1.3).</summary>
public readonly record struct ForwardPath
{
    private readonly string? _address;

    /// <exception cref="ArgumentException">The address is empty or holds a control character.</exception>
    public ForwardPath(string address)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        _address = Paths.Checked(address);
    }

    public string Address => _address ?? "";

    /// <summary>The part after the last @; empty for the bare <c>Postmaster</c> of RFC 5321 §4.5.1.</summary>
    public string Domain => Paths.DomainOf(Address);

    public override string ToString() => $"<{Address}>";
}

internal static class Paths
{
    public static string Checked(string address)
    {
        foreach (var c in address)
            if (c < ' ' || c == 0x7f)
                throw new ArgumentException("an address holds no control character (RFC 5321 §4.1.2)", nameof(address));
        return address;
    }

    public static string DomainOf(string address)
    {
        var at = address.LastIndexOf('@');
        return at < 0 ? "" : address[(at + 1)..];
    }
}
