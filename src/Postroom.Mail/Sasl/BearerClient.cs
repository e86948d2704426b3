using System.Buffers;
using System.Globalization;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>XOAUTH2, as Google and Microsoft document it, and OAUTHBEARER (RFC 7628): an access token.</summary>
/// <remarks>
/// Both are one message. A server that does not like it may say why in a challenge, as JSON, and refuse only after an
/// answer to that: who takes the challenge for a mistake never learns the reason.
/// </remarks>
internal sealed class BearerClient : ClientMechanism
{
    private const char Separator = '\u0001'; // kvsep, RFC 7628 §3.1
    private const int LongestReason = 300;

    // b64token, RFC 6750 §2.1: a line break from a file would be seen as the server's refusal and as nothing else.
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");

    private readonly string _message;
    private readonly byte[] _acknowledgement;
    private bool _sent;
    private string? _reason;

    private BearerClient(string name, string message, byte[] acknowledgement) =>
        (Name, _message, _acknowledgement) = (name, message, acknowledgement);

    public override string Name { get; }

    public override bool IsComplete => _sent && _reason is null;

    public override string? Reason => _reason;

    public static BearerClient XOAuth2(ClientCredentials who) =>
        new("XOAUTH2", $"user={User(who)}{Separator}auth=Bearer {Token(who)}{Separator}{Separator}", []);

    /// <summary>RFC 7628 §3.1; after an error a single separator (§3.2.3).</summary>
    public static BearerClient OAuthBearer(ClientCredentials who)
    {
        var port = who.Port.ToString(CultureInfo.InvariantCulture);
        var place = $"host={who.Host}{Separator}port={port}{Separator}";
        var header = $"n,a={Scram.EncodeName(User(who))},{Separator}";
        var message = $"{header}{place}auth=Bearer {Token(who)}{Separator}{Separator}";
        return new BearerClient("OAUTHBEARER", message, [(byte)Separator]);
    }

    public override byte[] Initial()
    {
        _sent = true;
        return Encoding.UTF8.GetBytes(_message);
    }

    public override byte[] Respond(ReadOnlySpan<byte> challenge)
    {
        if (_reason is not null)
            throw new SaslException("the server sends a challenge after its refusal");
        if (challenge.IsEmpty)
            return Initial();
        _reason = Printable(challenge);
        return _acknowledgement;
    }

    private static string User(ClientCredentials who) => who.User.Length > 0 && !who.User.Any(char.IsControl)
        ? who.User
        : throw new SaslException("the user name is empty or holds a control character");

    private static string Token(ClientCredentials who) =>
        who.Secret.Reveal() is { Length: > 0 } token && !token.AsSpan().ContainsAnyExcept(TokenCharacters)
            ? token
            : throw new SaslException("the access token is empty or holds a character that RFC 6750 §2.1 prohibits");

    // It is kept for each recipient and shown on terminals.
    private static string Printable(ReadOnlySpan<byte> challenge)
    {
        var text = new StringBuilder();
        foreach (var rune in Encoding.UTF8.GetString(challenge).Trim().EnumerateRunes())
            if (text.Length >= LongestReason)
                return text.Append('…').ToString();
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
                text.Append(rune.ToString());
        return text.ToString();
    }
}
