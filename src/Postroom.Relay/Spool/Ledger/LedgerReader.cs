using System.Collections.Concurrent;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Lends each call a read-only connection; as many are kept as were ever in use at once.</summary>
internal sealed class LedgerReader : ISpoolIndexReader
{
    private readonly string _file;
    private readonly ConcurrentBag<ReadSession> _idle = [];
    private volatile bool _disposed;

    private LedgerReader(string file) => _file = file;

    public static LedgerReader Open(string file)
    {
        if (!File.Exists(file))
            throw new FileNotFoundException("there is no ledger", file);
        var reader = new LedgerReader(file);
        reader._idle.Add(ReadSession.Open(file));
        return reader;
    }

    /// <summary>Beside a writer, who has the file open and found it sound: connects when it is first asked.</summary>
    public static LedgerReader Beside(string file) => new(file);

    public IReadOnlyList<RecipientRow> Find(Filter filter, Cursor? after, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, 1_000);
        return With(session => session.Find(filter, after, most));
    }

    public IReadOnlyDictionary<State, long> Count(Filter filter) => With(session => session.Count(filter));

    public MailRecord? Show(MailId id) => With(session => session.Show(id));

    public AcceptedRow? Accepted(MailId id) => With(session => session.Accepted(id));

    public IReadOnlyList<TrailEvent> RelayEvents(int most) => With(session => session.RelayEvents(most));

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var session))
            session.Dispose();
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
