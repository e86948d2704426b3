namespace Postroom.Relay.Spool.Journal;

/// <summary>What the journal's threads share.</summary>
internal sealed record JournalState(
    JournalScratch Scratch, DurableQueue Durable, Housekeeping Housekeeping, IThreads Threads);
