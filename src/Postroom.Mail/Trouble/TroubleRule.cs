using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;

namespace Postroom.Mail.Trouble;

/// <summary>Failures that are made on purpose, of part of the mail.</summary>
/// <param name="Name">For the trail and the reply.</param>
public sealed record TroubleRule(string Name, Stage Stage, Effect Effect)
{
    /// <summary>Which mail, by fields that never change (<see cref="Lasting"/>); of these what is known at the
    /// stage.</summary>
    public Filter Of { get; init; } = Filter.All;

    /// <summary>Of what came in at these listeners; none: any.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>Which recipients; null: all. Only from <see cref="Stage.Rcpt"/> on.</summary>
    public AllowList? To { get; init; }

    /// <summary>How often it happens of all that it fits: above 0, 1 is always.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>When it ends by itself; null: never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>It may meet mail that would go out to whom it is addressed. Without it, none does.</summary>
    public bool InLive { get; init; }

    /// <summary>Who set it at run time; null: the configuration.</summary>
    public string? Who { get; init; }

    public bool Holds(DateTimeOffset now) => Until is not { } until || now < until;

    /// <summary>The fields of mail that are known at a stage.</summary>
    public static bool IsKnown(Field field, Stage stage) => stage switch
    {
        Stage.Connect or Stage.Hello or Stage.Login => field is Field.Source,
        Stage.Mail or Stage.Rcpt => field is Field.Source or Field.From,
        _ => true,
    };

    /// <summary>Whether it is for a mail as far as that is known; the dice are not rolled.</summary>
    /// <param name="recipients">Those it is about; none before <see cref="Stage.Rcpt"/>.</param>
    public bool Fits(Stage stage, LastingFacts mail, IReadOnlyList<ForwardPath> recipients, DateTimeOffset now) =>
        stage == Stage && Holds(now)
        && (Listeners.Count == 0 || Listeners.Contains(mail.Origin.Listener, StringComparer.OrdinalIgnoreCase))
        && (To is null || recipients.Any(To.Has)) && Lasting.Has(Of, mail);
}

/// <summary>What is made to go wrong: rules in their order, then what addresses ask for.</summary>
public static class TroubleTable
{
    /// <summary>Looks what goes wrong, where anything does.</summary>
    /// <param name="couldLeave">The mail, or any at this stage, could go out to whom it is addressed: only rules that
    /// say so meet it.</param>
    /// <param name="addresses">Addresses may ask for it by themselves.</param>
    /// <param name="roll">0 to below 1, for each rule that fits and is not certain.</param>
    /// <returns>The first that fits, and whose dice say so; null: all is well.</returns>
    public static (Made Made, TroubleRule? Rule)? Find(
        IReadOnlyList<TroubleRule> rules, Occasion at, bool couldLeave, bool addresses, Func<double> roll)
    {
        foreach (var rule in rules)
            if ((rule.InLive || !couldLeave) && rule.Fits(at.Stage, at.Mail, at.Recipients, at.Now)
                && (rule.Probability >= 1 || roll() < rule.Probability))
                return (new Made(rule.Effect, $"trouble rule \"{rule.Name}\""), rule);
        if (couldLeave || !addresses)
            return null;
        foreach (var to in at.Recipients)
            if (TroubleAddress.TryRead(to, out var stage, out var effect) && stage == at.Stage)
                return (new Made(effect, $"the address {to.Address}"), null);
        return null;
    }
}

/// <summary>A moment at which something may go wrong.</summary>
/// <param name="Mail">As far as it is known.</param>
/// <param name="Recipients">Those it is about; none before <see cref="Stage.Rcpt"/>.</param>
public readonly record struct Occasion(
    Stage Stage, LastingFacts Mail, IReadOnlyList<ForwardPath> Recipients, DateTimeOffset Now);
