namespace Postroom.Relay.Spool.Journal;

/// <summary>Verifies a journal at rest: every checksum, the hash chain, every body. Changes nothing.</summary>
public static class JournalCheck
{
    /// <summary>Reads all of it. Meant for a journal that nobody has open.</summary>
    public static VerifyReport Verify(IDisk disk) => throw new InvalidOperationException();
}

/// <summary>What a verification found.</summary>
/// <param name="Segments">Segment files read, record segments included.</param>
/// <param name="Records">Records whose checksums and digests are right.</param>
/// <param name="Bodies">Bodies and pieces of bodies that are there and right.</param>
/// <param name="BodyOctets">Octets of those.</param>
/// <param name="Breaks">What is wrong, in order; the first is where trust ends.</param>
public sealed record VerifyReport(int Segments, long Records, long Bodies, long BodyOctets, IReadOnlyList<DamageReport> Breaks)
{
    public bool IsSound => Breaks.Count == 0;
}
