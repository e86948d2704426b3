using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Postroom.Mail.Authentication;

/// <summary>A DKIM-Signature (RFC 6376 §3.5), and whether the mail is still the one that was signed, as far as that is
/// known without the key.</summary>
/// <param name="Domain">d=, in small letters.</param>
/// <param name="Selector">s=.</param>
/// <param name="Body">Whether bh= agrees with the octets; null where the algorithm is unknown.</param>
public sealed partial record DkimSignature(string Domain, string Selector, bool? Body)
{
    /// <summary>Signatures that are looked at; who needs more has another aim.</summary>
    public const int Most = 10;

    /// <summary>a=, in small letters.</summary>
    public string Algorithm { get; private init; } = "";

    /// <summary>The domain of i=, in small letters; d= where there is none.</summary>
    public string Identity { get; private init; } = "";

    /// <summary>x=; null where it does not expire.</summary>
    public DateTimeOffset? Expires { get; private init; }

    /// <summary>Octets of the body behind those that l= lets be signed, which anybody may change; 0: all is
    /// signed.</summary>
    public int Unsigned { get; private init; }

    /// <summary>What is wrong with it whatever the key says (§6.1.1), in words; null: nothing.</summary>
    public string? Flaw { get; private init; }

    /// <summary>b=.</summary>
    internal byte[] Signature { get; private init; } = [];

    /// <summary>SHA-256 of the header as it is signed (§3.7).</summary>
    internal byte[] HeaderHash { get; private init; } = [];

    /// <summary>Those of a mail, the first <see cref="Most"/> in their order; null for one without d=, s= or
    /// bh=.</summary>
    public static IReadOnlyList<DkimSignature?> In(ReadOnlyMemory<byte> mail)
    {
        var fields = Canonical.Fields(mail);
        var simple = new Lazy<byte[]>(() => Canonical.Body(Canonical.BodyOf(mail.Span), isRelaxed: false));
        var relaxed = new Lazy<byte[]>(() => Canonical.Body(Canonical.BodyOf(mail.Span), isRelaxed: true));
        return [.. fields.Where(field => Is(field, "DKIM-Signature")).Take(Most).Select(field => Of(field, fields,
            isRelaxed => (isRelaxed ? relaxed : simple).Value))];
    }

    private static DkimSignature? Of(
        ReadOnlyMemory<byte> field, List<ReadOnlyMemory<byte>> fields, Func<bool, byte[]> bodyOf)
    {
        var text = Encoding.UTF8.GetString(field.Span);
        if (TagList.Of(text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..]) is not { } tags
            || tags.Squeezed("d") is not { Length: > 0 } domain || tags.Squeezed("s") is not { Length: > 0 } selector
            || tags.Squeezed("bh") is not { } bodyHash)
            return null;
        domain = DomainName.Of(Printable.Of(domain));
        var how = (tags.Squeezed("c") ?? "simple/simple").Split('/');
        var body = bodyOf(how is [_, "relaxed"]);
        var most = tags.Squeezed("l") is { } length
            ? int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var octets) ? octets
                : int.MaxValue
            : body.Length;
        var algorithm = tags.Squeezed("a") ?? "";
        var signed = body.AsSpan(0, Math.Min(most, body.Length));
        bool? agrees = algorithm is "rsa-sha256" or "ed25519-sha256"
            ? TagList.Octets(bodyHash) is { } hash && hash.AsSpan().SequenceEqual(SHA256.HashData(signed)) : null;
        var identity = tags.Squeezed("i") is { } agent ? agent[(agent.LastIndexOf('@') + 1)..] : domain;
        var signature = new DkimSignature(domain, Printable.Of(selector), agrees)
        {
            Algorithm = Printable.Of(algorithm),
            Identity = DomainName.Of(Printable.Of(identity)),
            Expires = InstantOf(tags.Squeezed("x")),
            Unsigned = body.Length - signed.Length,
            Signature = TagList.Octets(tags.Squeezed("b")) ?? [],
            HeaderHash = SHA256.HashData(Signed(field, fields, Names(tags), how is ["relaxed", ..])),
        };
        return signature with { Flaw = FlawOf(signature, tags, how, most > body.Length) };
    }

    // §6.1.1.
    private static string? FlawOf(
        DkimSignature signature, IReadOnlyList<KeyValuePair<string, string>> tags, string[] how, bool isShort) =>
        tags.Squeezed("v") != "1" ? "it has no v=1"
        : signature.Signature.Length == 0 ? "its b= is empty or no base64"
        : !Names(tags).Contains("from", StringComparer.OrdinalIgnoreCase) ? "its h= does not name From"
        : how.Length > 2 || how.Any(one => one is not ("simple" or "relaxed")) ? "its c= is unknown"
        : !DomainName.IsName(signature.Domain) ? "its d= is no domain"
        : !DomainName.IsWithin(signature.Identity, signature.Domain) ? "its i= is not within d="
        : isShort ? "its l= is more than the body has"
        : tags.Squeezed("q") is { } query && !query.Split(':').Contains("dns/txt") ? "its q= does not name dns/txt"
        : tags.Squeezed("x") is { } end && (signature.Expires is null
            || signature.Expires <= InstantOf(tags.Squeezed("t"))) ? "its x= is no instant behind t="
        : null;

    private static string[] Names(IReadOnlyList<KeyValuePair<string, string>> tags) =>
        [.. (tags.Squeezed("h") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Take(1_000)];

    private static DateTimeOffset? InstantOf(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, DateTimeOffset.MaxValue.ToUnixTimeSeconds())) : null;

    // §3.7: the fields that h= names, each time the last that was not taken yet, and the signature without what b=
    // says. The signature itself is none that h= can name (§3.5): where it stands there, other signatures are meant.
    private static byte[] Signed(ReadOnlyMemory<byte> own, List<ReadOnlyMemory<byte>> fields, string[] names,
        bool isRelaxed)
    {
        var signed = new List<byte>();
        var left = fields.Where(field => !field.Equals(own))
            .GroupBy(field => Canonical.NameOf(field.Span), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => new Stack<ReadOnlyMemory<byte>>(group),
                StringComparer.OrdinalIgnoreCase);
        foreach (var name in names)
            if (left.TryGetValue(name, out var those) && those.TryPop(out var field))
                signed.AddRange(Canonical.Field(field.Span, isRelaxed));
        var written = Encoding.Latin1.GetString(own.Span);
        var blank = Value().Replace(written, "$1", 1);
        var last = Canonical.Field(Encoding.Latin1.GetBytes(blank), isRelaxed);
        signed.AddRange(last.AsSpan().EndsWith("\r\n"u8) ? last.AsSpan()[..^2] : last);
        return [.. signed];
    }

    private static bool Is(ReadOnlyMemory<byte> field, string name) =>
        Canonical.NameOf(field.Span).Equals(name, StringComparison.OrdinalIgnoreCase);

    // The tag b= and its value; bh= is another tag.
    [GeneratedRegex(@"((?:^[^:]*:|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*?(?=;|(?:\r\n)?\z)", RegexOptions.CultureInvariant)]
    private static partial Regex Value();
}
