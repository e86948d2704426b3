using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>The terms by which the index keeps a mail beside the words of its subject: a letter, =, and what.</summary>
/// <remarks>No two words are joined by =, so none of these is one of the words.</remarks>
internal static class Terms
{
    /// <summary>Characters of a term beside letters, digits and what is not ASCII.</summary>
    public const string Characters = "-._@/+#:=";

    private const long Mega = 1_000_000;

    public static string To(long address) => Number("t=", address);

    /// <summary>The envelope's sender, and all of the From field.</summary>
    public static string From(long address) => Number("f=", address);

    public static string Application(long application) => Number("a=", application);

    public static string App(string app) => "p=" + Folded(app);

    public static string Project(string project) => "j=" + Folded(project);

    public static string Item(string item) => "i=" + Folded(item);

    public static string Source(string source) => "s=" + Folded(source);

    /// <summary>A submitter's own key, which is one among those of that submitter.</summary>
    public static string Key(string source, string key) => "k=" + Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{key}")).AsSpan(0, 16));

    /// <summary>All of a mail's recipients had been sent it before; with a number one of them.</summary>
    public const string Duplicate = "d=all";

    /// <summary>As <see cref="Duplicate"/>, of whichever recipient.</summary>
    public const string AnyDuplicate = "d=any";

    /// <summary>Before the place of one recipient.</summary>
    public const string DuplicatePrefix = "d=";

    public static string DuplicateFor(int recipient) => Number(DuplicatePrefix, recipient);

    /// <summary>A mail that is another one once more.</summary>
    public const string Replay = "r=any";

    /// <summary>The replays of one mail.</summary>
    public static string ReplayOf(long mail) => Number("r=", mail);

    public static string MessageId(string id) => Number("m=", (uint)PackedMail.HashOf(id));

    /// <summary>
    /// What every mail of more than so many octets has; null where that would be too many to be of use.
    /// </summary>
    public static string? LargerThan(long octets) => octets >= 10 * Mega ? "z=10m" : octets >= Mega ? "z=1m" : null;

    /// <summary>Those of <see cref="LargerThan"/> that a mail of this size has.</summary>
    public static IEnumerable<string> Sizes(long size)
    {
        if (size > Mega)
            yield return "z=1m";
        if (size > 10 * Mega)
            yield return "z=10m";
    }

    private static string Number(string kind, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");

    /// <summary>Only for finding: two texts may have one term, and the row tells them apart.</summary>
    private static string Folded(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in text)
            folded.Append(char.IsAsciiLetterOrDigit(c) || Characters.Contains(c, StringComparison.Ordinal)
                ? char.ToLowerInvariant(c) : '_');
        return folded.ToString();
    }
}
