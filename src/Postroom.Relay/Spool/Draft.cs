using System.Buffers;
using Postroom.Mail;

namespace Postroom.Relay.Spool;

/// <summary>A mail about to be accepted.</summary>
/// <param name="Envelope">Whom from, whom for, what was asked.</param>
/// <param name="Origin">Who handed it over.</param>
/// <param name="Header">What was noted of the header.</param>
/// <param name="Body">The bytes the client sent, after <see cref="ISpool.OpenBody"/>.</param>
public sealed record Draft(Envelope Envelope, Origin Origin, HeaderFacts Header, BodyWriter Body)
{
    /// <summary>
    /// Makes the fields to put in front (Received; Message-ID and Date if missing) once the id is known. Called once,
    /// before the mail is stored. Pure and quick.
    /// </summary>
    public required Func<MailId, DateTimeOffset, Front> TraceBlock { get; init; }
}

/// <summary>What is put in front of a mail.</summary>
/// <param name="Fields">ASCII or UTF-8 lines with CRLF; may be empty.</param>
/// <param name="MessageId">The Message-ID in it, where the mail came without one; else null.</param>
public readonly record struct Front(byte[] Fields, string? MessageId = null);

/// <summary>Takes the bytes of one body, in order. Not for two threads at once.</summary>
/// <remarks>
/// Small bodies stay in memory until the mail is accepted; a larger one goes to disk piece by piece as it comes
/// (<see cref="FlushAsync"/>), so that memory stays bounded whatever the size.
/// </remarks>
public abstract class BodyWriter : IBufferWriter<byte>, IDisposable
{
    /// <summary>Bytes so far.</summary>
    public abstract long Length { get; }

    public abstract void Advance(int count);

    public abstract Memory<byte> GetMemory(int sizeHint = 0);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>
    /// Call between reads from the network: lets what has gathered go to disk, and waits where the disk is slow.
    /// </summary>
    /// <exception cref="SpoolFailedException">The disk failed; answer 451 4.3.0.</exception>
    public abstract ValueTask FlushAsync(CancellationToken cancel);

    /// <summary>
    /// Gives the memory back; what already went to disk is garbage from now on, unless the mail was accepted.
    /// </summary>
    public abstract void Dispose();
}

/// <summary>Why a mail was not accepted although nothing was wrong with it.</summary>
public enum Refusal
{
    /// <summary>Accepted: there is a receipt.</summary>
    None,

    /// <summary>The disk is at its floor: 452 4.3.1.</summary>
    DiskFull,

    /// <summary>No answer within 8 s: 451 4.3.0, and revoked in the journal.</summary>
    TooSlow,

    /// <summary>The store has failed: 451 4.3.0, and the process ends.</summary>
    Failed,

    /// <summary>
    /// More is accepted than can be indexed, or this source's share of the queue is used up: 452 4.3.1.
    /// </summary>
    QueueFull,
}

/// <summary>The answer to a draft: a receipt, or why there is none.</summary>
public readonly record struct Acceptance(Receipt? Receipt, Refusal Refusal);
