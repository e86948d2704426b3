using System.Net;

namespace Postroom.Configuration;

/// <summary>Where the API is served beside the UNIX socket, and under which bounds.</summary>
/// <param name="Address">An address and port; null where it is switched off.</param>
public sealed record ApiSettings(IPEndPoint? Address)
{
    /// <summary>Where it is served when nothing is said.</summary>
    public const string DefaultAddress = "127.0.0.1:8025";

    /// <summary>A person wrote the address: then it must be had. Else the relay does without.</summary>
    public bool IsWritten { get; init; }

    /// <summary>TLS from the first octet; always off loopback.</summary>
    public bool Tls { get; init; }

    /// <summary>A PEM file; null for the self-made certificate.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>Names under which it may be asked, besides its address, localhost and the relay's own name.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Requests a second that one caller may go on with; it may have saved up twice as many.</summary>
    public int Rate { get; init; } = 100;

    /// <summary>Octets of a mail that is handed over.</summary>
    public long MessageSize { get; init; } = 50_000_000;
}
