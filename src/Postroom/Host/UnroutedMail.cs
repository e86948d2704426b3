using Microsoft.Extensions.Logging;
using Postroom.Mail.Routing;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Host;

/// <summary>Mail that is held because no route fitted it.</summary>
internal static class UnroutedMail
{
    /// <summary>Lets go what a route fits now. Nobody waits for it at the start, and what it cannot do now is done
    /// after the next one.</summary>
    public static async Task ReleaseAsync(ISpool spool, RouteTable routes, ILogger log, CancellationToken cancel)
    {
        try
        {
            if (await Unrouted.ReleaseAsync(spool, routes, cancel) is var released and > 0)
                HostLog.RouteFits(log, released);
        }
        catch (Exception e) when (e is SpoolFailedException or IOException or LedgerCorruptException
            or OperationCanceledException or ObjectDisposedException)
        {
            HostLog.NotReleased(log, e.Message);
        }
    }
}
