using System.Globalization;
using System.Net.Http.Headers;
using Postroom.Mail.Status;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>Until when Graph wants to hear nothing from us.</summary>
internal sealed class Throttle(GraphSettings settings, TimeProvider time)
{
    private readonly Lock _gate = new();
    private Failure? _said;
    private long _since;
    private TimeSpan _for;

    /// <summary>What Graph said, while it still holds: it is answered so without asking.</summary>
    public Failure? Now
    {
        get
        {
            lock (_gate)
                return _said is not null && time.GetElapsedTime(_since) < _for ? _said : _said = null;
        }
    }

    /// <summary>Notes an answer that asks us to wait (RFC 9110 §10.2.3: seconds, or a date).</summary>
    public Failure Note(Failure failure, int status, RetryConditionHeaderValue? after)
    {
        var wait = after switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ when status == 429 => settings.ThrottledFor,
            _ => TimeSpan.Zero,
        };
        wait = wait < settings.ThrottledAtMost ? wait : settings.ThrottledAtMost;
        if (wait <= TimeSpan.Zero || status is not (429 or 503 or 504 or 509))
            return failure;
        var said = failure with
        {
            Diagnostic = string.Create(CultureInfo.InvariantCulture,
                $"{failure.Diagnostic}; nothing is sent for {Math.Ceiling(wait.TotalSeconds)} s"),
        };
        lock (_gate)
        {
            // Of several the longest holds.
            if (_said is null || _for - time.GetElapsedTime(_since) < wait)
                (_said, _since, _for) = (said, time.GetTimestamp(), wait);
        }

        return said;
    }
}
