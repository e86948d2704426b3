using System.Buffers.Binary;
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Authentication.ExtendedProtection;
using System.Security.Cryptography;
using System.Text;
using Channel = Postroom.Mail.ChannelBinding;

namespace Postroom.Relay.Wire;

/// <summary>Takes a TLS connection's channel binding out of the platform (RFC 5929).</summary>
/// <remarks>
/// TLS 1.3 has no tls-unique (RFC 8446 appendix C.5), although the platform gives one out; what took its place,
/// tls-exporter (RFC 9266), needs exported keying material, which <see cref="SslStream"/> of .NET 10 does not give: so
/// there it is tls-server-end-point, which binds to the server's certificate.
/// </remarks>
internal static class TlsBinding
{
    // SEC_CHANNEL_BINDINGS, which .NET puts in front on every system: eight numbers of four octets. The last two are
    // length and offset of "type:octets".
    private const int HeaderLength = 32;
    private const int LengthAt = 24;
    private const int OffsetAt = 28;

    /// <summary>Null where the platform has none: a login then goes without.</summary>
    public static Channel? Of(SslStream tls)
    {
        var kind = tls.SslProtocol == SslProtocols.Tls12 ? ChannelBindingKind.Unique : ChannelBindingKind.Endpoint;
        try
        {
            using var handle = tls.TransportContext.GetChannelBinding(kind);
            if (handle is null || handle.IsInvalid || handle.Size < HeaderLength)
                return null;
            var octets = new byte[handle.Size];
            Marshal.Copy(handle.DangerousGetHandle(), octets, 0, octets.Length);
            return Read(octets);
        }
        catch (Exception none) when (none is AuthenticationException or CryptographicException
            or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null where it is not laid out as we know it.</summary>
    internal static Channel? Read(ReadOnlySpan<byte> octets)
    {
        if (octets.Length < HeaderLength)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(octets[LengthAt..]);
        var offset = BinaryPrimitives.ReadInt32LittleEndian(octets[OffsetAt..]);
        if (offset < HeaderLength || length <= 0 || length > octets.Length - offset)
            return null;
        var data = octets.Slice(offset, length);
        var colon = data.IndexOf((byte)':');
        return colon > 0 && colon + 1 < data.Length && data[..4].SequenceEqual("tls-"u8)
            ? new Channel(Encoding.ASCII.GetString(data[..colon]), data[(colon + 1)..].ToArray())
            : null;
    }
}
