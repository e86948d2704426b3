using System.Net;
using System.Net.Sockets;

namespace Postroom.Relay.Submission;

/// <summary>A listener must not start as it is set. The message says why, and what to do.</summary>
public sealed class ListenerRefusedException(string listener, string why, Exception? inner = null)
    : Exception($"Listener {listener}: {why}", inner);

/// <summary>What a listener has to fulfil before it may start: above all, it is no open relay.</summary>
public static class SubmissionRules
{
    /// <summary>Checks a listener without touching the world.</summary>
    /// <returns>Null if it may start; else why not and what to do.</returns>
    public static string? Check(ListenerSettings listener)
    {
        var isSocket = TrySocketPath(listener.Address, out _);
        if (!isSocket && !IPEndPoint.TryParse(listener.Address, out _))
            return $"\"{listener.Address}\" is neither ADDRESS:PORT, such as 127.0.0.1:2525, nor unix:/PATH.";
        foreach (var network in listener.Allow)
        {
            if (ParseNetwork(network) is not { } parsed)
                return $"\"{network}\" in allow is no network: write it as 192.0.2.0/24 or 2001:db8::/32.";
            if (parsed.PrefixLength == 0 && !isSocket)
                return $"\"{network}\" in allow lets the whole world relay. Name the networks of your own machines.";
        }

        if (listener.CertificateFile == null && listener.KeyFile != null)
            return "key is given without certificate: give both, or none for a self-made certificate.";
        if (isSocket || IPAddress.IsLoopback(IPEndPoint.Parse(listener.Address).Address))
            return null;
        if (listener.RequireAuth && listener.Tls is not (ListenerTls.Required or ListenerTls.Implicit))
            return "it asks for a password off loopback without TLS. Set tls = \"required\" or \"implicit\".";
        if (listener.RequireAuth || listener.Allow.Count > 0)
            return null;
        return $"{listener.Address} can be reached from other machines and would relay for anyone. "
            + "Set require_auth = true with tls = \"required\", or list the networks that may send in allow, "
            + "or listen on 127.0.0.1.";
    }

    internal static bool TrySocketPath(string address, out string path)
    {
        const string prefix = "unix:";
        path = address.StartsWith(prefix, StringComparison.Ordinal) ? address[prefix.Length..] : "";
        return path.Length > 0;
    }

    /// <summary>A network in CIDR form, or a single address; null if it is neither.</summary>
    internal static IPNetwork? ParseNetwork(string text)
    {
        if (IPNetwork.TryParse(text, out var network))
            return network;
        return IPAddress.TryParse(text, out var one)
            ? new IPNetwork(one, one.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
            : null;
    }
}
