using Postroom.Api.Access;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;

namespace Postroom.Api.Modes;

/// <summary>What the API reaches of modes.</summary>
/// <param name="Configured">As the configuration has them.</param>
/// <param name="Said">What people said and holds now, the newest first.</param>
/// <param name="SetAsync">Says it: completes when it holds and is on record.</param>
/// <param name="ClearAsync">Takes back what fits, for whom; how many that were.</param>
public sealed record ModeDoors(
    Func<SandboxSettings> Configured, Func<IReadOnlyList<ModeOverride>> Said, Func<ModeOverride, Task> SetAsync,
    Func<Func<ModeOverride, bool>, string, Task<int>> ClearAsync)
{
    /// <summary>What decides of each recipient, as it is now.</summary>
    public required Func<SandboxPolicy> Policy { get; init; }

    /// <summary>What was said for all mail, and holds now; null: the configuration's mode.</summary>
    public OverrideAnswer? ForAll => Said().FirstOrDefault(one => one.IsForAll) is { } said
        ? OverrideAnswer.Of(said) : null;
}

/// <summary>Answers what becomes of mail, and takes a person's word for it.</summary>
internal sealed class ModeRequests(ApiDoors doors)
{
    private static readonly string[] Names = [.. Enum.GetValues<Mode>().Select(SandboxPolicy.NameOf)];

    public Task ShowAsync(Call call) => call.WriteAsync(Answer(), ApiJson.Default.ModeAnswer);

    public async Task SetAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.ModeRequest) ?? new ModeRequest();
        var said = Read(request, call.Caller);
        var isLooser = SandboxPolicy.IsLooser(doors.Modes.Configured(), said);
        if (isLooser && !said.MayLoosen)
            throw new ApiProblem(403, $"{request.Mode} would let more leave than the configuration does",
                "That needs the scope administer. Making it stricter needs operate.");
        if (said.Mode == Mode.Discard && !said.MayLoosen)
            throw new ApiProblem(403, "discard destroys mail for good", "That needs the scope administer.");
        await Keep(() => doors.Modes.SetAsync(said));
        await ShowAsync(call);
    }

    public async Task ClearAsync(Call call)
    {
        var (rule, filter) = (call.Query("rule"), call.Query("filter"));
        var isAll = call.Query("all") == "true";
        await Keep(async () =>
        {
            if (await doors.Modes.ClearAsync(one => isAll || (one.Rule == rule && one.Filter == filter),
                call.Caller.Name) == 0)
                throw new ApiProblem(404, "no mode is set for that", "Look with: postroom mode");
        });
        await ShowAsync(call);
    }

    private ModeAnswer Answer()
    {
        var (configured, said) = (doors.Modes.Configured(), doors.Modes.Said());
        return new ModeAnswer(SandboxPolicy.NameOf(said.FirstOrDefault(one => one.IsForAll)?.Mode ?? configured.Mode),
            SandboxPolicy.NameOf(configured.Mode))
        {
            Overrides = [.. said.Select(OverrideAnswer.Of)],
            Rules = [.. configured.Rules.Select(RuleOf)],
            RedirectTo = configured.Redirection?.To.Address,
        };
    }

    private static SandboxRuleAnswer RuleOf(SandboxRule rule) =>
        new(rule.Name, SandboxPolicy.NameOf(rule.Mode)) { RedirectTo = rule.Redirection?.To.Address };

    private ModeOverride Read(ModeRequest request, Caller caller)
    {
        var (configured, now) = (doors.Modes.Configured(), doors.Time.GetUtcNow());
        if (Array.IndexOf(Names, request.Mode) is var at && at < 0)
            throw ApiProblem.Bad($"{request.Mode ?? "nothing"} is no mode",
                $"The modes are {string.Join(", ", Names)}.");
        if (AppFacts.Text(request.Reason) is not { } reason)
            throw ApiProblem.Bad("no reason is given", "Say why: whoever looks at this mail later will ask.");
        if (request.Until is { } until && until <= now)
            throw ApiProblem.Bad("until is over", "Give an instant to come, or none.");
        if (request is { Rule: not null, Filter: not null })
            throw ApiProblem.Bad("a rule and a filter are given", "Give one of them.");
        if (request.Rule is { } name && !configured.Rules.Any(rule => rule.Name == name))
            throw new ApiProblem(404, $"there is no sandbox rule {name}", configured.Rules.Count == 0
                ? "The configuration has none." : "Those there are: "
                    + string.Join(", ", configured.Rules.Select(rule => rule.Name)) + ".");
        var mode = Enum.GetValues<Mode>()[at];
        var mailbox = configured.Rules.FirstOrDefault(rule => rule.Name == request.Rule)?.Redirection
            ?? configured.Redirection;
        if (mode == Mode.Redirect && mailbox is null)
            throw ApiProblem.Bad("no mailbox to redirect to is named",
                "Where mail may be redirected to is the configuration's to say: redirect_to.");
        return new ModeOverride(mode, caller.Name, reason, now)
        {
            Until = request.Until, Rule = request.Rule, Filter = request.Filter, Of = FilterOf(request.Filter, now),
            MayLoosen = caller.Scopes.Cover(Scopes.Administer),
        };
    }

    private static Filter FilterOf(string? text, DateTimeOffset now)
    {
        if (text is null)
            return Filter.All;
        if (!FilterParser.TryParse(text, now, out var filter, out var error))
            throw ApiProblem.Bad("the filter is wrong", error);
        if (filter.Terms.Count == 0)
            throw ApiProblem.Bad("the filter asks for nothing", "Leave it out for all mail.");
        return Lasting.Passing(filter) is { } passing
            ? throw ApiProblem.Bad($"{passing.ToString().ToLowerInvariant()}: is not what a mode goes by",
                $"What never changes of a mail is: {Lasting.Names}.")
            : filter;
    }

    private static async Task Keep(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (IOException e)
        {
            throw new ApiProblem(503, "the mode could not be kept, and is as it was", e.Message);
        }
    }
}
