using Postroom.Api.Access;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Trouble;
using Postroom.Relay.Trouble;

namespace Postroom.Api.Trouble;

/// <summary>Answers what is made to go wrong, and takes a person's word for more of it.</summary>
internal sealed class TroubleRequests(ApiDoors doors)
{
    private const int LongestName = 80;

    private static readonly TimeSpan Usually = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);
    private static readonly string[] Stages = [.. Enum.GetValues<Stage>().Select(TroubleDesk.WordOf)];

    public Task ShowAsync(Call call)
    {
        var desk = doors.Trouble;
        return call.WriteAsync(new TroubleAnswer(desk.Addresses, desk.Made(""))
        {
            Rules = [.. desk.All.Select(rule => TroubleRuleAnswer.Of(rule, desk.Made(rule.Name)))],
        }, ApiJson.Default.TroubleAnswer);
    }

    public async Task SetAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.TroubleRequest) ?? new TroubleRequest();
        var rule = Read(call.Names[0], request, call.Caller);
        if (doors.Trouble.All.Any(one => one.Who is null && one.Name == rule.Name))
            throw new ApiProblem(409, $"the configuration has a trouble rule \"{rule.Name}\"", "Choose another name.");
        if (!doors.Trouble.Set(rule))
            throw new ApiProblem(409, $"{TroubleDesk.Most} rules are set",
                "Take some back first: postroom trouble clear.");
        await ShowAsync(call);
    }

    public Task ClearAsync(Call call) => ClearAsync(call, call.Names[0]);

    public Task ClearAllAsync(Call call) => ClearAsync(call, null);

    private Task ClearAsync(Call call, string? name)
    {
        if (doors.Trouble.Clear(name, call.Caller.Name) == 0 && name is not null)
            throw new ApiProblem(404, $"nobody set a trouble rule \"{name}\"",
                doors.Trouble.All.Any(one => one.Name == name)
                    ? "It is the configuration's: take its table out, and reload." : "Look with: postroom trouble");
        return ShowAsync(call);
    }

    private TroubleRule Read(string name, TroubleRequest request, Caller caller)
    {
        var now = doors.Time.GetUtcNow();
        if (AppFacts.Text(name) != name || name.Length > LongestName)
            throw ApiProblem.Bad("a name has 1 to 80 characters, and no control characters", "Choose another.");
        if (Array.IndexOf(Stages, request.Stage) is var at && at < 0)
            throw ApiProblem.Bad($"{request.Stage ?? "nothing"} is no stage", $"They are {string.Join(", ", Stages)}.");
        var stage = (Stage)at;
        var until = request.Until ?? now + Usually;
        if (until <= now || until > now + Longest)
            throw ApiProblem.Bad("until is over, or in more than a week",
                "Give an instant within a week. What is to stay for longer is a [[trouble]] table.");
        if (request.Percent is { } percent && percent is not (> 0 and <= 100))
            throw ApiProblem.Bad("percent is not above 0, and at most 100", "Leave it out for always.");
        if (request.InLive && !caller.Scopes.Cover(Scopes.Administer))
            throw new ApiProblem(403, "mail that goes out would run into trouble", "That needs the scope administer.");
        return new TroubleRule(name, stage, EffectOf(request, stage))
        {
            Of = FilterOf(request.Filter, stage, now),
            Listeners = request.Listeners ?? [],
            To = ListOf(request.To, stage),
            Probability = (request.Percent ?? 100) / 100,
            Until = until,
            InLive = request.InLive,
            Who = caller.Name,
        };
    }

    private static Effect EffectOf(TroubleRequest request, Stage stage)
    {
        var reply = ReplyOf(request);
        if (reply is null && request.Text is not null)
            throw ApiProblem.Bad("a text without a code", "Give the code that it goes with.");
        if (reply is not null && request.Disconnect)
            throw ApiProblem.Bad("a reply and disconnect are given", "Give one of them.");
        var delay = request.Delay ?? 0;
        if (delay < 0 || delay > Effect.LongestDelay.TotalSeconds || double.IsNaN(delay))
            throw ApiProblem.Bad("delay is not 0 to 900 seconds", "No client waits longer (RFC 5321 §4.5.3.2).");
        if (reply is null && !request.Disconnect && delay == 0)
            throw ApiProblem.Bad("nothing goes wrong by that", "Give code, status, delay or disconnect.");
        if (stage == Stage.Delivery && (reply is null || delay > 0))
            throw ApiProblem.Bad("at delivery a next hop answers: neither delay nor disconnect",
                "Give code or status.");
        return new Effect { Reply = reply, Delay = TimeSpan.FromSeconds(delay), Disconnects = request.Disconnect };
    }

    private static Reply? ReplyOf(TroubleRequest request)
    {
        EnhancedStatus? status = null;
        if (request.Status is { } text)
            status = EnhancedStatus.TryParse(text, out var read) && read.Class != 2 ? read
                : throw ApiProblem.Bad($"{text} is no enhanced status of a failure", "Write it like 4.7.1 (RFC 3463).");
        if (request.Code is { } code && (code is < 400 or > 599 || (status is { } said && said.Class != code / 100)))
            throw ApiProblem.Bad("the code is not 400 to 599, or does not go with the status",
                "Both begin with 4 for later, or with 5 for never.");
        if (request.Text is { } words && AppFacts.Text(words) != words)
            throw ApiProblem.Bad("the text has control characters, or is too long", "Write one plain line.");
        return (request.Code ?? (status is { } some ? Effect.CodeOf(some) : null)) is { } three
            ? Effect.Saying(three, status, request.Text).Reply : null;
    }

    private static AllowList? ListOf(IReadOnlyList<string>? to, Stage stage)
    {
        if (to is null)
            return null;
        if (stage < Stage.Rcpt)
            throw ApiProblem.Bad("at that stage no recipient is known", "Leave to out, or take the stage rcpt.");
        if (to.Count == 0)
            throw ApiProblem.Bad("to matches nobody", "Leave it out for all.");
        return to.Select(AllowList.Complaint).FirstOrDefault(one => one is not null) is { } complaint
            ? throw ApiProblem.Bad(complaint, "As [[sandbox]] has them.") : new AllowList(to);
    }

    private static Filter FilterOf(string? text, Stage stage, DateTimeOffset now)
    {
        if (text is null)
            return Filter.All;
        if (!FilterParser.TryParse(text, now, out var filter, out var error))
            throw ApiProblem.Bad("the filter is wrong", error);
        var early = filter.Terms.Select(term => (Field?)term.Field)
            .FirstOrDefault(field => !TroubleRule.IsKnown(field!.Value, stage));
        return (Lasting.Passing(filter) ?? early) is { } wrong
            ? throw ApiProblem.Bad(
                $"{wrong.ToString().ToLowerInvariant()}: is not known at {TroubleDesk.WordOf(stage)}",
                $"What a rule may go by is: {Lasting.Names}; before the mail data, source and from.")
            : filter;
    }
}
