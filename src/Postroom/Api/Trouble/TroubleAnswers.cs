using Postroom.Mail.Trouble;
using Postroom.Relay.Trouble;

namespace Postroom.Api.Trouble;

/// <summary>What is made to go wrong, on purpose: <c>GET /api/v1/trouble</c>.</summary>
/// <param name="Addresses">Addresses such as <c>bob+451@example.com</c> make trouble by themselves.</param>
/// <param name="MadeByAddresses">How often they did, since the start.</param>
public sealed record TroubleAnswer(bool Addresses, long MadeByAddresses)
{
    /// <summary>The first that fits decides: what people set, the newest first, then the configuration's.</summary>
    public required IReadOnlyList<TroubleRuleAnswer> Rules { get; init; }
}

/// <summary>A rule of it.</summary>
/// <param name="Stage">connect, hello, login, mail, rcpt, data or delivery.</param>
/// <param name="Percent">How often of all that it fits.</param>
/// <param name="Made">How often it made trouble, since the start.</param>
public sealed record TroubleRuleAnswer(string Name, string Stage, double Percent, long Made)
{
    /// <summary>The reply; absent: none but the true one.</summary>
    public string? Reply { get; init; }

    /// <summary>How late the answer is, in seconds.</summary>
    public double? Delay { get; init; }

    /// <summary>The connection ends without an answer.</summary>
    public bool? Disconnect { get; init; }

    /// <summary>When it ends by itself; absent: never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Who set it at run time; absent: the configuration.</summary>
    public string? Who { get; init; }

    /// <summary>It may meet mail that would go out to whom it is addressed.</summary>
    public bool? InLive { get; init; }

    public static TroubleRuleAnswer Of(TroubleRule rule, long made) =>
        new(rule.Name, TroubleDesk.WordOf(rule.Stage), Math.Round(rule.Probability * 100, 2), made)
        {
            Reply = rule.Effect.Reply?.ToString(),
            Delay = rule.Effect.Delay > TimeSpan.Zero ? rule.Effect.Delay.TotalSeconds : null,
            Disconnect = rule.Effect.Disconnects ? true : null,
            Until = rule.Until,
            Who = rule.Who,
            InLive = rule.InLive ? true : null,
        };
}

/// <summary>What is to go wrong: <c>PUT /api/v1/trouble/{name}</c>.</summary>
/// <param name="Stage">connect, hello, login, mail, rcpt, data or delivery.</param>
/// <param name="Code">Of the reply, 400 to 599.</param>
/// <param name="Status">The enhanced status of the reply: <c>4.7.1</c>.</param>
/// <param name="Text">The text of the reply.</param>
public sealed record TroubleRequest(string? Stage = null, int? Code = null, string? Status = null, string? Text = null)
{
    /// <summary>How late the answer is, in seconds, 900 at most.</summary>
    public double? Delay { get; set; }

    /// <summary>The connection ends without an answer.</summary>
    public bool Disconnect { get; set; }

    /// <summary>How often of all that it fits; without it, always.</summary>
    public double? Percent { get; set; }

    /// <summary>Which mail, by fields that never change and are known at the stage.</summary>
    public string? Filter { get; set; }

    /// <summary>Which recipients: addresses, domains from their @ on, patterns.</summary>
    public IReadOnlyList<string>? To { get; set; }

    /// <summary>At which listeners, by name.</summary>
    public IReadOnlyList<string>? Listeners { get; set; }

    /// <summary>When it ends by itself; without it, in an hour. A week at most.</summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>It may meet mail that would go out to whom it is addressed; that needs administer.</summary>
    public bool InLive { get; set; }
}
