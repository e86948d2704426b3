using Postroom.Api;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Simulation;

/// <summary>Somebody who switches modes, and decides about mail: by the doors that the API opens. Who gets no answer
/// asks again, in the next life.</summary>
internal sealed class Person(World world, Sandbox sandbox, string name)
{
    private const int Patience = 3;

    private static readonly State[] Kept = [State.Captured, State.Held];

    private int _deeds;

    public bool IsDone { get; private set; }

    private Random Dice => sandbox.Dice;

    public async Task RunAsync(int deeds)
    {
        while (deeds-- > 0)
        {
            await world.WaitAsync(TimeSpan.FromSeconds(Dice.Next(90)));
            await ActAsync($"{name}.{++_deeds}");
        }

        IsDone = true;
    }

    private Task ActAsync(string who) => Dice.Next(20) switch
    {
        < 6 => SayAsync(who),
        6 => TakeBackAsync(who),
        7 => ReloadAsync(),
        < 11 => DirectAsync(who, Happening.Released, Kept),
        11 => DirectAsync(who, Happening.Cancelled, [State.Waiting, .. Kept]),
        12 => DirectAsync(who, Happening.Held, [State.Waiting]),
        13 => ReplayAsync(who),
        14 => CopyAsync(who),
        _ => sandbox.HasStorms ? DecideAsync(who) : DirectAsync(who, Happening.Released, [State.Failed, .. Kept]),
    };

    // An operator may make it stricter; more needs an administrator, and so does what nobody brings back.
    private async Task SayAsync(string who)
    {
        var (mode, now) = (sandbox.AMode(), sandbox.LookAtClock());
        var scope = Dice.Next(3) == 0 ? Scope.All[Dice.Next(Scope.All.Length)] : null;
        var rules = sandbox.Configured.Rules;
        var rule = scope is null && rules.Count > 0 && Dice.Next(3) == 0
            ? rules[Dice.Next(rules.Count)].Written.Name : null;
        var said = new ModeOverride(mode, name, who, now)
        {
            Until = Dice.Next(2) == 0 ? null : now + TimeSpan.FromSeconds(Dice.Next(10, 900)),
            Rule = rule, Filter = scope?.Text, Of = scope?.Filter ?? Filter.All,
        };
        said = said with
        {
            MayLoosen = mode == Mode.Discard || Dice.Next(2) == 0
                || SandboxPolicy.IsLooser(sandbox.Configured.Written, said),
        };
        var word = new Word(said, scope);
        var by = said.MayLoosen ? "" : ", as operator";
        world.Note($"{who}: {mode} for {said.For} until {said.Until:HH:mm:ss}{by}");
        await ChangeAsync(book => book.With(word), rooms => rooms.Keeper.Doors.SetAsync(said), who);
    }

    private async Task TakeBackAsync(string who)
    {
        var (isAll, now) = (Dice.Next(2) == 0, sandbox.LookAtClock());
        bool Which(ModeOverride said) => isAll || said.IsForAll;
        world.Note($"{who}: what was said{(isAll ? "" : " for all mail")} is taken back");
        await ChangeAsync(book => book.Without(Which), rooms => rooms.Keeper.Doors.ClearAsync(Which, who), null);
    }

    private async Task ReloadAsync()
    {
        if (sandbox.IsSaying)
            return;
        var fresh = sandbox.Configure();
        world.Note($"{name} writes the configuration anew: {fresh.Mode}, "
            + string.Join(", ", fresh.Rules.Select(rule => $"{rule.Written.Name} {rule.Written.Mode}")));
        sandbox.IsSaying = true;
        sandbox.Edit(fresh);
        if (await AskAsync(rooms => DoneAsync(rooms.ReloadAsync(world.RouteTable))) is { IsAnswered: true })
            sandbox.Told(book => book with { Configured = fresh });
        sandbox.IsSaying = false;
    }

    private async Task ChangeAsync(
        Func<Rulebook, Rulebook> change, Func<Rooms, Task> say, string? reason)
    {
        if (sandbox.IsSaying)
            return;
        sandbox.IsSaying = true;
        for (var tries = 0; tries < Patience; tries++)
        {
            var before = sandbox.May;
            var life = 0;
            var answer = await AskAsync(rooms =>
            {
                (before, life) = (sandbox.May, world.LifeNumber);
                sandbox.Asking(change);
                return DoneAsync(say(rooms));
            });
            if (answer is { IsAnswered: true })
            {
                sandbox.Told(change);
                if (reason is not null)
                    sandbox.Answered.Add(reason);
                break;
            }

            if (answer.Refusal is not null && life == world.LifeNumber)
                sandbox.Refused(before);
        }

        sandbox.IsSaying = false;
    }

    private async Task DirectAsync(string who, Happening what, State[] states)
    {
        var ask = new Ask(who, what, new List<Target>());
        sandbox.Asks.Add(ask);
        var answer = await AskAsync(async rooms =>
        {
            await rooms.Spool.Index.CaughtUpAsync(CancellationToken.None);
            var rows = RowsOf(rooms, states).Where(_ => Dice.Next(2) == 0).ToList();
            var targets = rows.ConvertAll(row => new Target(row.Mail, row.Recipient));
            ((List<Target>)ask.Targets!).AddRange(targets);
            world.Note($"{who}: {what} of {string.Join(' ', targets.Select(t => $"{t.Mail}/{t.Recipient}"))}");
            return targets.Count == 0 ? 0 : await rooms.Spool.DirectAsync(
                new Directive(what, targets, who, "asked for"), CancellationToken.None);
        });
        ask.Changed = answer.IsAnswered ? answer.Value : null;
    }

