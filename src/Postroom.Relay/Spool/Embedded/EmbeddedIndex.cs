using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>The ledger's reader, which knows how to wait for what is still on its way there.</summary>
internal sealed class EmbeddedIndex(SpoolParts parts, IndexFeeder feeder, Func<Position> lastDurable)
    : ISpoolIndex, IDisposable
{
    private readonly Lock _gate = new();
    private Action<IReadOnlyList<TrailEvent>>? _watchers;
    private readonly ISpoolIndexReader _reader = parts.Ledger.OpenReader(parts.Time);

    public long Behind => feeder.Behind;

    public async ValueTask CaughtUpAsync(CancellationToken cancel) =>
        await feeder.ReachedAsync(lastDurable()).WaitAsync(cancel);

    public FoundPage Find(Filter filter, Cursor? after, int most) =>
        _reader.Find(filter, after, most);

    public (FoundPage Page, FoundCount Count) FindAndCount(
        Filter filter, Cursor? after, int most, TimeSpan? patience) =>
        _reader.FindAndCount(filter, after, most, patience);

    public FoundCount Count(Filter filter) => _reader.Count(filter);

    public IReadOnlyList<(string Lane, State State, long Count)> Counts() => _reader.Counts();

    public MailRecord? Show(MailId id) => _reader.Show(id);

    public ForgottenNote? Forgotten(MailId id) => _reader.Forgotten(id);

    public MailId? FindKey(string source, string key) => _reader.FindKey(source, key);

    public BoxList Boxes() => _reader.Boxes();

    public IReadOnlyList<PrintedMail> Printed(DateTimeOffset since, int most) => _reader.Printed(since, most);

    public IReadOnlyList<TrailEvent> RelayEvents(int most) => _reader.RelayEvents(most);

    public IDisposable Watch(Action<IReadOnlyList<TrailEvent>> told)
    {
        lock (_gate)
            SetWatchers(_watchers + told);
        return new Watching(this, told);
    }

    public AcceptedRecord? Accepted(MailId id) => _reader.Accepted(id)?.ToRecord();

    public MailContent? Content(MailId id)
    {
        if (Accepted(id) is not { } mail)
            return null;
        var kept = parts.Journal.Segments.Select(s => s.Number).ToHashSet();
        return mail.Pieces.All(p => kept.Contains(p.Segment))
            ? new StoredContent(mail, default, (piece, into) => parts.Journal.ReadBody(piece, into.Span))
            : null;
    }

    public void Dispose() => _reader.Dispose();

    private sealed class Watching(EmbeddedIndex index, Action<IReadOnlyList<TrailEvent>> told) : IDisposable
    {
        public void Dispose()
        {
            lock (index._gate)
                index.SetWatchers(index._watchers - told);
        }
    }

    private void SetWatchers(Action<IReadOnlyList<TrailEvent>>? watchers) =>
        parts.Ledger.Watcher = _watchers = watchers;
}
