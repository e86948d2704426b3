using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>A mail about to be stored: its record, and the parcels it will wait as.</summary>
internal sealed record Intake(
    AcceptedRecord Record, Entry Entry, IReadOnlyList<Parcel> Parcels, ReadOnlyMemory<byte> Body);