    private async Task ReplayAsync(string who)
    {
        if (await OneOfAsync([State.Delivered, State.Failed]) is not { } mail)
            return;
        for (var tries = 0; tries < Patience; tries++)
        {
            world.Note($"{who}: {mail} once more");
            sandbox.Replays.Add((mail, null));
            if (await AskAsync(rooms => rooms.ReplayAsync(mail, who)) is { IsAnswered: true, Value: var id })
            {
                sandbox.Replays.Add((mail, id));
                if (id is null || Dice.Next(2) == 0)
                    return; // or once more, by mistake
            }
        }
    }

    private async Task CopyAsync(string who)
    {
        if (await OneOfAsync([State.Delivered, .. Kept]) is not { } mail)
            return;
        for (var tries = 0; tries < Patience; tries++)
        {
            world.Note($"{who}: a copy of {mail} to eve@two.test");
            sandbox.Replays.Add((mail, null));
            var answer = await AskAsync(rooms => rooms.CopyAsync(mail, "eve@two.test", who));
            if (answer.IsAnswered)
                sandbox.Replays.Add((mail, answer.Value));
            if (answer.Refusal is not null || (answer.IsAnswered && Dice.Next(2) == 0))
                return;
        }
    }

    private async Task DecideAsync(string who)
    {
        var (deed, rate) = (Dice.Next(4), Dice.Next(10, 200));
        var ask = new Ask(who, deed < 2 ? Happening.Released : Happening.Cancelled, null);
        sandbox.Asks.Add(ask);
        if (deed == 2)
            sandbox.Asks.Add(ask with { What = Happening.Released }); // thinning does both
        for (var tries = 0; tries < Patience; tries++)
            if (await AskAsync(rooms => DecideAsync(rooms, who, deed, rate)) is { IsAnswered: true })
                return;
    }

    private async Task<int> DecideAsync(Rooms rooms, string who, int deed, int rate)
    {
        if (rooms.Brake.Open is not [.., var storm])
            return 0;
        var what = deed switch { 0 => "released", 1 => $"released {rate} a minute", 2 => "thinned", _ => "discarded" };
        world.Note($"{who}: storm {storm.Number} is {what}");
        var decisions = rooms.Brake.Decisions;
        if (deed == 0)
            return await decisions.ReleaseAsync(storm.Number, who, CancellationToken.None) ?? 0;
        if (deed == 1)
            return decisions.ReleaseSlowly(storm.Number, rate, who) ? 1 : 0;
        var held = await decisions.HeldAsync(storm, CancellationToken.None);
        return deed == 2 ? (await decisions.ThinAsync(storm, held, who, CancellationToken.None)).Released
            : await decisions.DiscardAsync(storm, held, who, CancellationToken.None);
    }

    private static IEnumerable<RecipientRow> RowsOf(Rooms rooms, State[] states) =>
        rooms.Spool.Index.FindAll(Filter.All, 500).SelectMany(page => page).Where(row => states.Contains(row.State));

    private async Task<MailId?> OneOfAsync(State[] states)
    {
        var answer = await AskAsync(async rooms =>
        {
            await rooms.Spool.Index.CaughtUpAsync(CancellationToken.None);
            return RowsOf(rooms, states).Select(row => row.Mail).Distinct().ToArray();
        });
        return answer.Value is { Length: > 0 } mails ? mails[Dice.Next(mails.Length)] : null;
    }

    private static async Task<bool> DoneAsync(Task task)
    {
        await task;
        return true;
    }

    /// <summary>Asks a life, as soon as one is open. No answer: it ended before.</summary>
    private async Task<Answer<T>> AskAsync<T>(Func<Rooms, Task<T>> what)
    {
        while (world.Life is not { IsOver: false, Rooms: not null })
            await world.WaitAsync(TimeSpan.FromSeconds(Dice.Next(1, 5)));
        var life = world.Life;
        var answer = new TaskCompletionSource<Answer<T>>();
        life.Unanswered.Add(() => answer.TrySetResult(default));
        if (Dice.Next(5) == 0)
            life.EndWithin(Dice.Next(1, 60)); // before the answer, or soon after
        world.Scheduler.Post(life.Party, () => _ = AnswerAsync());
        return await answer.Task;

        async Task AnswerAsync()
        {
            try
            {
                var value = await what(life.Rooms);
                if (!life.IsOver)
                    answer.TrySetResult(new Answer<T>(true, value, null));
            }
            catch (Exception e) when (e is IOException or ApiProblem && !life.IsOver)
            {
                world.Note($"{name} is told no: {e.Message}");
                answer.TrySetResult(new Answer<T>(false, default, e.Message));
            }
            catch (Exception e) when (e is SpoolFailedException or ObjectDisposedException or OperationCanceledException
                || life.IsOver)
            {
                world.Note($"{name} gets no answer: {e.Message}");
                answer.TrySetResult(default);
            }
            catch (Exception bug) when (bug is not OutOfMemoryException)
            {
                world.Violation($"what {name} asked for threw: {bug}");
            }
        }
    }

    private readonly record struct Answer<T>(bool IsAnswered, T? Value, string? Refusal);
}
