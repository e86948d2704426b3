using System.Globalization;

namespace Postroom.Mail.Trouble;

/// <summary>Addresses that ask for trouble by themselves, with what follows the last <c>+</c> of their local
/// part.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>bob+451@</c> a reply by its code, 400 to 599; <c>bob+5.1.1@</c> by its enhanced status;</item>
/// <item><c>bob+timeout@</c> no answer; <c>bob+disconnect@</c> the connection ends; <c>bob+delay30@</c> the answer is
/// 30 seconds late;</item>
/// <item><c>bob+data-451@</c> the same at the end of the mail data, <c>bob+delivery-4.2.2@</c> as if the next hop had
/// said it. Without such a word: at RCPT;</item>
/// <item><c>bob+bounce@</c> is <c>bob+delivery-5.1.1@</c>.</item>
/// </list>
/// </remarks>
public static class TroubleAddress
{
    /// <summary>Whether an address asks for trouble.</summary>
    /// <returns>False: it is one like any other.</returns>
    public static bool TryRead(ForwardPath to, out Stage stage, out Effect effect)
    {
        (stage, effect) = (Stage.Rcpt, Effect.Silence);
        var at = to.Address.LastIndexOf('@');
        var plus = at < 0 ? -1 : to.Address.LastIndexOf('+', at);
        if (plus < 0)
            return false;
        var word = to.Address[(plus + 1)..at].ToLowerInvariant();
        if (word == "bounce")
            word = "delivery-5.1.1";
        (stage, word) = Cut(word, "data-", Stage.Data) ?? Cut(word, "delivery-", Stage.Delivery)
            ?? Cut(word, "rcpt-", Stage.Rcpt) ?? (Stage.Rcpt, word);
        if (EffectOf(word) is not { } meant || (stage == Stage.Delivery && meant.Reply is null))
            return false;
        effect = meant;
        return true;
    }

    private static (Stage, string)? Cut(string word, string front, Stage stage) =>
        word.StartsWith(front, StringComparison.Ordinal) ? (stage, word[front.Length..]) : null;

    private static Effect? EffectOf(string word) => word switch
    {
        "timeout" => Effect.Silence,
        "disconnect" => new Effect { Disconnects = true },
        _ when word.StartsWith("delay", StringComparison.Ordinal) => DelayOf(word["delay".Length..]),
        _ when EnhancedStatus.TryParse(word, out var status) =>
            status.Class is 4 or 5 ? Effect.Saying(Effect.CodeOf(status), status, null) : null,
        _ => word.Length == 3 && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            && code is >= 400 and <= 599 ? Effect.Saying(code, null, null) : null,
    };

    private static Effect? DelayOf(string seconds) =>
        int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && count <= Effect.LongestDelay.TotalSeconds
            ? new Effect { Delay = TimeSpan.FromSeconds(count) } : null;
}
