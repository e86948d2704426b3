using Postroom.Mail;
using Postroom.Mail.Audit;

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

/// <summary>How long to look, by which clock.</summary>
internal readonly record struct Patience(TimeProvider Time, TimeSpan Span);

/// <summary>
/// Watches walks from within: told of each mail before it is looked at, it ends the walk when time is up.
/// </summary>
internal sealed class Lookout
{
    /// <summary>So many mails are looked at in any case: every page gets further.</summary>
    private const int Least = 500;

    private readonly List<(int Seen, MailId Last, MailId? StoppedAt)> _walks = [];
    private (int Walk, MailId Mail) _found = (-1, default);
    private Patience? _patience;
    private long _started;

    /// <summary>What the question looks for in texts.</summary>
    public IReadOnlyList<Phrase> Phrases { get; private set; } = [];

    /// <summary>Another question begins.</summary>
    /// <param name="patience">Null: without end.</param>
    public void Begin(IReadOnlyList<Phrase> phrases, Patience? patience)
    {
        _walks.Clear();
        _found = (-1, default);
        (Phrases, _patience, _started) = (phrases, patience, patience?.Time.GetTimestamp() ?? 0);
    }

    /// <summary>It was answered; the clock is let go.</summary>
    public void End() => _patience = null;

    /// <returns>The number of the walk.</returns>
    public int Add()
    {
        _walks.Add(default);
        return _walks.Count - 1;
    }

    public MailId? StoppedAt(int walk) => _walks[walk].StoppedAt;

    /// <summary>Of rows that come in the order of mails, whether this is the first of its mail.</summary>
    public bool IsFirst(int walk, MailId of)
    {
        var isFirst = _found != (walk, of);
        _found = (walk, of);
        return isFirst;
    }

    /// <returns>False: the walk must end before this mail.</returns>
    public bool MayGoOn(int walk, MailId at)
    {
        var (seen, last, _) = _walks[walk];
        if (seen > 0 && at == last)
            return true; // another recipient of it: a mail that was begun is gone through
        var mustStop = seen >= Least
            && _patience is { } patience && patience.Time.GetElapsedTime(_started) >= patience.Span;
        _walks[walk] = (seen + 1, at, mustStop ? at : null);
        return !mustStop;
    }
}
