using Postroom.Api.Access;

namespace Postroom.Api.Replays;

/// <summary>What the API hands over once more.</summary>
internal static class ReplayOperations
{
    public static Operation[] All =>
    [
        new("POST", "/api/v1/replays", Scopes.Operate,
            "Hands what a filter finds, or ids, over once more, a page at a time: each mail once to each recipient.",
            static (api, call) => api.Replays.ReplayAsync(call))
        {
            Name = "replayMessages",
            Takes = [Content.Json(ApiJson.Default.ReplayRequest)],
            Gives = Content.Json(ApiJson.Default.ReplayAnswer),
        },
    ];
}
