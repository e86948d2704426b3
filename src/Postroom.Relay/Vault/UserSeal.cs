using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Postroom.Relay.Vault;

/// <summary>Seals octets so that only this user on this machine opens them again.</summary>
/// <remarks>Where the system has no such thing, the mode of the key file has to do.</remarks>
public abstract class UserSeal
{
    /// <summary>DPAPI on Windows; null elsewhere.</summary>
    public static UserSeal? OfThisSystem { get; } = OperatingSystem.IsWindows() ? new Dpapi() : null;

    public abstract byte[] Close(byte[] octets);

    /// <exception cref="CryptographicException">Somebody else closed it, elsewhere, or it is not whole.</exception>
    public abstract byte[] Open(byte[] octets);

    // Of the user, not of the machine: a service has an account of its own, and others here shall not open it.
    [SupportedOSPlatform("windows")]
    private sealed class Dpapi : UserSeal
    {
        private static ReadOnlySpan<byte> Purpose => "the key to the secrets of Postroom"u8;

        public override byte[] Close(byte[] octets) =>
            ProtectedData.Protect(octets, DataProtectionScope.CurrentUser, Purpose);

        public override byte[] Open(byte[] octets) =>
            ProtectedData.Unprotect(octets, DataProtectionScope.CurrentUser, Purpose);
    }
}
