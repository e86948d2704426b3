namespace Postroom.Mail.Status;

/// <summary>What a failure is known by. All of it has to be there.</summary>
/// <remarks>
/// Words are found whatever their case, and only whole: AADSTS70008 is not in AADSTS700082, nor 5.7.1 in 5.7.139.
/// </remarks>
/// <param name="Begins">What the diagnostic begins with: code, or code and status; null: anything.</param>
/// <param name="Says">What stands in it.</param>
public sealed record Sign(string? Begins, params IReadOnlyList<string> Says)
{
    /// <summary>Whose words they have to be; null: anybody's.</summary>
    public Provider? From { get; init; }

    /// <summary>Who has to be at fault; null: anybody. A mailbox that is full may be the sender's or the
    /// recipient's.</summary>
    public Fault? Fault { get; init; }

    public bool Fits(Failure failure)
    {
        var words = failure.Diagnostic;
        if (Begins is { } begins && !(words.StartsWith(begins, StringComparison.OrdinalIgnoreCase)
                && IsEdge(words, begins.Length, begins[^1])))
            return false;
        if (Fault is { } fault && fault != failure.Fault)
            return false;
        foreach (var said in Says)
            if (!Holds(words, said))
                return false;
        return From is null || From.IsMeant(failure);
    }

    private static bool Holds(string words, string said)
    {
        var at = -1;
        while ((at = words.IndexOf(said, at + 1, StringComparison.OrdinalIgnoreCase)) >= 0)
            if (IsEdge(words, at - 1, said[0]) && IsEdge(words, at + said.Length, said[^1]))
                return true;
        return false;
    }

    // Between own and its neighbour a word or a number ends.
    private static bool IsEdge(string words, int neighbour, char own) =>
        neighbour < 0 || neighbour >= words.Length
        || !(IsLetter(words[neighbour]) && IsLetter(own))
        && !(char.IsAsciiDigit(words[neighbour]) && char.IsAsciiDigit(own));

    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c == '_';
}
