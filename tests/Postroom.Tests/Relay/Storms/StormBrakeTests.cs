using System.Text.Json.Nodes;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Storms;

public sealed class StormBrakeTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-storms-").FullName;
    private readonly RealWorld _world = new();
    private StormHouse _house = null!;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    private string FileOf => Path.Combine(_folder, "storms.json");

    public async ValueTask InitializeAsync() => _house = await StormHouse.OpenAsync(_world, FileOf);

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task LiveAgainAsync()
    {
        await _house.DisposeAsync();
        _house = await StormHouse.OpenAsync(_world, FileOf);
    }

    [Fact]
    public async Task What_waits_of_a_storm_is_held_too_and_other_mail_of_the_source_passes()
    {
        await BlowAsync(30);
        await _house.SendAsync("Welcome", "new@a.example");
        for (var i = 0; i < 30; i++)
            Assert.StartsWith("storm 1: ", (await _house.TryAsync("a")).Rule, StringComparison.Ordinal);
        Assert.Null((await _house.TryAsync("a")).Rule);
        Assert.Equal(30, (await HeldAsync()).Count);
    }

    [Fact]
    public async Task What_was_held_is_known_in_the_next_life_and_the_number_is_not_given_again()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        await LiveAgainAsync();
        Assert.Equal(20, (await HeldAsync()).Count);
        await _house.SendAsync("Alert 99 of srv", "p1@a.example"); // it blows on
        Assert.StartsWith("storm 1: ", (await _house.TryAsync("a")).Rule, StringComparison.Ordinal);
        await BlowAsync(20, "other@example.com");
        Assert.Equal(2, Assert.Single(_house.Brake.All).Traits.Count); // one burst is one storm
        await BlowAsync(20, "other@example.com", "10.0.0.2");
        Assert.Equal([1, 2], _house.Brake.All.Select(one => one.Number));
    }

    [Fact]
    public async Task What_a_person_lets_go_by_whatever_command_is_sent()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        var row = (await HeldAsync())[0];
        await _house.Spool.DirectAsync(new Directive(Happening.Released,
            [new Target(row.Mail, row.Recipient)], "ann", null), Patience);
        Assert.Equal((row.Mail, null), await _house.TryAsync("a"));
        await LiveAgainAsync();
        Assert.Equal(19, await _house.Brake.Decisions.ReleaseAsync(1, "ann", Patience));
        for (var i = 0; i < 19; i++)
            Assert.Null((await _house.TryAsync("a")).Rule);
        await _house.SendAsync("Alert 99 of srv", "p1@a.example"); // and so is what else comes of it
        Assert.Null((await _house.TryAsync("a")).Rule);
    }

    [Fact]
    public async Task Thinned_the_newest_of_each_recipient_goes_and_the_others_never_do()
    {
        await BlowAsync(21);
        await TryAllAsync(21);
        var held = await HeldAsync();
        Assert.Equal((7, 14),
            await _house.Brake.Decisions.ThinAsync(_house.Brake.All[0], held, "ann", Patience));
        var sent = new List<MailId>();
        for (var i = 0; i < 7; i++)
            sent.Add((await _house.TryAsync("a")).Mail);
        Assert.Equal(held.Take(7).Select(row => row.Mail).Order(), sent.Order());
        Assert.Empty(await HeldAsync());
        Assert.Equal((0, 0), await _house.Brake.Decisions.ThinAsync(_house.Brake.All[0], held, "ann", Patience));
    }

    [Fact]
    public async Task Slowly_so_many_go_a_minute_and_none_is_made_up_for_after_a_start()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        Assert.True(_house.Brake.Decisions.ReleaseSlowly(1, 6, "ann"));
        await StepAsync();
        Assert.Equal(19, (await HeldAsync()).Count);
        for (var minute = 0; minute < 6; minute++)
        {
            _world.Time.Advance(TimeSpan.FromSeconds(10));
            await StepAsync();
        }

        Assert.Equal(13, (await HeldAsync()).Count);
        _world.Time.Advance(TimeSpan.FromHours(1));
        await LiveAgainAsync();
        await StepAsync();
        Assert.InRange((await HeldAsync()).Count, 11, 12);
    }

    [Fact]
    public async Task What_comes_after_a_storm_that_has_passed_is_not_of_it_where_the_file_does_not_say_the_last_mail()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        _world.Time.Advance(TimeSpan.FromHours(1));
        await StepAsync();
        Assert.NotNull(_house.Brake.All[0].Over);
        await _house.DisposeAsync();
        var kept = JsonNode.Parse(await File.ReadAllTextAsync(FileOf, Patience))!;
        Assert.True(kept["storms"]![0]!.AsObject().Remove("last"));
        await File.WriteAllTextAsync(FileOf, kept.ToJsonString(), Patience);
        _house = await StormHouse.OpenAsync(_world, FileOf);
        await BlowAsync(1);
        await TryAllAsync(1);
        Assert.Equal(20, (await HeldAsync()).Count);
    }

    [Fact]
    public async Task Slowly_goes_on_though_the_clock_is_put_back()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        Assert.True(_house.Brake.Decisions.ReleaseSlowly(1, 6, "ann"));
        await StepAsync();
        _world.Time.JumpWallClock(-TimeSpan.FromHours(32));
        await StepAsync();
        Assert.Equal(18, (await HeldAsync()).Count);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"next":1,"storms":[null],"sources":{}}""")]
    [InlineData("""{"next":1,"storms":[],"sources":{"jira":null}}""")]
    [InlineData("""{"next":1,"storms":[],"sources":{"jira":{"since":"2026-01-01T00:00:00Z"}}}""")]
    public async Task A_file_that_cannot_be_read_lets_nothing_go_that_was_held(string content)
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        await _house.DisposeAsync();
        await File.WriteAllTextAsync(FileOf, content, Patience);
        _house = await StormHouse.OpenAsync(_world, FileOf);
        Assert.Empty(_house.Brake.All);
        await _house.Spool.Index.CaughtUpAsync(Patience);
        Assert.Equal(20, _house.Spool.Index.Count(Filter.All).ByState[State.Held]);
        await BlowAsync(20);
        Assert.Equal(2, Assert.Single(_house.Brake.All).Number); // the marks on mail still mean one storm
    }

    [Fact]
    public async Task A_release_that_the_end_of_the_process_cut_off_goes_on_in_the_next_life()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        _house.Brake.Change(1, one => one with { Passes = true, Decision = "released by ann" }); // and no further
        await LiveAgainAsync();
        Assert.Equal(20, (await HeldAsync()).Count);
        await StepAsync();
        Assert.Empty(await HeldAsync());
        for (var i = 0; i < 20; i++)
            Assert.Null((await _house.TryAsync("a")).Rule);
    }

    [Fact]
    public async Task What_was_judged_before_a_release_and_is_held_after_it_goes_too()
    {
        await BlowAsync(20);
        await StepAsync();
        await TryAllAsync(19);
        var late = await _house.Spool.LeaseOneAsync("a");
        var kept = await _house.Brake.JudgeAsync(late, late.Recipients[0]);
        Assert.Equal(19, await _house.Brake.Decisions.ReleaseAsync(1, "ann", Patience));
        await _house.Spool.SettleAsync(new Settlement(late,
            [new Verdict(0, Happening.Held) { Text = kept!.Rule }], null, []));
        Assert.Single(await HeldAsync());
        await StepAsync();
        Assert.Empty(await HeldAsync());
    }

    [Fact]
    public async Task What_comes_in_does_not_wait_while_a_decision_is_written()
    {
        await BlowAsync(20);
        var calls = 0;
        var id = MailId.After(default, _world.Time.GetUtcNow().AddMilliseconds(1));
        var envelope = new Envelope(new ReversePath("app@example.com"),
            [new Recipient(new ForwardPath("p1@a.example"))]);
        using var seen = new ManualResetEventSlim();
        _house.Brake.Change(1, one =>
        {
            if (calls++ == 0) // for the file
            {
                new Thread(() =>
                {
                    _house.Brake.Seen(id, new Origin("main", "127.0.0.1", null, null, "ESMTP"), envelope,
                        new HeaderFacts { Subject = "Alert 1 of srv" });
                    seen.Set();
                }).Start();
                Assert.True(seen.Wait(TimeSpan.FromSeconds(10), Patience));
            }

            return one with { Decision = "seen by ann" };
        });
        Assert.Equal(("seen by ann", 21), (_house.Brake.All[0].Decision, _house.Brake.All[0].Peak));
    }

    [Fact]
    public async Task What_was_let_go_by_itself_and_failed_is_not_sent_again_when_its_turn_comes_slowly()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        Assert.True(_house.Brake.Decisions.ReleaseSlowly(1, 6_000, "ann"));
        await StepAsync(); // the first, and all others are in line
        var row = (await HeldAsync())[0];
        await _house.Spool.DirectAsync(new Directive(Happening.Released, [new Target(row.Mail, row.Recipient)], "ann",
            null), Patience);
        for (var i = 0; i < 2; i++)
        {
            var lease = await _house.Spool.LeaseOneAsync("a");
            await _house.Spool.SettleAsync(new Settlement(lease, [new Verdict(0, Happening.Refused)
            {
                Failure = new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 1), "550 nobody", null),
            }], null, []));
        }

        for (var second = 0; second < 25; second++) // one each at least, however late the machine is
        {
            _world.Time.Advance(TimeSpan.FromSeconds(1));
            await StepAsync();
        }

        Assert.Empty(await HeldAsync());
        Assert.Equal(2, _house.Spool.Index.Count(Filter.All).ByState[State.Failed]);
    }

    [Fact]
    public async Task What_a_person_sends_once_more_is_of_no_storm()
    {
        for (var i = 0; i < 30; i++)
        {
            await SendMeantAsync(i, "app@example.com");
            await SendMeantAsync(i, "");
        }

        Assert.Empty(_house.Brake.All);
        await BlowAsync(20);
        for (var i = 0; i < 30; i++)
            await SendMeantAsync(i, "app@example.com");
        for (var i = 0; i < 60; i++)
            Assert.Null((await _house.TryAsync("a")).Rule);
        for (var i = 0; i < 20; i++)
            Assert.NotNull((await _house.TryAsync("a")).Rule);
        for (var i = 0; i < 30; i++)
            Assert.Null((await _house.TryAsync("a")).Rule); // alike, and while it blows

        Task SendMeantAsync(int i, string from) => _house.SendAsync($"Alert {i} of srv", "p1@a.example", from,
            replay: from.Length > 0 ? new Replay(new MailId(1), null, null) : null);
    }

    [Fact]
    public async Task What_comes_to_be_held_after_a_decision_is_to_be_decided_too()
    {
        await BlowAsync(20);
        await TryAllAsync(10); // the others wait, as on a lane that stands still
        await _house.Brake.Decisions.DiscardAsync(_house.Brake.All[0], await HeldAsync(), "ann", Patience);
        _world.Time.Advance(TimeSpan.FromMinutes(6));
        await StepAsync();
        Assert.Empty(_house.Brake.Open);
        await TryAllAsync(10);
        Assert.Equal(TimeSpan.FromMinutes(5), await StepAsync());
        Assert.Single(_house.Brake.Open);
        Assert.Equal(10, (await HeldAsync()).Count);
    }

    [Fact]
    public async Task It_passes_stays_until_nothing_of_it_is_held_and_is_forgotten_after_a_month()
    {
        await BlowAsync(20);
        await TryAllAsync(20);
        Assert.Equal(TimeSpan.FromMinutes(1), await StepAsync()); // looks whether it has passed
        Assert.Null(_house.Brake.All[0].Over);
        _world.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(TimeSpan.FromMinutes(5), await StepAsync());
        Assert.NotNull(_house.Brake.All[0].Over);
        Assert.Single(_house.Brake.Open); // a person has to decide
        await _house.Spool.DirectAsync(new Directive(Happening.Cancelled,
            [.. (await HeldAsync()).Select(static row => new Target(row.Mail, row.Recipient))], "ann", null), Patience);
        await StepAsync();
        Assert.Empty(_house.Brake.Open);
        Assert.Equal("nothing of it is held any more", _house.Brake.All[0].Decision);
        _world.Time.Advance(TimeSpan.FromDays(31));
        await StepAsync();
        Assert.Empty(_house.Brake.All);
        await LiveAgainAsync();
        Assert.Empty(_house.Brake.All);
    }

    private Task<TimeSpan> StepAsync() => _house.Brake.StepAsync(Patience);

    private Task<IReadOnlyList<RecipientRow>> HeldAsync() =>
        _house.Brake.Decisions.HeldAsync(_house.Brake.All[0], Patience);

    private async Task TryAllAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await _house.TryAsync("a");
    }

    private async Task BlowAsync(int count, string from = "app@example.com", string client = "127.0.0.1")
    {
        for (var i = 0; i < count; i++)
            await _house.SendAsync($"Alert {i} of srv", $"p{i % 7}@a.example", from, client);
    }
}
