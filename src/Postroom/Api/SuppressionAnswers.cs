namespace Postroom.Api;

/// <summary>The addresses that no mail is sent to, by address: <c>GET /api/v1/suppressions</c>.</summary>
public sealed record SuppressionsAnswer(IReadOnlyList<SuppressionAnswer> Suppressions);

/// <summary>An address that no mail is sent to.</summary>
/// <param name="Since">When it came onto the list.</param>
/// <param name="Reason">The other side's words, or a person's.</param>
public sealed record SuppressionAnswer(string Address, DateTimeOffset Since, string Reason)
{
    /// <summary>When mail goes there again; absent: when a person says so.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The person who put it there; absent: it was found dead.</summary>
    public string? Who { get; init; }

    /// <summary>How many mails had failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Which application wrote there last.</summary>
    public string? App { get; init; }

    /// <summary>What that mail was about.</summary>
    public string? Item { get; init; }
}

/// <summary>Addresses to be put on the list: <c>POST /api/v1/suppressions</c>.</summary>
/// <param name="Addresses">At most 10,000.</param>
/// <param name="Reason">Why.</param>
/// <param name="Until">When mail goes there again; without it, when a person takes them off.</param>
public sealed record SuppressionRequest(
    IReadOnlyList<string>? Addresses = null, string? Reason = null, DateTimeOffset? Until = null);

/// <summary>How many addresses were put on the list.</summary>
public sealed record SuppressedAnswer(int Added);
