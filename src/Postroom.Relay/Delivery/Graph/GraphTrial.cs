using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>Tries a route to Graph out without sending anything.</summary>
public static class GraphTrial
{
    /// <summary>Never throws for anything the world does: that is in the report.</summary>
    /// <remarks>The sender's address is not tried: Graph judges it only with a mail.</remarks>
    public static async Task<TrialReport> RunAsync(
        Route route, GraphSettings settings, IDialer dialer, CancellationToken cancel)
    {
        await using var courier = new GraphCourier(route, settings, dialer, TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        var failure = await courier.ProbeAsync(cancel);
        var step = new Step("graph", TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        return new TrialReport(
            [new TrialStep(step, failure?.Diagnostic ?? "the token is taken, and the mailbox may send")], failure);
    }
}
