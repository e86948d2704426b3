namespace Postroom.Relay.Spool.Journal;

/// <summary>Where the chain stands at the end of a group.</summary>
/// <param name="End">Behind the group's seal.</param>
/// <param name="Chain">The chain's value there.</param>
/// <param name="Records">How many records and pieces of bodies its segment has up to there.</param>
/// <param name="At">When the group was written, by the wall clock.</param>
public sealed record ChainHead(Position End, byte[] Chain, long Records, DateTimeOffset At);
