using System.Globalization;

namespace Postroom.Mail;

/// <summary>
/// An SMTP reply: a code, most often an enhanced status (RFC 2034), and a line or more of text (RFC 5321 §4.2).
/// </summary>
/// <param name="Code">200 to 559.</param>
/// <param name="Status">
/// The enhanced status that begins each line; null where the reply has none (greeting, EHLO, 3xx).
/// </param>
/// <param name="Lines">The text without code and status; at least one line, which may be empty.</param>
public sealed record Reply(int Code, EnhancedStatus? Status, IReadOnlyList<string> Lines)
{
    public Reply(int code, EnhancedStatus? status, string text) : this(code, status, [text]) { }

    public bool IsPositive => Code is >= 200 and < 400;

    public bool IsTransient => Code is >= 400 and < 500;

    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>All lines joined by a space.</summary>
    public string Text => Lines.Count == 1 ? Lines[0] : string.Join(' ', Lines);

    /// <summary>The only 250 that follows mail data: it takes a receipt, which only stable storage gives.</summary>
    public static Reply Accepted(Receipt receipt) =>
        new(250, new EnhancedStatus(2, 0, 0), $"Accepted as {receipt.Id}");

    /// <summary>Characters of <see cref="Quote"/>; a server may send 512 octets a line (RFC 5321 §4.5.3.1.5).</summary>
    public const int LongestQuote = 1_000;

    /// <summary>As <see cref="ToString"/>, cut: what is kept of it for ever, for each recipient.</summary>
    public string Quote() => Cut(ToString());

    /// <summary>Cuts what holds another side's words to <see cref="LongestQuote"/>.</summary>
    public static string Cut(string whole)
    {
        if (whole.Length <= LongestQuote)
            return whole;
        var end = char.IsHighSurrogate(whole[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote;
        return whole[..end] + "…";
    }

    /// <summary>As on the wire, lines joined by a space: <c>550 5.1.1 No such user</c>.</summary>
    public override string ToString() => Status is { } status
        ? string.Create(CultureInfo.InvariantCulture, $"{Code} {status} {Text}")
        : string.Create(CultureInfo.InvariantCulture, $"{Code} {Text}");
}
