using System.Collections.Concurrent;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Ledger.Search;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Lends each call a read-only connection; as many are kept as were ever in use at once.</summary>
/// <remarks>
/// A kept connection knows nothing of who lends it, the clock among that: the bag would keep a reader alive that nobody
/// closed, as in a simulated kill.
/// </remarks>
internal sealed class LedgerReader : ISpoolIndexReader
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(0.5);
    private readonly string _file;
    private readonly TimeProvider _time;
    private readonly ConcurrentBag<ReadSession> _idle = [];
    private volatile bool _disposed;

    private LedgerReader(string file, TimeProvider time) => (_file, _time) = (file, time);

    public static LedgerReader Open(string file, TimeProvider time)
    {
        if (!File.Exists(file))
            throw new FileNotFoundException("there is no ledger", file);
        var reader = new LedgerReader(file, time);
        reader._idle.Add(ReadSession.Open(file));
        return reader;
    }

    /// <summary>Beside a writer, who has the file open and found it sound: connects when it is first asked.</summary>
    public static LedgerReader Beside(string file, TimeProvider time) => new(file, time);

    public FoundPage Find(Filter filter, Cursor? after, int most)
    {
        CheckMost(most);
        return With(session => session.Find(filter, after, most, new Patience(_time, Longest)));
    }

    public (FoundPage Page, FoundCount Count) FindAndCount(
        Filter filter, Cursor? after, int most, TimeSpan? patience)
    {
        CheckMost(most);
        Patience? toCount = patience is { } span ? new Patience(_time, span) : null;
        return With(session =>
            session.FindAndCount(filter, after, most, new Patience(_time, Longest), toCount));
    }

    public FoundCount Count(Filter filter) => With(session => session.Count(filter));

    public IReadOnlyList<(string Lane, State State, long Count)> Counts() => With(session => session.Counts());

    public MailRecord? Show(MailId id) => With(session => session.Show(id));

    public ForgottenNote? Forgotten(MailId id) => With(session => session.Forgotten(id));

    public MailId? FindKey(string source, string key) => With(session => session.FindKey(source, key));

    public BoxList Boxes() => With(session => session.Boxes());

    public IReadOnlyList<PrintedMail> Printed(DateTimeOffset since, int most) =>
        With(session => session.Printed(since, most));

    public AcceptedRow? Accepted(MailId id) => With(session => session.Accepted(id));

    public IReadOnlyList<TrailEvent> RelayEvents(int most) => With(session => session.RelayEvents(most));

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var session))
            session.Dispose();
    }

    private static void CheckMost(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, 1_000);
    }

    private T With<T>(Func<ReadSession, T> question)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_idle.TryTake(out var session))
            session = ReadSession.Open(_file);
        var sound = false;
        try
        {
            var answer = session.AtOnce(question);
            sound = true;
            return answer;
        }
        finally
        {
            if (sound && !_disposed)
                _idle.Add(session);
            else
                session.Dispose();
        }
    }
}
