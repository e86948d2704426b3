using System.Globalization;

namespace Postroom.Mail.Authentication;

/// <summary>What a domain wants done with mail that fails.</summary>
public enum DmarcPolicy
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is suspicious.</summary>
    Quarantine,

    /// <summary>It is to be refused.</summary>
    Reject,
}

/// <summary>A DMARC record (RFC 9989 §4.7).</summary>
/// <param name="Domain">Whose.</param>
/// <param name="Policy">p=.</param>
internal sealed record DmarcRecord(string Domain, DmarcPolicy Policy)
{
    /// <summary>sp=, for what is below; null: p= holds.</summary>
    public DmarcPolicy? Below { get; private init; }

    /// <summary>np=, for what is below and not there; null: sp= or p= holds.</summary>
    public DmarcPolicy? BelowMissing { get; private init; }

    public bool IsStrictDkim { get; private init; }

    public bool IsStrictSpf { get; private init; }

    /// <summary>t=y: the domain only tries its policy.</summary>
    public bool IsTest { get; private init; }

    /// <summary>psd=: y, n, or u.</summary>
    public string Suffix { get; private init; } = "u";

    /// <summary>pct= of RFC 7489 §6.3, which RFC 9989 has no more; null: not written.</summary>
    public int? Percent { get; private init; }

    /// <summary>What is wrong in it, so that it counts as p=none, in words; null: nothing (§4.10.1).</summary>
    public string? Oddity { get; private init; }

    /// <summary>rua= names somebody whom reports can be sent to: only then does a record with anything wrong count at
    /// all (§4.10.1).</summary>
    public bool IsReported { get; private init; }

    /// <summary>The record of a domain among the texts at its <c>_dmarc</c>; null where there is none, or more than
    /// one (§4.10).</summary>
    public static DmarcRecord? Among(string domain, IReadOnlyList<string> texts)
    {
        var those = texts.Where(IsRecord).ToList();
        return those.Count == 1 ? Of(domain, those[0]) : null;
    }

    /// <summary>Whether a text is meant as a record.</summary>
    public static bool IsRecord(string text) =>
        text.Length <= 16 * 1024 && text.Split(';')[0].Split('=') is [var name, var value]
            && name.Trim() == "v" && value.Trim() == "DMARC1";

    private static DmarcRecord? Of(string domain, string text)
    {
        if (TagList.Of(text) is not { } tags)
            return null;
        var wrong = tags.Value("p") is null ? "it has no p=" : WrongOf(tags, "p", "sp", "np");
        var record = new DmarcRecord(domain, PolicyOf(tags.Value("p")) ?? DmarcPolicy.None)
        {
            Below = PolicyOf(tags.Value("sp")),
            BelowMissing = PolicyOf(tags.Value("np")),
            IsStrictDkim = Is(tags.Value("adkim"), "s"),
            IsStrictSpf = Is(tags.Value("aspf"), "s"),
            IsTest = Is(tags.Value("t"), "y"),
            Suffix = Is(tags.Value("psd"), "y") ? "y" : Is(tags.Value("psd"), "n") ? "n" : "u",
            Percent = int.TryParse(tags.Value("pct"), NumberStyles.None, CultureInfo.InvariantCulture, out var of)
                && of <= 100 ? of : null,
            Oddity = wrong,
            IsReported = tags.Value("rua") is { } reports
                && reports.Split(',').Any(one => Uri.TryCreate(one.Trim(), UriKind.Absolute, out _)),
        };
        return wrong is null ? record
            : record with { Policy = DmarcPolicy.None, Below = null, BelowMissing = null };
    }

    private static string? WrongOf(IReadOnlyList<KeyValuePair<string, string>> tags, params string[] names) =>
        names.Where(name => tags.Value(name) is { } written && PolicyOf(written) is null)
            .Select(name => $"its {name}= is {Printable.Of(tags.Value(name)!)}, which is no policy").FirstOrDefault();

    private static DmarcPolicy? PolicyOf(string? value) => value?.ToLowerInvariant() switch
    {
        "none" => DmarcPolicy.None, "quarantine" => DmarcPolicy.Quarantine, "reject" => DmarcPolicy.Reject, _ => null,
    };

    private static bool Is(string? value, string word) =>
        string.Equals(value, word, StringComparison.OrdinalIgnoreCase);
}
