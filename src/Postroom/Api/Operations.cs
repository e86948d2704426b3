using System.Runtime.CompilerServices;
using Postroom.Api.Access;
using Postroom.Api.Contents;

[assembly: InternalsVisibleTo("Postroom.Simulation")] // builds the rooms of people as the host does
[assembly: InternalsVisibleTo("Postroom.Tests")] // the document is made from the operations, and the rates are tried

namespace Postroom.Api;

/// <summary>Everything that the API does.</summary>
internal static class Operations
{
    private static readonly Content Mail = new("message/rfc822", null);

    private static readonly Parameter Filter =
        new("filter", "string", "Which mails, in the language of filters; without it, all.");

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("GET", "/healthz", Scopes.None, "Whether the process is alive.",
            static (_, call) => HouseRequests.Health(call))
        {
            Name = "getHealth", Gives = Content.Json(ApiJson.Default.HealthAnswer),
        },
        new("GET", "/readyz", Scopes.None, "Whether mail is accepted now; 503 where the disk is at its floor.",
            static (api, call) => api.House.Ready(call))
        {
            Name = "getReadiness", Gives = Content.Json(ApiJson.Default.HealthAnswer),
        },
        new("GET", "/metrics", Scopes.Metrics, "What every instrument says, as Prometheus reads it.",
            static (api, call) => api.House.MetricsAsync(call))
        {
            Name = "getMetrics", Gives = new Content("text/plain", null),
        },
        new("GET", "/api/openapi.json", Scopes.None, "This document.", static (_, call) => OpenApi.WriteAsync(call))
        {
            Name = "getDocument", Gives = new Content("application/json", null),
        },
        .. OfMessages,
        .. OfMail,
        .. ContentOperations.All,
        .. Inbox.InboxOperations.All,
        .. Replays.ReplayOperations.All,
        .. OfHouse,
        .. Storms.StormOperations.All,
        .. OfSecrets,
        .. OfAlarms,
        .. OfSuppressions,
        .. OfAudit,
    ];

    private static Operation[] OfMessages =>
    [
        new("POST", "/api/v1/messages", Scopes.Submit,
            "Hands a mail over: as it is, or to be written. Answered when it is on stable storage.",
            static (api, call) => api.Messages.SubmitAsync(call))
        {
            Name = "submitMessage",
            Query =
            [
                new Parameter("from", "string", "Of a mail as it is: whom failures go to; empty: nobody."),
                new Parameter("to", "string", "Of a mail as it is: each recipient.") { IsList = true },
            ],
            Header = new Parameter("Idempotency-Key", "string",
                "A key of one's own: the same mail under the same key is taken once, within seven days."),
            Takes = [Content.Json(ApiJson.Default.Letter), Mail],
            Gives = Content.Json(ApiJson.Default.MessageAnswer),
            Status = 202,
        },
        new("GET", "/api/v1/messages/wait", Scopes.Read,
            "Waits until there is a mail that matches: for the tests of an application.",
            static (api, call) => api.Trail.WaitAsync(call))
        {
            Name = "waitForMessage",
            Query =
            [
                Filter,
                new Parameter("box", "string", "Only what lies in this box."),
                new Parameter("since", "string",
                    "Only mail accepted at or after this instant (RFC 3339), or captured after this mark."),
                new Parameter("timeout", "integer", "Seconds to wait, 1 to 300; 30 without it."),
                new Parameter("count", "integer", "How many recipients there have to be, 1 to 1000; 1 without it."),
            ],
            Gives = Content.Json(ApiJson.Default.QueueAnswer),
        },
        new("GET", "/api/v1/messages/export", Scopes.Read,
            "All that match, newest first, as JSON lines, as CSV, or as an mbox with their bytes.",
            static (api, call) => api.Exports.ExportAsync(call))
        {
            Name = "exportMessages",
            Query =
            [
                Filter,
                new Parameter("as", "string", "jsonl (without it), csv: a line a recipient; mbox: the mails."),
            ],
            Gives = new Content("application/jsonl", null),
        },
        new("GET", "/api/v1/trail", Scopes.Read, "What happens from now on, as server-sent events.",
            static (api, call) => api.Trail.FollowAsync(call))
        {
            Name = "followTrail", Query = [Filter], Gives = new Content("text/event-stream", null),
        },
    ];

    private static Operation[] OfMail =>
    [
        new("GET", "/api/v1/queue", Scopes.Read, "A page of recipients, newest mail first.",
            static (api, call) => api.Mails.QueueAsync(call))
        {
            Name = "listRecipients",
            Query =
            [
                Filter,
                new Parameter("after", "string", "The cursor of the page before: what its next says."),
                new Parameter("most", "integer", "Rows of the page, 1 to 1000; 50 without it."),
                new Parameter("exact", "boolean", "Count all that match, however long that takes."),
            ],
            Gives = Content.Json(ApiJson.Default.QueueAnswer),
        },
        new("GET", "/api/v1/why", Scopes.Read, "What became of a mail, or why there is none, in sentences.",
            static (api, call) => api.Mails.WhyAsync(call))
        {
            Name = "explain", Query = [Filter], Gives = Content.Json(ApiJson.Default.ReasonsAnswer),
        },
        new("GET", "/api/v1/mails/{id}", Scopes.Read, "One mail with its recipients and its trail.",
            static (api, call) => api.Mails.MailAsync(call))
        {
            Name = "getMail", Gives = Content.Json(ApiJson.Default.MailAnswer),
        },
        new("GET", "/api/v1/mails/{id}/raw", Scopes.Read, "The bytes as they leave or left, while they are kept.",
            static (api, call) => api.Mails.RawAsync(call))
        {
            Name = "getRawMail", Gives = Mail,
        },
        new("POST", "/api/v1/queue/{action}", Scopes.Operate,
            "Does retry, hold, release or cancel to what a filter finds, or to ids.",
            static (api, call) => api.Mails.ActAsync(call))
        {
            Name = "act",
            Takes = [Content.Json(ApiJson.Default.ActionRequest)],
            Gives = Content.Json(ApiJson.Default.ActionAnswer),
        },
    ];

    private static Operation[] OfHouse =>
    [
        new("GET", "/api/v1/status", Scopes.Read, "How the relay stands.",
            static (api, call) => api.House.StatusAsync(call))
        {
            Name = "getStatus", Gives = Content.Json(ApiJson.Default.StatusAnswer),
        },
        new("GET", "/api/v1/calendar", Scopes.Read, "What ends by itself, the next first.",
            static (api, call) => api.House.CalendarAsync(call))
        {
            Name = "getCalendar", Gives = Content.Json(ApiJson.Default.CalendarAnswer),
        },
        new("GET", "/api/v1/mode", Scopes.Read, "What becomes of mail, and who said so.",
            static (api, call) => api.Modes.ShowAsync(call))
        {
            Name = "getMode", Gives = Content.Json(ApiJson.Default.ModeAnswer),
        },
        new("PUT", "/api/v1/mode", Scopes.Operate,
            "Says what becomes of mail, in the place of the configuration; looser than that only by administer.",
            static (api, call) => api.Modes.SetAsync(call))
        {
            Name = "setMode",
            Takes = [Content.Json(ApiJson.Default.ModeRequest)],
            Gives = Content.Json(ApiJson.Default.ModeAnswer),
        },
        new("DELETE", "/api/v1/mode", Scopes.Operate,
            "Takes back what was said: of all mail, of a rule, of a filter, or everything.",
            static (api, call) => api.Modes.ClearAsync(call))
        {
            Name = "clearMode",
            Query =
            [
                new Parameter("rule", "string", "The rule in whose place it stands."),
                new Parameter("filter", "string", "The filter it was said for, as it was written."),
                new Parameter("all", "boolean", "Everything that was said."),
            ],
            Gives = Content.Json(ApiJson.Default.ModeAnswer),
        },
        new("GET", "/api/v1/trouble", Scopes.Read, "What is made to go wrong on purpose, and how often it did.",
            static (api, call) => api.Trouble.ShowAsync(call))
        {
            Name = "getTrouble", Gives = Content.Json(ApiJson.Default.TroubleAnswer),
        },
        new("PUT", "/api/v1/trouble/{name}", Scopes.Operate,
            "Has something go wrong for a while; mail that goes out meets it only by administer.",
            static (api, call) => api.Trouble.SetAsync(call))
        {
            Name = "setTrouble",
            Takes = [Content.Json(ApiJson.Default.TroubleRequest)],
            Gives = Content.Json(ApiJson.Default.TroubleAnswer),
        },
        new("DELETE", "/api/v1/trouble/{name}", Scopes.Operate, "Takes back what was set under a name.",
            static (api, call) => api.Trouble.ClearAsync(call))
        {
            Name = "clearTrouble", Gives = Content.Json(ApiJson.Default.TroubleAnswer),
        },
        new("DELETE", "/api/v1/trouble", Scopes.Operate, "Takes back all that was set.",
            static (api, call) => api.Trouble.ClearAllAsync(call))
        {
            Name = "clearAllTrouble", Gives = Content.Json(ApiJson.Default.TroubleAnswer),
        },
        new("GET", "/api/v1/live", Scopes.Read, "On which machine mail is live, and what arrives from elsewhere.",
            static (api, call) => api.Live.ShowAsync(call))
        {
            Name = "getLive", Gives = Content.Json(ApiJson.Default.LiveAnswer),
        },
        new("POST", "/api/v1/live/confirm", Scopes.Administer,
            "Says that a move is meant: mail is live on this machine, or a source at home where it arrives from.",
            static (api, call) => api.Live.ConfirmAsync(call))
        {
            Name = "confirmLive",
            Takes = [Content.Json(ApiJson.Default.LiveRequest)],
            Gives = Content.Json(ApiJson.Default.LiveAnswer),
        },
        new("POST", "/api/v1/reload", Scopes.Administer,
            "Takes the changed configuration into use; 422 with the mistakes where it is wrong.",
            static (api, call) => api.House.ReloadAsync(call))
        {
            Name = "reload", Gives = Content.Json(ApiJson.Default.ReloadAnswer),
        },
        new("POST", "/api/v1/log/word", Scopes.Operate, "How an address stands in the log, to look for it there.",
            static (api, call) => api.House.LogWordAsync(call))
        {
            Name = "getLogWord",
            Takes = [Content.Json(ApiJson.Default.LogWordRequest)],
            Gives = Content.Json(ApiJson.Default.LogWordAnswer),
        },
        new("POST", "/api/v1/routes/{name}/test", Scopes.Operate,
            "Goes the way of a mail and turns back before sending, or sends one.",
            static (api, call) => api.House.TryOutAsync(call))
        {
            Name = "testRoute",
            Takes = [Content.Json(ApiJson.Default.TrialRequest)],
            Gives = Content.Json(ApiJson.Default.TrialAnswer),
        },
    ];

    private static Operation[] OfAlarms =>
    [
        new("GET", "/api/v1/alarms", Scopes.Read, "What is wrong now, what is looked at, and who is told.",
            static (api, call) => api.Alarms.AlarmsAsync(call))
        {
            Name = "listAlarms", Gives = Content.Json(ApiJson.Default.AlarmsAnswer),
        },
        new("GET", "/api/v1/notices", Scopes.Read, "What receivers are told, and how that goes; oldest first.",
            static (api, call) => api.Alarms.NoticesAsync(call))
        {
            Name = "listNotices", Gives = Content.Json(ApiJson.Default.NoticesAnswer),
        },
        new("POST", "/api/v1/receivers/{name}/test", Scopes.Operate, "Tells a receiver of alarms that this is a test.",
            static (api, call) => api.Alarms.TestAsync(call))
        {
            Name = "testReceiver", Gives = Content.Json(ApiJson.Default.ReceiverTestAnswer),
        },
    ];

    private static Operation[] OfSuppressions =>
    [
        new("GET", "/api/v1/suppressions", Scopes.Read, "The addresses that no mail is sent to, by address.",
            static (api, call) => api.Suppressions.ListAsync(call))
        {
            Name = "listSuppressions", Gives = Content.Json(ApiJson.Default.SuppressionsAnswer),
        },
        new("POST", "/api/v1/suppressions", Scopes.Operate, "Puts addresses on the list, all or none.",
            static (api, call) => api.Suppressions.AddAsync(call))
        {
            Name = "addSuppressions",
            Takes = [Content.Json(ApiJson.Default.SuppressionRequest)],
            Gives = Content.Json(ApiJson.Default.SuppressedAnswer),
        },
        new("DELETE", "/api/v1/suppressions/{address}", Scopes.Operate,
            "Takes an address off the list: mail goes there again.",
            static (api, call) => api.Suppressions.RemoveAsync(call))
        {
            Name = "removeSuppression", Gives = Content.Json(ApiJson.Default.SuppressionsAnswer),
        },
    ];

    private static Operation[] OfAudit =>
    [
        new("POST", "/api/v1/erasures", Scopes.Administer,
            "Erases all records about an address, whose mail has all ended; the chain of records stays whole.",
            static (api, call) => api.Erasures.EraseAsync(call))
        {
            Name = "erasePerson",
            Takes = [Content.Json(ApiJson.Default.ErasureRequest)],
            Gives = Content.Json(ApiJson.Default.ErasureAnswer),
        },
        new("POST", "/api/v1/audit/verify", Scopes.Read,
            "Verifies the journal and its checkpoints, beside everything else.",
            static (api, call) => api.Audit.VerifyAsync(call))
        {
            Name = "verifyJournal",
            Takes = [Content.Json(ApiJson.Default.AuditRequest)],
            Gives = Content.Json(ApiJson.Default.AuditAnswer),
        },
        new("GET", "/api/v1/audit/checkpoints", Scopes.Read, "The checkpoints in the journal, oldest first.",
            static (api, call) => api.Audit.CheckpointsAsync(call))
        {
            Name = "listCheckpoints", Gives = Content.Json(ApiJson.Default.CheckpointsAnswer),
        },
        new("GET", "/api/v1/audit/key", Scopes.Read, "The public keys with which checkpoints are signed.",
            static (api, call) => api.Audit.KeyAsync(call))
        {
            Name = "getAuditKey", Gives = Content.Json(ApiJson.Default.AuditKeyAnswer),
        },
        new("PUT", "/api/v1/listener-users/{name}", Scopes.Administer, "Lets somebody log in at listeners.",
            static (api, call) => api.Users.SetAsync(call))
        {
            Name = "setListenerUser",
            Takes = [Content.Json(ApiJson.Default.ListenerUserRequest)],
            Gives = Content.Json(ApiJson.Default.ListenerUserAnswer),
        },
        new("DELETE", "/api/v1/listener-users/{name}", Scopes.Administer, "Lets somebody log in no more.",
            static (api, call) => api.Users.RemoveAsync(call))
        {
            Name = "removeListenerUser", Gives = Content.Json(ApiJson.Default.ListenerUserAnswer),
        },
    ];

    private static Operation[] OfSecrets =>
    [
        new("GET", "/api/v1/secrets", Scopes.Administer, "The secrets by name. Never what they are.",
            static (api, call) => api.House.SecretsAsync(call))
        {
            Name = "listSecrets", Gives = Content.Json(ApiJson.Default.SecretsAnswer),
        },
        new("PUT", "/api/v1/secrets/{name}", Scopes.Administer, "Keeps a secret; what waits for it is tried at once.",
            static (api, call) => api.House.SetSecretAsync(call))
        {
            Name = "setSecret",
            Takes = [Content.Json(ApiJson.Default.SecretRequest)],
            Gives = Content.Json(ApiJson.Default.SecretAnswer),
        },
        new("DELETE", "/api/v1/secrets/{name}", Scopes.Administer, "Forgets a secret.",
            static (api, call) => api.House.DeleteSecretAsync(call))
        {
            Name = "deleteSecret", Gives = Content.Json(ApiJson.Default.SecretsAnswer),
        },
        new("POST", "/api/v1/secrets/rotate", Scopes.Administer, "Seals all secrets with a new key.",
            static (api, call) => api.House.RotateAsync(call))
        {
            Name = "rotateSecrets", Gives = Content.Json(ApiJson.Default.RotationAnswer),
        },
        new("GET", "/api/v1/tokens", Scopes.Administer, "The tokens by name. Never what they are.",
            static (api, call) => api.House.TokensAsync(call))
        {
            Name = "listTokens", Gives = Content.Json(ApiJson.Default.TokensAnswer),
        },
        new("PUT", "/api/v1/tokens/{name}", Scopes.Administer,
            "Makes a token, in the place of one of the same name. It is shown this once.",
            static (api, call) => api.House.MakeTokenAsync(call))
        {
            Name = "makeToken",
            Takes = [Content.Json(ApiJson.Default.TokenRequest)],
            Gives = Content.Json(ApiJson.Default.NewTokenAnswer),
        },
        new("DELETE", "/api/v1/tokens/{name}", Scopes.Administer, "Takes a token away: it holds no more.",
            static (api, call) => api.House.DeleteTokenAsync(call))
        {
            Name = "deleteToken", Gives = Content.Json(ApiJson.Default.TokensAnswer),
        },
    ];
}
