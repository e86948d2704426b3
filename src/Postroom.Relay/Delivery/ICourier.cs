using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;

namespace Postroom.Relay.Delivery;

/// <summary>Carries mail to one next hop. One per route; SMTP first, Microsoft Graph later.</summary>
/// <remarks>
/// Called for many assignments at once, up to <see cref="Capacity"/>: it keeps the connections, decides how many to
/// open, and what travels behind what on each of them. It stores nothing and decides nothing about the next state.
/// </remarks>
public interface ICourier : IAsyncDisposable
{
    /// <summary>How many assignments it can use now: those that may be on the wire at once, and those for which there
    /// will be room there in a moment. It changes with the hop's speed.</summary>
    int Capacity { get; }

    /// <summary>One try. Never throws for anything the world does: that is in the outcome.</summary>
    Task<Outcome> DeliverAsync(Assignment assignment, CancellationToken cancel);

    /// <summary>Connects, greets and logs in without sending anything; null if all is well, else why not.</summary>
    Task<Failure?> ProbeAsync(CancellationToken cancel);

    /// <summary>Somebody changed something: what was refused for good may be tried again.</summary>
    void AskAnew();
}

/// <summary>One try to be made.</summary>
/// <param name="Envelope">The reverse-path and what else goes with MAIL FROM; its recipients do not count here.</param>
/// <param name="Header">For what the next hop must be able to take: 8 bit, UTF-8.</param>
/// <param name="Recipients">Whom for: each with its clearance, for nothing goes onto the wire without one (promise
/// 5).</param>
/// <param name="Content">The bytes.</param>
/// <param name="AtWire">To be called just before the final dot or BDAT LAST leaves.</param>
public sealed record Assignment(
    Envelope Envelope, IReadOnlyList<ClearedRecipient> Recipients, HeaderFacts Header, Content Content, Action AtWire);

/// <param name="Index">Its place in the envelope.</param>
public sealed record ClearedRecipient(int Index, Recipient Recipient, Clearance Clearance);

/// <summary>The bytes of a mail for the wire.</summary>
/// <param name="Length">Octets in all.</param>
/// <param name="InMemory">The whole in pieces, or empty if it has to be read.</param>
/// <param name="ReadAsync">Reads at an offset; 0 at the end. Throws when what is stored is damaged.</param>
public sealed record Content(
    long Length, IReadOnlyList<ReadOnlyMemory<byte>> InMemory,
    Func<long, Memory<byte>, CancellationToken, ValueTask<int>> ReadAsync);

/// <summary>
/// What happened. To be disposed once it is durably recorded: until then it counts as in flight on its connection.
/// </summary>
public sealed class Outcome : IDisposable
{
    private Action? _recorded;

    /// <param name="results">One for each recipient of the assignment.</param>
    /// <param name="attempt">How the try went.</param>
    /// <param name="recorded">What to do once the outcome is durable; null for nothing.</param>
    public Outcome(IReadOnlyList<RecipientResult> results, AttemptFacts? attempt, Action? recorded) =>
        (Results, Attempt, _recorded) = (results, attempt, recorded);

    public IReadOnlyList<RecipientResult> Results { get; }

    public AttemptFacts? Attempt { get; }

    /// <summary>The body could not be read back as it was accepted: hold the mail. Null if it was sound.</summary>
    public string? Damage { get; init; }

    /// <summary>True if the final dot went out and no answer came: the mail may have arrived (RFC 1047).</summary>
    public bool InDoubt { get; init; }

    public void Dispose() => Interlocked.Exchange(ref _recorded, null)?.Invoke();
}

/// <summary>What the next hop said about one recipient.</summary>
/// <param name="Index">Its place in the envelope.</param>
/// <param name="Reply">The final reply, where it took responsibility; null otherwise.</param>
/// <param name="Failure">Why it did not; null if it did.</param>
/// <param name="DsnPassedOn">The next hop offers DSN and was given NOTIFY: it reports, not we (RFC 3461
/// §5.2.2).</param>
public sealed record RecipientResult(int Index, string? Reply, Failure? Failure, bool DsnPassedOn);
