using Postroom.Mail.Audit;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Is there room on the disk? Looked at while mail comes in, ten times a second at most; no timer.</summary>
internal sealed class DiskRoom(SpoolParts parts, long floor, Action<TrailEvent> note)
{
    // What a fast application sends between two looks must be little beside the floor: deliveries live on the rest.
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private long _nextLook;
    private volatile bool _isEnough = true;

    /// <summary>False below the floor. Free space has to rise a tenth above it again before mail is taken.</summary>
    public bool IsEnough
    {
        get
        {
            if (parts.Clock.Ticks >= Volatile.Read(ref _nextLook))
                Look();
            return _isEnough;
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            Volatile.Write(ref _nextLook, parts.Clock.TicksAfter(Between));
            var free = parts.Disk.FreeSpace;
            var isEnough = free >= (_isEnough ? floor : floor + floor / 10);
            if (isEnough == _isEnough)
                return;
            _isEnough = isEnough;
            note(new TrailEvent(parts.Clock.Wall, isEnough ? EventKind.DiskFree : EventKind.DiskLow, null, null)
            {
                Text = $"{free >> 20} MiB free, the floor is {floor >> 20} MiB",
            });
        }
    }
}
