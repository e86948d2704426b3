using Postroom.Mail.Storms;
using Postroom.Relay.Spool;

namespace Postroom.Api.Storms;

/// <summary>Bursts that were noticed, the newest first: <c>GET /api/v1/storms</c>.</summary>
public sealed record StormsAnswer(IReadOnlyList<StormAnswer> Storms);

/// <summary>One of them: <c>GET /api/v1/storms/{id}</c>.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Source">From where: application and instance, or the login, or the client.</param>
/// <param name="What">What its mails have in common: one of these.</param>
/// <param name="Since">When it was noticed.</param>
/// <param name="Held">How many recipients are held.</param>
public sealed record StormAnswer(
    int Id, string Source, IReadOnlyList<string> What, DateTimeOffset Since, long Held)
{
    /// <summary>The subject of the mail by which it was noticed.</summary>
    public string? Subject { get; init; }

    /// <summary>When it had passed; absent: it blows.</summary>
    public DateTimeOffset? Over { get; init; }

    /// <summary>How many recipients a minute are let go; absent: none by themselves.</summary>
    public int? Slowly { get; init; }

    /// <summary>What was decided last, and by whom; absent: nothing was.</summary>
    public string? Decision { get; init; }

    /// <summary>To how many addresses: only of one storm.</summary>
    public int? Addresses { get; init; }

    /// <summary>The first mails that are held: only of one storm.</summary>
    public IReadOnlyList<SampleAnswer>? Sample { get; init; }

    public static StormAnswer Of(Storm storm, long held) =>
        new(storm.Number, storm.Source, storm.Traits, storm.Since, held)
        {
            Subject = storm.Subject.Length > 0 ? storm.Subject : null,
            Over = storm.Over,
            Slowly = storm.Slowly > 0 ? storm.Slowly : null,
            Decision = storm.Decision,
        };
}

/// <summary>A mail of it.</summary>
public sealed record SampleAnswer(string Id, string To, DateTimeOffset AcceptedAt)
{
    public string? Subject { get; init; }

    public static SampleAnswer Of(RecipientRow row) =>
        new(row.Mail.ToString(), row.To, row.AcceptedAt) { Subject = row.Subject };
}

/// <summary>What is to become of a storm.</summary>
/// <param name="Count">How many are held, as the person was shown; where it is another by now, nothing is done.</param>
/// <param name="Slowly">Of a release: how many recipients a minute, 1 to 6000; without it, all at once.</param>
/// <param name="DryRun">Only look.</param>
public sealed record StormRequest(long? Count = null, int? Slowly = null, bool DryRun = false);

/// <summary>What became of it.</summary>
/// <param name="Held">How many recipients were held.</param>
/// <param name="Addresses">To how many addresses.</param>
/// <param name="Released">How many are let go; slowly: how many are going to be.</param>
/// <param name="Cancelled">How many are cancelled.</param>
public sealed record StormDoneAnswer(
    int Id, string Action, long Held, int Addresses, long Released, long Cancelled)
{
    /// <summary>Nothing was done.</summary>
    public bool? DryRun { get; init; }

    /// <summary>The first mails.</summary>
    public IReadOnlyList<SampleAnswer> Sample { get; init; } = [];
}
