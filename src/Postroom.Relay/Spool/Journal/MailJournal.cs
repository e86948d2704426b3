#pragma warning disable CA1822, CA1065, CA1063, CA1816 // only until the bodies are here
namespace Postroom.Relay.Spool.Journal;

/// <summary>The truth: what was promised, and what became of it, in the order in which it happened.</summary>
public sealed class MailJournal : IAsyncDisposable
{
    /// <exception cref="SpoolUnusableException">Written by a newer version; the message says what to do.</exception>
    public static MailJournal Open(IDisk disk, JournalSettings settings, TimeProvider time) => throw new InvalidOperationException();

    /// <summary>
    /// Gives everything after <paramref name="from"/> (null: from the oldest record kept) in order, and readies the
    /// journal for appends. Once, before the first append. Damage is reported, not thrown.
    /// </summary>
    public Recovery Recover(Position? from, Action<Position, JournalRecord> replay) => throw new InvalidOperationException();

    /// <summary>Completes when durable.</summary>
    /// <param name="urgent">Sync now; else with the next sync, after the patience of the settings at the latest.</param>
    /// <exception cref="SpoolFailedException">The disk failed.</exception>
    public Task AppendAsync(Entry entry, bool urgent) => throw new InvalidOperationException();

    /// <summary>As above, for several that are there all or none.</summary>
    public Task AppendAsync(IReadOnlyList<Entry> entries, bool urgent) => throw new InvalidOperationException();

    /// <summary>Writes a piece of a body ahead of the record that will name it. Completes when written, not synced.</summary>
    public Task<BodyPiece> AppendBodyPieceAsync(ReadOnlyMemory<byte> piece) => throw new InvalidOperationException();

    /// <summary>Never completes while the journal is sound; faults with the reason once it has failed.</summary>
    public Task Failed => throw new InvalidOperationException();

    /// <summary>What is durable, in order, for the index. One reader. Waits for at least one.</summary>
    public ValueTask<IReadOnlyList<Entry>> TakeDurableAsync(int most, CancellationToken cancel) =>
        throw new InvalidOperationException();

    /// <summary>Entries that are durable and not yet taken.</summary>
    public long DurableNotTaken => throw new InvalidOperationException();

    /// <summary>Reads a piece of a body back.</summary>
    /// <param name="into">As long as the piece.</param>
    /// <exception cref="DamagedBodyException">It is not what was written, or no longer there.</exception>
    public void ReadBody(BodyPiece piece, Span<byte> into) => throw new InvalidOperationException();

    /// <summary>The segments that still hold bodies, the active one last.</summary>
    public IReadOnlyList<SegmentFacts> Segments => throw new InvalidOperationException();

    /// <summary>Nobody needs the bodies of this segment any more: its space is given back or used again.</summary>
    /// <exception cref="InvalidOperationException">The segment is not <see cref="SegmentFacts.Releasable"/>.</exception>
    public void ReleaseBodies(int segment) => throw new InvalidOperationException();

    /// <summary>Memory for at-wire marks; its content is to be trusted only if <see cref="Recovery.PageCacheKept"/>.</summary>
    public IScratch Marks => throw new InvalidOperationException();

    /// <summary>Writes and syncs what is pending, and notes the clean stop.</summary>
    public ValueTask DisposeAsync() => throw new InvalidOperationException();
}
