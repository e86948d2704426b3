using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Postroom.Mail.Audit;

/// <summary>What the relay says, signed, of where its chain of records stood: kept elsewhere, it proves what was before
/// it.</summary>
/// <remarks>
/// One line of text, so that it goes through any log and any collector as it is; whatever stands around it does not
/// matter. What is signed is the line up to the blank before <c>signature=</c>, by ECDSA on P-256 with SHA-256; the
/// signature is r and s of 32 octets each (IEEE P1363), as base64url without padding.
/// <code>
/// postroom-checkpoint 1 installation=… segment=12 offset=40960 chain=… records=512 at=…Z key=… signature=…
/// </code>
/// </remarks>
/// <param name="Installation">Whose journal: 32 hexadecimal digits, made at the first start.</param>
/// <param name="Segment">Where in the journal: behind the seal of a group that was on stable storage.</param>
/// <param name="Offset">The octet in that segment.</param>
/// <param name="Chain">The chain's value there: SHA-256, as 64 hexadecimal digits.</param>
/// <param name="Records">Records and pieces of bodies of that segment up to there.</param>
/// <param name="At">When it was made, by the relay's clock.</param>
/// <param name="Key">The first 16 hexadecimal digits of SHA-256 of the public key (SubjectPublicKeyInfo).</param>
public sealed partial record Checkpoint(string Installation, int Segment, int Offset, string Chain, long Records,
    DateTimeOffset At, string Key)
{
    /// <summary>What each begins with.</summary>
    public const string Word = "postroom-checkpoint";

    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>Of the form; another form gets another number.</summary>
    public const int Version = 1;

    /// <summary>r and s.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>What the signature is of.</summary>
    public byte[] Signed => Encoding.ASCII.GetBytes(Claim);

    private string Claim => string.Create(CultureInfo.InvariantCulture,
        $"{Word} {Version} installation={Installation} segment={Segment} offset={Offset} chain={Chain} "
            + $"records={Records} at={At.UtcDateTime.ToString(Instant, CultureInfo.InvariantCulture)} key={Key}");

    /// <summary>The line.</summary>
    public override string ToString() =>
        $"{Claim} signature={Convert.ToBase64String(Signature).TrimEnd('=').Replace('+', '-').Replace('/', '_')}";

    public bool Equals(Checkpoint? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    /// <summary>All that stand in a text, in its order, each once.</summary>
    /// <param name="unread">How many more begin like one, and are none of this form.</param>
    public static IReadOnlyList<Checkpoint> FindAll(string text, out int unread)
    {
        var found = new List<Checkpoint>();
        foreach (Match match in Form().Matches(text))
            if (Read(match) is { } checkpoint && checkpoint.ToString() == match.Value)
                found.Add(checkpoint);
        unread = Beginning().Count(text) - found.Count;
        return [.. found.Distinct()];
    }

    private static Checkpoint? Read(Match match)
    {
        string Of(string name) => match.Groups[name].Value;
        var number = CultureInfo.InvariantCulture;
        if (!int.TryParse(Of("segment"), number, out var segment) || !int.TryParse(Of("offset"), number, out var offset)
            || !long.TryParse(Of("records"), number, out var records)
            || !DateTimeOffset.TryParseExact(Of("at"), Instant, number, DateTimeStyles.AssumeUniversal, out var at))
            return null;
        var signature = new byte[64];
        var base64 = Of("signature").Replace('-', '+').Replace('_', '/') + "==";
        return Convert.TryFromBase64String(base64, signature, out var length) && length == signature.Length
            ? new Checkpoint(Of("installation"), segment, offset, Of("chain"), records, at, Of("key"))
            {
                Signature = signature,
            }
            : null;
    }

    [GeneratedRegex("postroom-checkpoint [0-9]", RegexOptions.CultureInvariant)]
    private static partial Regex Beginning();

    [GeneratedRegex("postroom-checkpoint 1 installation=(?<installation>[0-9a-f]{32}) segment=(?<segment>[0-9]{1,10}) "
        + "offset=(?<offset>[0-9]{1,10}) chain=(?<chain>[0-9a-f]{64}) records=(?<records>[0-9]{1,19}) "
        + "at=(?<at>[0-9T:.-]{27}Z) key=(?<key>[0-9a-f]{16}) signature=(?<signature>[A-Za-z0-9_-]{86})",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
