using System.Text.Json.Serialization;
using Postroom.Api.Contents;
using Postroom.Api.Inbox;
using Postroom.Api.Letters;
using Postroom.Api.Live;
using Postroom.Api.Modes;
using Postroom.Api.Replays;
using Postroom.Api.Storms;
using Postroom.Api.Trouble;

namespace Postroom.Api;

/// <summary>A page of recipients: <c>GET /api/v1/queue</c>, and <c>postroom queue list --json</c>.</summary>
/// <param name="Recipients">Newest mail first.</param>
/// <param name="Total">How many match in all; with <see cref="AtLeast"/>, how many were counted so far.</param>
/// <param name="Next">To be given as <c>after</c> for the next page; null at the end.</param>
/// <param name="Counts">How many of all that is stored are in each state.</param>
public sealed record QueueAnswer(
    IReadOnlyList<RecipientAnswer> Recipients, long Total, string? Next, IReadOnlyDictionary<string, long> Counts)
{
    /// <summary>True where counting all would take too long; absent where <see cref="Total"/> is exact.</summary>
    public bool? AtLeast { get; init; }

    /// <summary>What a person said becomes of all mail, while that holds.</summary>
    public OverrideAnswer? ModeSet { get; init; }

    /// <summary>The page is not full for want of time: older mail than this was not looked at yet.</summary>
    public DateTimeOffset? LookedBackTo { get; init; }

    /// <summary>What this list has seen: to be given to a deletion from the inbox, or as <c>since</c>.</summary>
    public string? Seen { get; init; }
}

/// <summary>One recipient of one mail.</summary>
/// <param name="Id">The mail's public id.</param>
/// <param name="Recipient">Its place in the envelope, from 0.</param>
public sealed record RecipientAnswer(string Id, int Recipient, string State, string To, string From)
{
    public DateTimeOffset AcceptedAt { get; init; }
    public string? Subject { get; init; }

    /// <summary>The route it waits for or went by; empty if none matches.</summary>
    public string Route { get; init; } = "";
    public int FailedTries { get; init; }
    public DateTimeOffset? NextDue { get; init; }
    public long Size { get; init; }
    public string Source { get; init; } = "";

    /// <summary>Which application sent it, where that was recognised, and what about.</summary>
    public string? App { get; init; }
    public string? Item { get; init; }

    /// <summary>The last word: the next hop's reply, or why it failed.</summary>
    public string? Last { get; init; }

    /// <summary>The box it lies in while it is captured; absent where it is not.</summary>
    public string? Box { get; init; }

    /// <summary>True where it lies in a box and nobody has read the mail.</summary>
    public bool? Unread { get; init; }

    /// <summary>What people put on the captured mail.</summary>
    public IReadOnlyList<string>? Tags { get; init; }
}

/// <summary>One mail: <c>GET /api/v1/mails/{id}</c>, and <c>postroom queue show ID --json</c>.</summary>
public sealed record MailAnswer(string Id, DateTimeOffset AcceptedAt, string From)
{
    public string? Subject { get; init; }
    public string? HeaderFrom { get; init; }
    public string? MessageId { get; init; }
    public string? Repaired { get; init; }
    public string? EnvelopeId { get; init; }
    public long Size { get; init; }
    public required string Listener { get; init; }
    public required string Client { get; init; }
    public string? Helo { get; init; }
    public string? User { get; init; }
    public required string Protocol { get; init; }

    /// <summary>Which application sent it, and about what; absent where it was not recognised.</summary>
    public ApplicationAnswer? Application { get; init; }

    /// <summary>Which mail it repeats; absent where it was not handed over before. Where not all recipients had been
    /// sent that, the trail says who.</summary>
    public DuplicateAnswer? DuplicateOf { get; init; }

    /// <summary>Which mail it is once more, by a person's word; absent where it is none.</summary>
    public ReplayOfAnswer? ReplayOf { get; init; }

