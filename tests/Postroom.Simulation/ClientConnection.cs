using System.Globalization;
using System.Text;

namespace Postroom.Simulation;

/// <summary>The application's end of a connection.</summary>
internal sealed class ClientConnection(World world)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10); // as Jira's
    private static readonly double[] Latencies = [0.05, 0.05, 1, 20];

    private readonly StringBuilder _arrived = new();
    private SimulatedWire? _toRelay;
    private TaskCompletionSource? _waiting;
    private bool _hasEnded;

    public TimeSpan Latency { get; } =
        TimeSpan.FromMilliseconds(Latencies[world.Scheduler.Dice.Next(Latencies.Length)]);

    /// <summary>Where it connects to.</summary>
    public int Port { get; init; } = 25;

    public bool IsOpen => _toRelay is not null && !_hasEnded;

    /// <summary>The last reply; null if none came.</summary>
    public (int Code, string Text)? Last { get; private set; }

    public bool TryConnect()
    {
        _toRelay = world.Connect(this, Port)?.ToRelay;
        return _toRelay is not null;
    }

    public void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    public void Send(ReadOnlySpan<byte> octets) => _toRelay?.Send(octets);

    public void Arrived(byte[] octets)
    {
        _arrived.Append(Encoding.Latin1.GetString(octets));
        Wake();
    }

    public void Ended(bool isLost)
    {
        _hasEnded = true;
        Wake();
    }

    public void Close()
    {
        _toRelay?.Close();
        _hasEnded = true;
    }

    /// <summary>The next reply, its last line; null if none came within the patience.</summary>
    public async Task<(int Code, string Text)?> ReplyAsync()
    {
        var until = world.Scheduler.Now + Patience.Ticks;
        Last = null;
        while (true)
        {
            if (TakeLine() is { } line)
            {
                if (line.Length > 3 && line[3] == '-')
                    continue;
                return Last = (int.Parse(line.AsSpan(0, 3), CultureInfo.InvariantCulture), line[4..]);
            }

            if (_hasEnded || world.Scheduler.Now >= until)
                return null;
            _waiting = new TaskCompletionSource();
            world.Scheduler.After(TimeSpan.FromTicks(until - world.Scheduler.Now), world.Outside, Wake);
            await _waiting.Task;
        }
    }

    private string? TakeLine()
    {
        for (var i = 1; i < _arrived.Length; i++)
            if (_arrived[i] == '\n' && _arrived[i - 1] == '\r')
            {
                var line = _arrived.ToString(0, i - 1);
                _arrived.Remove(0, i + 1);
                return line;
            }

        return null;
    }

    private void Wake() => _waiting?.TrySetResult();
}
