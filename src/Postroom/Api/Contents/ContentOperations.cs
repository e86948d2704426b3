using Postroom.Api.Access;

namespace Postroom.Api.Contents;

/// <summary>What the API does with what a mail shows.</summary>
internal static class ContentOperations
{
    private static readonly Parameter Images = new("images", "boolean",
        "Images of elsewhere are shown, and so fetched by whoever looks; without it they are only named.");

    public static Operation[] All =>
    [
        new("GET", "/api/v1/mails/{id}/content", Scopes.Read,
            "What a mail shows: header, text, HTML made safe, parts. Who reads it is on the trail first.",
            static (api, call) => api.Contents.ContentAsync(call))
        {
            Name = "getContent", Query = [Images], Gives = Content.Json(ApiJson.Default.ContentAnswer),
        },
        new("GET", "/api/v1/mails/{id}/page", Scopes.Read, "A mail as a page that is safe to show.",
            static (api, call) => api.Contents.PageAsync(call))
        {
            Name = "getPage", Query = [Images], Gives = new Content("text/html", null),
        },
        new("GET", "/api/v1/mails/{id}/text", Scopes.Read, "The text of a mail; made of its HTML where it has none.",
            static (api, call) => api.Contents.TextAsync(call))
        {
            Name = "getText", Gives = new Content("text/plain", null),
        },
        new("GET", "/api/v1/mails/{id}/parts/{part}", Scopes.Read, "The octets of a part, decoded.",
            static (api, call) => api.Contents.PartAsync(call))
        {
            Name = "getPart", Gives = new Content("application/octet-stream", null),
        },
        new("GET", "/api/v1/mails/{id}/links", Scopes.Read, "The links of a mail, in order.",
            static (api, call) => api.Contents.LinksAsync(call))
        {
            Name = "getLinks", Gives = Content.Json(ApiJson.Default.LinksAnswer),
        },
        new("GET", "/api/v1/mails/{id}/codes", Scopes.Read, "What looks like a one-time code, most probable first.",
            static (api, call) => api.Contents.CodesAsync(call))
        {
            Name = "getCodes", Gives = Content.Json(ApiJson.Default.CodesAnswer),
        },
        new("GET", "/api/v1/mails/{id}/checks", Scopes.Read,
            "What of a mail will not arrive, not be seen or not be trusted. Nobody is asked but by fetch and dns.",
            static (api, call) => api.Contents.ChecksAsync(call))
        {
            Name = "checkMail",
            Query =
            [
                new Parameter("fetch", "boolean",
                    "The links are asked for by this relay, those of the public internet; needs operate."),
                new Parameter("dns", "boolean",
                    "DNS is asked for SPF, DKIM and DMARC as receivers would; needs operate."),
                new Parameter("ip", "string",
                    "With dns: the public address from which receivers would see the mail come, for SPF."),
            ],
            Gives = Content.Json(ApiJson.Default.ChecksAnswer),
        },
    ];
}
