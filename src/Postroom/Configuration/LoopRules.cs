using System.Net;
using Postroom.Mail.Routing;
using Postroom.Relay.Submission;

namespace Postroom.Configuration;

/// <summary>What must hold of a route so that it is no loop.</summary>
internal static class LoopRules
{
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
