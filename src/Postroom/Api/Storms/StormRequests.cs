using System.Globalization;
using Postroom.Mail.Storms;
using Postroom.Relay.Spool;
using Postroom.Relay.Storms;

namespace Postroom.Api.Storms;

/// <summary>Answers what is held as a burst, and takes a person's word for it.</summary>
internal sealed class StormRequests(ApiDoors doors)
{
    private const int Samples = 5;
    private const int Fastest = 6_000;

    private StormDecisions Decisions => doors.Storms.Decisions;

    public Task ListAsync(Call call) => call.WriteAsync(new StormsAnswer(
        [.. doors.Storms.All.Reverse().Select(storm => StormAnswer.Of(storm, Decisions.CountOf(storm).Total))]),
        ApiJson.Default.StormsAnswer);

    public async Task ShowAsync(Call call)
    {
        var storm = Find(call.Names[0]);
        var held = await Decisions.HeldAsync(storm, call.Aborted);
        await call.WriteAsync(StormAnswer.Of(storm, held.Count) with
        {
            Addresses = StormDecisions.NewestOf(held).Count, Sample = SampleOf(held),
        }, ApiJson.Default.StormAnswer);
    }

    public async Task ReleaseAsync(Call call)
    {
        var (storm, request, held) = await ReadAsync(call);
        if (request.Slowly is { } rate && rate is < 1 or > Fastest)
            throw ApiProblem.Bad($"slowly is not 1 to {Fastest} recipients a minute", "Leave it out for all at once.");
        var released = (long)held.Count;
        if (!request.DryRun)
            await KeepAsync(async () =>
            {
                if (request.Slowly is { } each)
                    Decisions.ReleaseSlowly(storm.Number, each, call.Caller.Name);
                else
                    released = await Decisions.ReleaseAsync(storm.Number, call.Caller.Name, CancellationToken.None)
                        ?? 0;
            });
        await AnswerAsync(call, storm, request, held, ("release", released, 0));
    }

    public async Task ThinAsync(Call call)
    {
        var (storm, request, held) = await ReadAsync(call);
        var newest = StormDecisions.NewestOf(held).Count;
        var done = (Released: newest, Cancelled: held.Count - newest);
        if (MayDo(request, held))
            await KeepAsync(async () =>
                done = await Decisions.ThinAsync(storm, held, call.Caller.Name, CancellationToken.None));
        await AnswerAsync(call, storm, request, held, ("thin", done.Released, done.Cancelled));
    }

    public async Task DiscardAsync(Call call)
    {
        var (storm, request, held) = await ReadAsync(call);
        var cancelled = held.Count;
        if (MayDo(request, held))
            await KeepAsync(async () =>
                cancelled = await Decisions.DiscardAsync(storm, held, call.Caller.Name, CancellationToken.None));
        await AnswerAsync(call, storm, request, held, ("discard", 0, cancelled));
    }

    private Storm Find(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && doors.Storms.All.FirstOrDefault(one => one.Number == number) is { } storm
            ? storm : throw new ApiProblem(404, $"there is no storm {name}", "Look with: postroom storm");

    private async Task<(Storm Storm, StormRequest Request, IReadOnlyList<RecipientRow> Held)> ReadAsync(Call call)
    {
        var storm = Find(call.Names[0]);
        var request = await call.ReadAsync(ApiJson.Default.StormRequest) ?? new StormRequest();
        var held = await Decisions.HeldAsync(storm, call.Aborted);
        return request.Count is { } count && count != held.Count
            ? throw new ApiProblem(409, string.Create(CultureInfo.InvariantCulture,
                $"{held.Count} recipients are held of storm {storm.Number} now, and not {count}: nothing was done"),
                "Look again, and give the count that is shown.")
            : (storm, request, held);
    }

    // What cannot be brought back is done to so many as the person knows of.
    private static bool MayDo(StormRequest request, IReadOnlyList<RecipientRow> held) =>
        request is { DryRun: false, Count: null }
            ? throw ApiProblem.Bad("how many would be cancelled is not said, and nobody can bring them back",
                string.Create(CultureInfo.InvariantCulture, $"Give \"count\": {held.Count}, or \"dryRun\": true."))
            : !request.DryRun;

    private static Task AnswerAsync(Call call, Storm storm, StormRequest request, IReadOnlyList<RecipientRow> held,
        (string Action, long Released, long Cancelled) done) => call.WriteAsync(
        new StormDoneAnswer(storm.Number, done.Action, held.Count, StormDecisions.NewestOf(held).Count, done.Released,
            done.Cancelled)
        {
            DryRun = request.DryRun ? true : null, Sample = SampleOf(held),
        }, ApiJson.Default.StormDoneAnswer);

    private static SampleAnswer[] SampleOf(IReadOnlyList<RecipientRow> held) =>
        [.. held.TakeLast(Samples).Reverse().Select(SampleAnswer.Of)];

    private static async Task KeepAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (IOException e)
        {
            throw new ApiProblem(503, "what was decided could not be kept, and nothing was done", e.Message);
        }
    }
}
