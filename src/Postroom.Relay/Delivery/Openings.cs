using Postroom.Mail.Routing;
using Postroom.Mail.Status;

namespace Postroom.Relay.Delivery;

/// <summary>Whether another connection may be opened: how many are on their way, and what the last ones met.</summary>
/// <remarks>
/// A provider counts wrong logins, and locks whoever knocks on. So where a route logs in, one connection goes ahead
/// until a login was taken; and once one was refused for good nothing is opened any more but by a probe, which the
/// lane sends at the intervals of a refused account. All of it is guarded by the courier's gate.
/// </remarks>
internal sealed class Openings(Route route, CourierSettings settings, TimeProvider time)
{
    // A login refused for now, beside connections that work: there are enough of them, or too many came too fast.
    private static readonly TimeSpan LogInAgain = TimeSpan.FromMinutes(1);

    private long _notBefore;
    private bool _isProven;

    /// <summary>Connections on their way.</summary>
    public int Underway { get; private set; }

    /// <summary>The login was refused for good; null if it was not, or a probe is looking again.</summary>
    public Failure? Refusal { get; private set; }

    /// <param name="links">Connections there are.</param>
    /// <param name="waiting">Transfers that wait for one.</param>
    /// <param name="anyWorks">One of the connections is not just ending.</param>
    public bool MayBegin(int links, int waiting, bool anyWorks) =>
        Refusal is null &&
        links + Underway < route.Connections &&
        // Connections on their way will take as many transfers each as may be in flight.
        waiting > Underway * route.InFlight &&
        // Where all connections have ended, a login that was taken once proves nothing any more.
        (Underway == 0 || route.Account is null || (_isProven && anyWorks)) &&
        (links == 0 || time.GetTimestamp() >= _notBefore);

    public void Begin() => Underway++;

    /// <summary>Somebody changed something, or the lane asks anew.</summary>
    public void AskAnew() => Refusal = null;

    public void Succeeded()
    {
        Underway--;
        (_isProven, Refusal) = (true, null);
    }

    /// <returns>
    /// True if nothing can be sent, and what waits has to be told. False beside links that work: then it only means
    /// that there can be no more of them now.
    /// </returns>
    public bool Failed(Failure failure, bool hasLinks)
    {
        Underway--;
        if (failure.Fault == Fault.Account)
            _isProven = false;
        if (failure is { Fault: Fault.Account, Status.Class: 5 })
            Refusal = failure;
        if (!hasLinks || Refusal is not null)
            return true;
        var wait = failure.Fault == Fault.Account ? LogInAgain : settings.OpenAgain;
        _notBefore = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        return false;
    }
}
