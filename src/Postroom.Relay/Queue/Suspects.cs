using Postroom.Mail;
using Postroom.Mail.Status;

namespace Postroom.Relay.Queue;

/// <summary>
/// Remembers which mail met a failure of the next hop, to tell a mail that breaks connections from a broken hop.
/// </summary>
/// <remarks>
/// Bounded, and forgetful on purpose: who is forgotten gets one more try. Refused accounts and hops that were not even
/// reached prove nothing against a mail. Only touched under the pump's gate, but for <see cref="IsEmpty"/>.
/// </remarks>
internal sealed class Suspects
{
    private const int Most = 256;

    private readonly Dictionary<MailId, int> _met = [];
    private int _goodProbes;
    private volatile bool _isEmpty = true;

    public bool IsEmpty => _isEmpty;

    public void ProbeWasGood() => Interlocked.Increment(ref _goodProbes);

    /// <summary>True if this mail met such a failure already, and a good probe lies between.</summary>
    public bool Met(MailId mail, Failure? shared)
    {
        var before = _met.Remove(mail, out var probes) && shared is not null && probes != _goodProbes;
        if (shared is { Fault: Fault.NextHop, RemoteMta: not null } or { Fault: Fault.Ourselves } && !before)
        {
            if (_met.Count >= Most)
                _met.Clear();
            _met[mail] = _goodProbes;
        }

        _isEmpty = _met.Count == 0;
        return before && shared!.Fault != Fault.Account;
    }
}
