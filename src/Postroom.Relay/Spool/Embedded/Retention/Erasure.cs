using Postroom.Mail;

namespace Postroom.Relay.Spool.Embedded.Retention;

/// <summary>What was found of a person by an address, and what became of it.</summary>
/// <param name="Mails">Mails to nobody else, from it, and reports about these: all but that there was one is
/// forgotten.</param>
/// <param name="Places">Places among several recipients: the address and what was said of it.</param>
/// <param name="Events">Words of the relay's own events.</param>
/// <param name="Open">Mails that have not ended yet: while there are any, nothing is erased.</param>
public sealed record Erasure(int Mails, int Places, int Events, IReadOnlyList<MailId> Open)
{
    /// <summary>It was done, and not only looked for.</summary>
    public bool IsDone { get; init; }

    /// <summary>The journal itself has been gone through; else that goes on by itself.</summary>
    public bool IsComplete { get; init; }

    /// <summary>The chain's head behind it, signed; null where nothing is signed.</summary>
    public string? Checkpoint { get; init; }

    public bool IsNothing => Mails + Places + Events + Open.Count == 0;
}
