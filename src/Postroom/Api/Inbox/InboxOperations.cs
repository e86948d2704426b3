using Postroom.Api.Access;

namespace Postroom.Api.Inbox;

/// <summary>What the API does with captured mail, and for the tests of an application.</summary>
internal static class InboxOperations
{
    private static readonly Parameter Filter =
        new("filter", "string", "Which mails, in the language of filters; without it, all.");

    public static Operation[] All =>
    [
        new("GET", "/api/v1/boxes", Scopes.Read, "The boxes that captured mail lies in, with how much is in each.",
            static (api, call) => api.Inbox.BoxesAsync(call))
        {
            Name = "listBoxes",
            Query = [new Parameter("most", "integer", "How many, 1 to 1000; 100 without it.")],
            Gives = Content.Json(ApiJson.Default.BoxesAnswer),
        },
        new("POST", "/api/v1/boxes/{box}/reset", Scopes.Operate,
            "Empties a box, and says from where a test waits for what comes next.",
            static (api, call) => api.Inbox.ResetAsync(call))
        {
            Name = "resetBox", Gives = Content.Json(ApiJson.Default.ResetAnswer),
        },
        new("GET", "/api/v1/inbox", Scopes.Read, "A page of captured recipients, newest mail first.",
            static (api, call) => api.Inbox.ListAsync(call))
        {
            Name = "listInbox",
            Query =
            [
                Filter,
                new Parameter("after", "string", "The cursor of the page before: what its next says."),
                new Parameter("most", "integer", "Rows of the page, 1 to 1000; 50 without it."),
            ],
            Gives = Content.Json(ApiJson.Default.QueueAnswer),
        },
        new("POST", "/api/v1/inbox/{action}", Scopes.Operate,
            "Does read, unread, tag, untag, delete or release to what a filter finds, or to ids.",
            static (api, call) => api.Inbox.ActAsync(call))
        {
            Name = "actOnInbox",
            Header = new Parameter("Idempotency-Key", "string",
                "Of a release to others, a key of one's own: the same under the same key is done once."),
            Takes = [Content.Json(ApiJson.Default.InboxRequest)],
            Gives = Content.Json(ApiJson.Default.InboxAnswer),
        },
        new("GET", "/api/v1/messages/expect", Scopes.Read,
            "Waits until so many match: 200, or 409 with what there is instead. For the tests of an application.",
            static (api, call) => api.Inbox.ExpectAsync(call))
        {
            Name = "expectMessages",
            Query =
            [
                Filter,
                new Parameter("box", "string", "Only what lies in this box."),
                new Parameter("since", "string", "Only what came after this mark, or was accepted since an instant."),
                new Parameter("count", "string", "How many: 2, 1..3, 1.. (without it), 0 for none."),
                new Parameter("within", "integer", "Seconds to wait, 1 to 300; 10 without it."),
                new Parameter("whole", "boolean", "Wait the whole time and judge then: no more may come either."),
            ],
            Gives = Content.Json(ApiJson.Default.ExpectAnswer),
        },
    ];
}