    /// <summary>The mails that are this one once more, as the trail has them; absent where there are none.</summary>
    public IReadOnlyList<string>? ReplayedAs { get; init; }
    public required IReadOnlyList<RecipientAnswer> Recipients { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public required IReadOnlyList<EventAnswer> Trail { get; init; }
}

/// <summary>A mail that was handed over before another, and is the same.</summary>
/// <param name="Seconds">How much earlier.</param>
public sealed record DuplicateAnswer(string Id, long Seconds);

/// <summary>Why, or why not: <c>GET /api/v1/why?filter=…</c>, and <c>postroom why FILTER --json</c>.</summary>
/// <param name="Verdict">The state of all that was found; <c>several</c> where they differ, <c>none</c> where there is
/// nothing.</param>
/// <param name="Sentences">What is so.</param>
/// <param name="Next">Which side to look at next, and what to do there.</param>
/// <param name="Recipients">What the answer is about, newest mail first, 200 at most.</param>
public sealed record ReasonsAnswer(string Verdict, IReadOnlyList<string> Sentences, IReadOnlyList<string> Next,
    IReadOnlyList<RecipientAnswer> Recipients);

/// <summary>What a mail says of the application that sent it, as far as it does.</summary>
/// <param name="App">Its name: <c>jira</c>, <c>gitlab</c>, or that of an <c>[[application]]</c>.</param>
public sealed record ApplicationAnswer(string App)
{
    public string? Instance { get; init; }
    public string? Site { get; init; }
    public string? Node { get; init; }
    public string? Project { get; init; }
    public string? Item { get; init; }
    public string? Event { get; init; }
    public string? Actor { get; init; }
    public string? Reason { get; init; }
}

/// <summary>One thing that happened.</summary>
/// <param name="Recipient">The recipient's place in the envelope; null for the whole mail.</param>
public sealed record EventAnswer(DateTimeOffset At, string Kind, int? Recipient)
{
    public string? Who { get; init; }
    public string? Route { get; init; }
    public string? Reply { get; init; }
    public FailureAnswer? Failure { get; init; }
    public ExplanationAnswer? Explanation { get; init; }
    public string? Text { get; init; }
    public DateTimeOffset? NextDue { get; init; }
    public AttemptAnswer? Attempt { get; init; }
}

/// <summary>One thing that happened just now: <c>GET /api/v1/trail</c>.</summary>
/// <param name="Mail">The id of the mail it happened to; null for the relay itself.</param>
public sealed record TrailAnswer(string? Mail, EventAnswer Event);

/// <summary>Why a try failed, in the words of RFC 3464 §2.3.</summary>
public sealed record FailureAnswer(string Fault, string Status, string Diagnostic, string? RemoteMta);

/// <summary>What a failure means in plain words, and what to do about it.</summary>
/// <param name="Name">Never changes: docs/reference/refused-logins.md lists them.</param>
public sealed record ExplanationAnswer(string Name, string Cause, string Cure);

/// <summary>How a try went.</summary>
public sealed record AttemptAnswer(string? Remote, string? Greeting, string? Tls, bool Reused,
    IReadOnlyList<StepAnswer> Steps)
{
    public string? Transcript { get; init; }
}

/// <summary>One step of a try.</summary>
public sealed record StepAnswer(string Name, double Milliseconds);

/// <summary>What to act on: a filter or ids, not both; an empty filter only with <paramref name="All"/>.</summary>
public sealed record ActionRequest(string? Filter = null, IReadOnlyList<string>? Ids = null, bool All = false,
    string? Why = null);

/// <summary>What an action did.</summary>
/// <param name="Matched">Recipients found.</param>
/// <param name="Changed">Recipients whose state allowed it.</param>
public sealed record ActionAnswer(string Action, long Matched, long Changed);

/// <summary>How the relay stands: <c>GET /api/v1/status</c>.</summary>
public sealed record StatusAnswer(string Version, string Mode, string HostName, int ProcessId)
{
    /// <summary>Who said that mode for all mail, and why; absent where it is the configuration's.</summary>
    public OverrideAnswer? ModeSet { get; init; }
    public DateTimeOffset StartedAt { get; init; }
    public required string DataFolder { get; init; }
    public required IReadOnlyList<string> Listeners { get; init; }

    /// <summary>Where the API is served by TCP; absent where it is not.</summary>
    public string? Api { get; init; }

    /// <summary>False while the disk is below its floor and nothing is accepted.</summary>
    public bool HasRoom { get; init; }

    /// <summary>Records of the journal that search does not know yet.</summary>
    public long IndexBehind { get; init; }
    public required IReadOnlyDictionary<string, long> Counts { get; init; }
    public required IReadOnlyList<LaneAnswer> Routes { get; init; }

    /// <summary>Why nothing is sent from this machine: the installation is live on another; absent where it is
    /// not.</summary>
    public string? Foreign { get; init; }

