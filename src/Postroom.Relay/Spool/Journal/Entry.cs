namespace Postroom.Relay.Spool.Journal;

/// <summary>One record on its way into the journal, and then into the index.</summary>
public sealed class Entry(JournalRecord record, ReadOnlyMemory<byte> inlineBody = default)
{
    public JournalRecord Record { get; } = record;

    /// <summary>
    /// The body, or what is left of it after the pieces that went ahead; of an <see cref="AcceptedRecord"/> only. The
    /// memory must not change until the append has completed; then this is empty again, so that nobody's queue keeps
    /// it.
    /// </summary>
    public ReadOnlyMemory<byte> InlineBody { get; internal set; } = inlineBody;

    /// <summary>Where it stands. Set when it is written.</summary>
    public Position Position { get; internal set; }
}
