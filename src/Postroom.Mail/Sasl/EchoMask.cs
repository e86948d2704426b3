using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>Masks in replies what a server repeats of our login: many quote the line that they did not like.</summary>
/// <remarks>
/// Of a password the whole is looked for; of what was sent its words, for a quoted line may be cut; and of what was
/// sent and of a token any piece too long to be there by accident, also where it was broken into lines. A server that
/// wants our secret shown can still disguise it, for it knows it; this is against the careless one.
/// </remarks>
internal sealed class EchoMask
{
    private const string Mask = "•••";
    private const int ShortestPart = 6; // of a base64 text; a shorter one tells nothing, and may be a word of theirs
    private const int ShortestPiece = 12; // within other letters; no text of theirs has so much in common with ours

    private readonly Secret _secret;
    private readonly List<string> _written = [];
    private readonly List<string> _random = []; // of what a piece is no word of anybody's

    /// <param name="isToken">A token is no word, nor is a piece of one; a password may well be.</param>
    public EchoMask(Secret secret, bool isToken)
    {
        _secret = secret;
        if (isToken)
            _random.AddRange(secret.Reveal(), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret.Reveal())));
    }

    /// <summary>What was sent, as it stood on the wire.</summary>
    public void Add(string written)
    {
        _written.Add(written);
        _random.Add(written);
    }

    public Reply Over(Reply reply)
    {
        // A challenge is base64 itself: what it repeats stands in it in other letters.
        if (reply.Code == 334 && Scram.FromBase64(reply.Text) is { } octets
            && Encoding.UTF8.GetString(octets) is var challenge && Over(challenge) != challenge)
            return reply with { Lines = [Mask] };
        var hidden = Hidden(reply.Lines);
        return hidden.Exists(line => line.Contains(true))
            ? reply with { Lines = [.. reply.Lines.Zip(hidden, Hide)] }
            : reply;
    }

    /// <summary>The same for other text of the server's.</summary>
    public string Over(string text) => Hide(text, Hidden([text])[0]);

    // For each character of each line: is it hidden?
    private List<bool[]> Hidden(IReadOnlyList<string> lines)
    {
        var hidden = lines.Select(line => new bool[line.Length]).ToList();
        for (var i = 0; i < lines.Count; i++)
        {
            HideWords(lines[i], hidden[i]);
            HideWhole(lines[i], _secret.Reveal(), hidden[i]);
        }

        HidePieces(lines, hidden);
        return hidden;
    }

    private void HideWords(string line, bool[] hidden)
    {
        var at = 0;
        foreach (var word in line.Split(' '))
        {
            if (IsPart(word.Trim('"', '\'', '<', '>', '(', ')', '[', ']', ',', ';', ':', '.')))
                hidden.AsSpan(at, word.Length).Fill(true);
            at += word.Length + 1;
        }
    }

    private bool IsPart(string word) =>
        word.Length >= ShortestPart && _written.Exists(written => written.Contains(word, StringComparison.Ordinal));

    private static void HideWhole(string line, string secret, bool[] hidden)
    {
        if (secret.Length == 0)
            return;
        for (var at = 0; (at = line.IndexOf(secret, at, StringComparison.Ordinal)) >= 0; at += secret.Length)
            hidden.AsSpan(at, secret.Length).Fill(true);
    }

    // Lines and blanks are where a long text was broken: it is looked for as if they were not there.
    private void HidePieces(IReadOnlyList<string> lines, List<bool[]> hidden)
    {
        var text = new StringBuilder();
        var places = new List<(int Line, int Column)>();
        for (var line = 0; line < lines.Count; line++)
            for (var column = 0; column < lines[line].Length; column++)
                if (lines[line][column] != ' ')
                {
                    text.Append(lines[line][column]);
                    places.Add((line, column));
                }

        var whole = text.ToString();
        foreach (var random in _random)
        {
            var length = Math.Min(ShortestPiece, random.Length);
            for (var at = 0; length >= ShortestPart && at + length <= whole.Length; at++)
                if (random.AsSpan().Contains(whole.AsSpan(at, length), StringComparison.Ordinal))
                    foreach (var (line, column) in places[at..(at + length)])
                        hidden[line][column] = true;
        }
    }

    private static string Hide(string line, bool[] hidden)
    {
        var text = new StringBuilder();
        for (var i = 0; i < line.Length; i++)
            if (!hidden[i])
                text.Append(line[i]);
            else if (i == 0 || !hidden[i - 1])
                text.Append(Mask);
        return text.ToString();
    }
}
