namespace Postroom.Simulation;

/// <summary>One direction of a connection: octets arrive in order, later, and in other pieces than they were
/// sent.</summary>
/// <param name="latency">The least time on the way.</param>
internal sealed class SimulatedWire(Scheduler scheduler, Party world, TimeSpan latency)
{
    private long _lastArrival;
    private bool _isCut;

    /// <summary>Takes what arrives.</summary>
    public required Action<byte[]> OnOctets { get; init; }

    /// <summary>The other side closed, after all its octets; true: it vanished, and octets may be missing.</summary>
    public required Action<bool> OnEnd { get; init; }

    public bool HasEnded { get; private set; }

    public void Send(ReadOnlySpan<byte> octets)
    {
        if (HasEnded)
            return;
        while (octets.Length > 0)
        {
            var count = scheduler.Dice.Next(3) == 0 ? scheduler.Dice.Next(octets.Length) + 1 : octets.Length;
            var piece = octets[..count].ToArray();
            octets = octets[count..];
            Arrive(() => OnOctets(piece));
        }
    }

    /// <summary>Everything sent arrives, then the end.</summary>
    public void Close()
    {
        if (HasEnded)
            return;
        HasEnded = true;
        Arrive(() => OnEnd(false));
    }

    /// <summary>The sender's machine is gone: what is under way is lost.</summary>
    public void Cut()
    {
        if (_isCut)
            return;
        (HasEnded, _isCut) = (true, true);
        scheduler.After(latency, world, () => OnEnd(true));
    }

    private void Arrive(Action what)
    {
        var at = Math.Max(_lastArrival, scheduler.Now + latency.Ticks + scheduler.Dice.Next(1_000));
        _lastArrival = at;
        scheduler.After(TimeSpan.FromTicks(at - scheduler.Now), world, () =>
        {
            if (!_isCut)
                what();
        });
    }
}
