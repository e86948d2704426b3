using Postroom.Mail;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>A mail about to be stored: its record, and the parcels it will wait as.</summary>
internal sealed record Intake(
    AcceptedRecord Record, Entry Entry, IReadOnlyList<Parcel> Parcels, PieceWriter Writer)
{
    /// <summary>The body, where the whole of it is in memory; else empty.</summary>
    public ReadOnlyMemory<byte> Body { get; } = Writer.Written.Count == 0 ? Writer.Rest : default;

    /// <summary>By what the parcels were sorted into lanes.</summary>
    public required LaneOf SortedBy { get; init; }
}
