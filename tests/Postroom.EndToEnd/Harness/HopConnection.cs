namespace Postroom.EndToEnd.Harness;

/// <summary>One connection that the relay made to the next hop, as the next hop saw it.</summary>
internal sealed class HopConnection
{
    /// <summary>Mails taken on it.</summary>
    public int Taken { get; set; }

    public bool SaidQuit { get; set; }

    /// <summary>When it ended, by the stopwatch's timestamp; null while it stands.</summary>
    public long? EndedAt { get; set; }

    /// <summary>The crash that ended it; null if none did.</summary>
    public int? Crash { get; set; }

    /// <summary>
    /// The most mails that can have been unanswered, or answered and not recorded, when it ended (promise 3).
    /// </summary>
    public int InFlight(int perConnection) => Math.Min(perConnection, Taken);

    /// <summary>True if the mail at this place can have been one of them.</summary>
    public bool WasInFlight(int place, int perConnection) => Crash is not null && place >= Taken - perConnection;
}
