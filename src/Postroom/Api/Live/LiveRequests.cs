using Postroom.Mail;

namespace Postroom.Api.Live;

/// <summary>On which machine mail is live, and what would go out: <c>GET /api/v1/live</c>.</summary>
/// <param name="Machine">This machine.</param>
/// <param name="Foreign">It is live on another: nothing is sent.</param>
public sealed record LiveAnswer(string Machine, bool Foreign)
{
    /// <summary>The machine it is live on; absent: on none yet.</summary>
    public string? LiveOn { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Who confirmed that; absent: it bound itself.</summary>
    public string? By { get; init; }

    /// <summary>What tells this machine from the one it is live on.</summary>
    public IReadOnlyList<string> Differs { get; init; } = [];

    /// <summary>What <c>live_on</c> still says in the configuration, though a move from there was confirmed.</summary>
    public string? Overruled { get; init; }

    /// <summary>Recipients that wait.</summary>
    public long Waiting { get; init; }

    /// <summary>Recipients that are held; they stay so.</summary>
    public long Held { get; init; }

    /// <summary>Recipients that were captured; they stay so.</summary>
    public long Captured { get; init; }

    /// <summary>Application instances that arrive from elsewhere than from home.</summary>
    public IReadOnlyList<CopiedAnswer> Sources { get; init; } = [];
}

/// <summary>An application instance that arrives from elsewhere: its mail is captured.</summary>
/// <param name="Captured">Recipients, since the start.</param>
public sealed record CopiedAnswer(string Source, string Why, long Captured);

/// <summary>A person's word that a move is meant: <c>POST /api/v1/live/confirm</c>.</summary>
/// <param name="Reason">For the record.</param>
/// <param name="Source">A source, as <c>GET /api/v1/live</c> names it; without it, this machine.</param>
public sealed record LiveRequest(string? Reason = null, string? Source = null);

/// <summary>The same, with who says it.</summary>
public sealed record Confirmation(string Who, string Reason, string? Source);

/// <summary>Answers <c>/api/v1/live</c>.</summary>
internal sealed class LiveRequests(ApiDoors doors)
{
    public Task ShowAsync(Call call) => call.WriteAsync(doors.Live(), ApiJson.Default.LiveAnswer);

    public async Task ConfirmAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.LiveRequest) ?? new LiveRequest();
        var reason = AppFacts.Text(request.Reason)
            ?? throw ApiProblem.Bad("a confirmation needs a reason", "Say in reason why mail may go out from here.");
        try
        {
            if (!await doors.Confirm(new Confirmation(call.Caller.Name, reason, AppFacts.Text(request.Source))))
                throw new ApiProblem(404, request.Source is { } source ? $"{source} is at home, or is not known"
                    : "it is live on this machine, or on none yet: there is nothing to confirm",
                    "Look with: postroom live");
            await call.WriteAsync(doors.Live(), ApiJson.Default.LiveAnswer);
        }
        catch (IOException e)
        {
            throw new ApiProblem(503, "it could not be kept, and nothing has changed", e.Message);
        }
    }
}