    /// <summary>The alarms that are raised, the oldest first.</summary>
    public IReadOnlyList<RaisedAnswer>? Alarms { get; init; }
}

/// <summary>How one lane stands.</summary>
/// <param name="Waiting">Parcels waiting or being tried.</param>
public sealed record LaneAnswer(string Route, long Waiting, int InFlight, bool Paused)
{
    public DateTimeOffset? PausedSince { get; init; }
    public FailureAnswer? Cause { get; init; }
    public ExplanationAnswer? Explanation { get; init; }
    public DateTimeOffset? NextProbe { get; init; }
}

/// <summary>The secrets, by name, and nothing of what they are: <c>GET /api/v1/secrets</c>.</summary>
public sealed record SecretsAnswer(IReadOnlyList<SecretAnswer> Secrets);

/// <summary>What may be known of a secret.</summary>
/// <param name="SetAt">When it got its value.</param>
/// <param name="Key">The id of the key that it is sealed with.</param>
public sealed record SecretAnswer(string Name, DateTimeOffset SetAt, string Key)
{
    public DateTimeOffset? UsedAt { get; init; }
    public DateOnly? RotateBy { get; init; }
    public DateOnly? Expires { get; init; }

    /// <summary>Why it does not open, and what to do.</summary>
    public string? Trouble { get; init; }
}

/// <summary>A secret to be kept: <c>PUT /api/v1/secrets/{name}</c>. It comes back from nowhere.</summary>
public sealed record SecretRequest(string Value, DateOnly? RotateBy = null, DateOnly? Expires = null)
{
    public override string ToString() => "•••";
}

/// <summary>What a new key changed: <c>POST /api/v1/secrets/rotate</c>.</summary>
/// <param name="Key">The id of the key in use.</param>
/// <param name="Secrets">How many are sealed with it.</param>
/// <param name="OldIsGone">False: whoever gave the old keys has to take them away.</param>
public sealed record RotationAnswer(string Key, int Secrets, bool OldIsGone);

/// <summary>The tokens, by name, and nothing of what they are: <c>GET /api/v1/tokens</c>.</summary>
public sealed record TokensAnswer(IReadOnlyList<TokenAnswer> Tokens);

/// <summary>What may be known of a token.</summary>
/// <param name="Scopes">What it is for: submit, read, operate, administer.</param>
public sealed record TokenAnswer(string Name, IReadOnlyList<string> Scopes, DateOnly MadeOn)
{
    /// <summary>The last day on which it holds, UTC; absent: until it is taken away.</summary>
    public DateOnly? Expires { get; init; }

    /// <summary>The last day on which it was used, UTC; absent: never.</summary>
    public DateOnly? UsedOn { get; init; }

    /// <summary>True where its day has passed.</summary>
    public bool? IsOver { get; init; }
}

/// <summary>A token to be made: <c>PUT /api/v1/tokens/{name}</c>.</summary>
/// <param name="Scopes">What it is for: submit, read, operate, administer.</param>
/// <param name="Expires">The last day on which it is to hold, UTC; without it, until it is taken away.</param>
public sealed record TokenRequest(IReadOnlyList<string> Scopes, DateOnly? Expires = null);

/// <summary>A token that was made.</summary>
/// <param name="Token">Itself. It comes back from nowhere: keep it now.</param>
public sealed record NewTokenAnswer(string Token, TokenAnswer Facts)
{
    public override string ToString() => "•••";
}

/// <summary>How to try a route out: <c>POST /api/v1/routes/{name}/test</c>.</summary>
/// <param name="From">The reverse-path to offer; null for the account's own.</param>
/// <param name="SendTo">Send a small mail there if all is well; null: turn back before sending.</param>
public sealed record TrialRequest(string? From = null, string? SendTo = null);

/// <summary>How a route was tried out.</summary>
/// <param name="From">The reverse-path that was offered.</param>
public sealed record TrialAnswer(string Route, string From, IReadOnlyList<TrialStepAnswer> Steps)
{
    /// <summary>Why a mail could not go this way now; null if one could.</summary>
    public FailureAnswer? Failure { get; init; }
    public ExplanationAnswer? Explanation { get; init; }

