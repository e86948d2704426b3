namespace Postroom.Relay.Delivery.Graph;

/// <summary>The moment after which a request may have been heard, whatever comes of it.</summary>
internal sealed class OnTheWire(Action? atWire)
{
    private readonly Lock _gate = new();
    private bool _isGivenUp;

    /// <summary>The last octets of the request may have left.</summary>
    public bool IsMarked { get; private set; }

    /// <summary>To be called just before the last octets leave.</summary>
    /// <exception cref="OperationCanceledException">Who asked for it gave up in time.</exception>
    public void Mark()
    {
        lock (_gate)
        {
            if (_isGivenUp)
                throw new OperationCanceledException();
            IsMarked = true;
        }

        atWire?.Invoke();
    }

    /// <summary>True if nothing has left, and nothing will.</summary>
    public bool GiveUp()
    {
        lock (_gate)
            return _isGivenUp = !IsMarked;
    }
}
