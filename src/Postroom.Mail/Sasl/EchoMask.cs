namespace Postroom.Mail.Sasl;

/// <summary>Masks in replies what a server repeats of our login: many quote the line that they did not like.</summary>
/// <remarks>
/// Words are compared, not letters: a quoted line may be cut. A server that wants our secret shown can still disguise
/// it, for it knows it; this is against the careless one.
/// </remarks>
internal sealed class EchoMask
{
    private const string Mask = "•••";
    private const int ShortestPart = 6; // of a base64 text; a shorter one tells nothing, and may be a word of theirs

    private readonly Secret _password;
    private readonly List<string> _written = [];

    public EchoMask(Secret password) => _password = password;

    /// <summary>What was sent, as it stood on the wire.</summary>
    public void Add(string written) => _written.Add(written);

    public Reply Over(Reply reply)
    {
        string[]? masked = null;
        for (var i = 0; i < reply.Lines.Count; i++)
            if (Over(reply.Lines[i]) is { } other)
                (masked ??= [.. reply.Lines])[i] = other;
        return masked is null ? reply : reply with { Lines = masked };
    }

    // Null: nothing to mask.
    private string? Over(string line)
    {
        var words = line.Split(' ');
        var isChanged = false;
        for (var i = 0; i < words.Length; i++)
            if (IsPart(words[i].Trim('"', '\'', '<', '>', '(', ')', '[', ']', ',', ';', ':', '.')))
                (words[i], isChanged) = (Mask, true);
        var text = string.Join(' ', words);
        var password = _password.Reveal();
        if (password.Length > 0 && text.Contains(password, StringComparison.Ordinal))
            (text, isChanged) = (text.Replace(password, Mask, StringComparison.Ordinal), true);
        return isChanged ? text : null;
    }

    private bool IsPart(string word)
    {
        if (word.Length >= ShortestPart)
            foreach (var written in _written)
                if (written.Contains(word, StringComparison.Ordinal))
                    return true;
        return false;
    }
}
