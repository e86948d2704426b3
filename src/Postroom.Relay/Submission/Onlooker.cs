using Postroom.Mail;
using Postroom.Mail.Trouble;

namespace Postroom.Relay.Submission;

/// <summary>Who is told of mail on its way in, or has a hand in it; all of it is quick, and does not throw.</summary>
public sealed record Onlooker
{
    /// <summary>What is made to go wrong, on purpose; null: nothing.</summary>
    public Func<Occasion, Made?>? Meddle { get; init; }

    /// <summary>A mail was accepted; whose it is.</summary>
    public Action<AppFacts?> Heard { get; init; } = static _ => { };

    /// <summary>A mail came in whole, and is not accepted yet: from where, and what it says of itself.</summary>
    public Action<Origin, HeaderFacts> Met { get; init; } = static (_, _) => { };

    /// <summary>A mail has its id, and is about to be stored. Not told of our own mail.</summary>
    public Action<MailId, Envelope, HeaderFacts> Offered { get; init; } = static (_, _, _) => { };

    /// <summary>As <see cref="Offered"/>, and from where it came.</summary>
    public Action<MailId, Origin, Envelope, HeaderFacts> Counted { get; init; } = static (_, _, _, _) => { };

    /// <summary>What was offered has its answer: a 250, or none. A try of it may have begun by then.</summary>
    public Action<MailId, bool> Answered { get; init; } = static (_, _) => { };
}
