using Postroom.Mail;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>
/// A walk down one road: gives row after row, and knows how far it came when it had no time to go on.
/// </summary>
internal sealed class Walk(Statement rows, Lookout lookout, int number) : IDisposable
{
    /// <summary>It stands on a row, to be read from <see cref="Row"/>.</summary>
    public bool IsOnRow { get; private set; }

    public Statement Row => rows;

    public MailId Mail => new(rows.Long(0));

    /// <summary>Where it ran out of time: that mail and all older ones were not looked at.</summary>
    public MailId? StoppedAt => lookout.StoppedAt(number);

    public bool Next()
    {
        try
        {
            return IsOnRow = rows.Step();
        }
        catch (IOException) when (StoppedAt is not null)
        {
            return IsOnRow = false; // the statement failed because the lookout said so
        }
    }

    public void Dispose() => rows.Dispose();
}

/// <summary>
/// Watches walks from within: told of each mail before it is looked at, it ends the walk when time is up.
/// </summary>
internal sealed class Lookout(TimeProvider time)
{
    /// <summary>So many mails are looked at in any case: every page gets further.</summary>
    private const int Least = 500;

    private readonly List<(int Seen, MailId? StoppedAt)> _walks = [];
    private long _started;
    private TimeSpan? _patience;

    /// <summary>Another question begins.</summary>
    /// <param name="patience">Null: without end.</param>
    public void Begin(TimeSpan? patience)
    {
        _walks.Clear();
        (_started, _patience) = (time.GetTimestamp(), patience);
    }

    /// <returns>The number of the walk.</returns>
    public int Add()
    {
        _walks.Add(default);
        return _walks.Count - 1;
    }

    public MailId? StoppedAt(int walk) => _walks[walk].StoppedAt;

    /// <returns>False: the walk must end before this mail.</returns>
    public bool MayGoOn(int walk, MailId at)
    {
        var seen = _walks[walk].Seen;
        var mustStop = seen >= Least && _patience is { } patience && time.GetElapsedTime(_started) >= patience;
        _walks[walk] = (seen + 1, mustStop ? at : null);
        return !mustStop;
    }
}