    /// <summary>The mail that was sent, if one was asked for: look at it with <c>queue show</c>.</summary>
    public string? Mail { get; init; }
}

/// <param name="Words">The other side's own.</param>
public sealed record TrialStepAnswer(string Name, double Milliseconds, string Words);

/// <summary>Everything that ends by itself, the next first: <c>GET /api/v1/calendar</c>.</summary>
public sealed record CalendarAnswer(IReadOnlyList<ExpiryAnswer> Expiries);

/// <param name="Day">The last on which it holds, UTC.</param>
/// <param name="Cure">What to do before.</param>
public sealed record ExpiryAnswer(string What, DateOnly Day, string Cure);

/// <summary>An address to be looked for in the log: <c>POST /api/v1/log/word</c>. In a body, because what stands in a
/// URL comes into the logs of whoever is between.</summary>
public sealed record LogWordRequest(string? Address = null);

/// <summary>How an address stands in the log.</summary>
/// <param name="Word">What to look for.</param>
/// <param name="Addresses">As <c>[log] addresses</c> has it: plain, masked, hashed. Masked too where the key of the
/// hashes cannot be had.</param>
public sealed record LogWordAnswer(string Word, string Addresses);

/// <summary>What a reload did. Refused whole if there is any mistake.</summary>
public sealed record ReloadAnswer(bool Reloaded, string File, IReadOnlyList<string> Mistakes,
    IReadOnlyList<string> Warnings);

/// <summary>An error: RFC 9457 §3.</summary>
/// <param name="Title">What is wrong.</param>
/// <param name="Detail">What to do about it.</param>
public sealed record ProblemAnswer(string Title, int Status, string Detail, IReadOnlyList<string>? Mistakes = null)
{
    public string Type { get; init; } = "about:blank";
}

/// <summary>A yes: <c>GET /healthz</c>.</summary>
public sealed record HealthAnswer(string Status);

/// <summary>The generated code for all of these: nothing is looked up by reflection, so the command line starts
/// fast.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(QueueAnswer))]
[JsonSerializable(typeof(MailAnswer))]
[JsonSerializable(typeof(ReasonsAnswer))]
[JsonSerializable(typeof(ContentAnswer))]
[JsonSerializable(typeof(LinksAnswer))]
[JsonSerializable(typeof(CodesAnswer))]
[JsonSerializable(typeof(ChecksAnswer))]
[JsonSerializable(typeof(Letter))]
[JsonSerializable(typeof(MessageAnswer))]
[JsonSerializable(typeof(TrailAnswer))]
[JsonSerializable(typeof(AuditRequest))]
[JsonSerializable(typeof(AuditAnswer))]
[JsonSerializable(typeof(CheckpointsAnswer))]
[JsonSerializable(typeof(AuditKeyAnswer))]
[JsonSerializable(typeof(ListenerUserRequest))]
[JsonSerializable(typeof(ListenerUserAnswer))]
[JsonSerializable(typeof(ActionRequest))]
[JsonSerializable(typeof(ActionAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(SecretsAnswer))]
[JsonSerializable(typeof(SecretRequest))]
[JsonSerializable(typeof(RotationAnswer))]
[JsonSerializable(typeof(TokensAnswer))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(NewTokenAnswer))]
[JsonSerializable(typeof(TrialRequest))]
[JsonSerializable(typeof(TrialAnswer))]
[JsonSerializable(typeof(CalendarAnswer))]
[JsonSerializable(typeof(ErasureRequest))]
[JsonSerializable(typeof(ErasureAnswer))]
[JsonSerializable(typeof(SuppressionsAnswer))]
[JsonSerializable(typeof(SuppressionRequest))]
[JsonSerializable(typeof(SuppressedAnswer))]
[JsonSerializable(typeof(AlarmsAnswer))]
[JsonSerializable(typeof(NoticesAnswer))]
[JsonSerializable(typeof(ReceiverTestAnswer))]
[JsonSerializable(typeof(TroubleAnswer))]
[JsonSerializable(typeof(TroubleRequest))]
[JsonSerializable(typeof(StormsAnswer))]
[JsonSerializable(typeof(StormRequest))]
[JsonSerializable(typeof(StormDoneAnswer))]
[JsonSerializable(typeof(ModeAnswer))]
[JsonSerializable(typeof(ModeRequest))]
[JsonSerializable(typeof(LiveAnswer))]
[JsonSerializable(typeof(LiveRequest))]
[JsonSerializable(typeof(LogWordRequest))]
[JsonSerializable(typeof(LogWordAnswer))]
[JsonSerializable(typeof(ReloadAnswer))]
[JsonSerializable(typeof(BoxesAnswer))]
[JsonSerializable(typeof(InboxRequest))]
[JsonSerializable(typeof(InboxAnswer))]
[JsonSerializable(typeof(ResetAnswer))]
[JsonSerializable(typeof(ExpectAnswer))]
[JsonSerializable(typeof(UnmetAnswer))]
[JsonSerializable(typeof(ReplayRequest))]
[JsonSerializable(typeof(ReplayAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
public sealed partial class ApiJson : JsonSerializerContext;
