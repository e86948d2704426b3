using System.Net;
using Postroom.Mail.Routing;
using Postroom.Relay.Submission;

namespace Postroom.Configuration;

/// <summary>What must hold of a listener so that it is never an open relay, and of a route so that it is no loop.</summary>
internal static class ListenerRules
{
    /// <summary>Why a listener may not start, with what to do; null if it may.</summary>
    public static string? Check(ListenerSettings listener)
    {
        if (listener.Address.StartsWith("unix:", StringComparison.Ordinal) || !IPEndPoint.TryParse(listener.Address, out var end)
            || IPAddress.IsLoopback(end.Address) || listener.Allow.Count > 0)
            return null;
        if (!listener.RequireAuth)
            return $"the listener {listener.Address} would be an open relay: anybody who reaches it could send mail through it; "
                + "set allow = [\"10.1.0.0/16\"] to the networks that may, or require_auth = true with tls = \"required\", "
                + "or listen on 127.0.0.1";
        return listener.Tls is ListenerTls.Required or ListenerTls.Implicit
            ? null
            : $"the listener {listener.Address} would take passwords in the clear; set tls = \"required\" or \"implicit\"";
    }

    /// <summary>True if the route leads to this listener of ours.</summary>
    public static bool PointsAt(Route route, ListenerSettings listener)
    {
        if (!IPEndPoint.TryParse(listener.Address, out var end) || end.Port != route.Port)
            return false;
        if (IPAddress.TryParse(route.Host, out var host) && host.Equals(end.Address))
            return true;
        var isAny = end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any);
        return IsLoopback(route.Host) && (isAny || (IPAddress.IsLoopback(end.Address) && host is null));
    }

    /// <summary>This machine by its name or address, as far as can be told without asking anybody.</summary>
    public static bool IsLoopback(string host) =>
        host is "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
