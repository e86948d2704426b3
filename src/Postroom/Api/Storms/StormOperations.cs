using Postroom.Api.Access;

namespace Postroom.Api.Storms;

/// <summary>What the API does about bursts.</summary>
internal static class StormOperations
{
    public static Operation[] All =>
    [
        new("GET", "/api/v1/storms", Scopes.Read, "Bursts that were noticed, the newest first.",
            static (api, call) => api.Storms.ListAsync(call))
        {
            Name = "listStorms", Gives = Content.Json(ApiJson.Default.StormsAnswer),
        },
        new("GET", "/api/v1/storms/{id}", Scopes.Read, "One burst, with what is held of it.",
            static (api, call) => api.Storms.ShowAsync(call))
        {
            Name = "getStorm", Gives = Content.Json(ApiJson.Default.StormAnswer),
        },
        new("POST", "/api/v1/storms/{id}/release", Scopes.Operate,
            "Lets go all that is held of it, at once or slowly; at once, what else comes of it passes.",
            static (api, call) => api.Storms.ReleaseAsync(call))
        {
            Name = "releaseStorm",
            Takes = [Content.Json(ApiJson.Default.StormRequest)],
            Gives = Content.Json(ApiJson.Default.StormDoneAnswer),
        },
        new("POST", "/api/v1/storms/{id}/thin", Scopes.Administer,
            "Lets the newest mail of each recipient go, and cancels the others.",
            static (api, call) => api.Storms.ThinAsync(call))
        {
            Name = "thinStorm",
            Takes = [Content.Json(ApiJson.Default.StormRequest)],
            Gives = Content.Json(ApiJson.Default.StormDoneAnswer),
        },
        new("POST", "/api/v1/storms/{id}/discard", Scopes.Administer, "Cancels all that is held of it.",
            static (api, call) => api.Storms.DiscardAsync(call))
        {
            Name = "discardStorm",
            Takes = [Content.Json(ApiJson.Default.StormRequest)],
            Gives = Content.Json(ApiJson.Default.StormDoneAnswer),
        },
    ];
}
