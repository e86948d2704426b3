using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Duplicates;
using Postroom.Relay.Spool;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Duplicates;

public sealed class DuplicateGuardTests : IAsyncLifetime
{
    private readonly RealWorld _world = new();
    private GuardedHouse _house = null!;

    public async ValueTask InitializeAsync() => _house = await GuardedHouse.OpenAsync(_world);

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        await _world.DisposeAsync();
    }

    private Task<MailId> SendAsync(string words = "Build failed", string to = "alice@a.example") =>
        _house.SendAsync(GuardedHouse.Notification(words), to);

    private async Task LiveAgainAsync(DuplicateSettings? settings = null)
    {
        await _house.DisposeAsync();
        _house = await GuardedHouse.OpenAsync(_world, settings);
    }

    [Fact]
    public async Task What_a_person_has_sent_once_more_is_meant()
    {
        var first = await SendAsync();
        var (lease, _) = await _house.TryAsync();
        await _house.SettleAsync(lease, Happening.Accepted);
        var replay = await _house.SendAsync(GuardedHouse.Notification(), "jira@example.com", ["alice@a.example"],
            replay: new Replay(first, null, null));
        await _house.AssertNoMarkAsync();
        var (next, duplicate) = await _house.TryAsync();
        Assert.Equal(replay, next.Id);
        Assert.Null(duplicate);
    }

    [Fact]
    public async Task What_is_sent_again_is_marked_found_and_not_sent()
    {
        var first = await SendAsync();
        _world.Time.Advance(TimeSpan.FromSeconds(12));
        var second = await SendAsync();
        var (mail, recipient, mark) = await _house.MarkedAsync();
        Assert.Equal((second, null, first), (mail, recipient, mark.Original));
        Assert.InRange(mark.Seconds, 12, 30);

        Assert.Equal((first, null), await Tried());
        Assert.Equal((second, first), await Tried());
        Assert.Equal([second], await Found("is:duplicate"));
        Assert.Equal([first], await Found("-is:duplicate"));
        Assert.Equal([], await Found("is:duplicate from:nobody"));
        Assert.Equal([second], await Found("is:duplicate subject:failed to:alice@a.example"));
    }

    [Theory]
    [InlineData("jira@example.com", "bob@a.example", "Build failed")]     // another recipient
    [InlineData("jenkins@example.com", "alice@a.example", "Build failed")] // another sender
    [InlineData("jira@example.com", "alice@a.example", "Build mended")]    // another mail
    public async Task Another_mail_is_not_marked_and_is_sent(string from, string to, string words)
    {
        await SendAsync();
        var second = await _house.SendAsync(GuardedHouse.Notification(words), from, [to]);
        await _house.AssertNoMarkAsync();
        await Tried();
        Assert.Equal((second, null), await Tried());
    }

    [Theory]
    [InlineData(Happening.Refused)]
    [InlineData(Happening.Captured)]
    [InlineData(Happening.Suppressed)]
    [InlineData(Happening.Expired)]
    public async Task What_came_to_nothing_is_no_original(Happening end)
    {
        await SendAsync();
        await _house.SettleAsync((await _house.TryAsync()).Lease, end);
        var second = await SendAsync();
        await _house.AssertNoMarkAsync();
        Assert.Equal((second, null), await Tried());

        var third = await SendAsync(); // now that is the one
        Assert.Equal((third, null, DuplicateMark.Of(second, third)), await _house.MarkedAsync());
    }

    [Fact]
    public async Task What_a_person_cancelled_is_no_original()
    {
        var first = await SendAsync();
        await DirectAsync(Happening.Cancelled, first);
        await SendAsync();
        await _house.AssertNoMarkAsync();
    }

    [Fact]
    public async Task A_duplicate_is_sent_after_all_where_its_original_failed_since()
    {
        await SendAsync();
        var second = await SendAsync();
        await _house.MarkedAsync();
        await _house.SettleAsync((await _house.TryAsync()).Lease, Happening.Refused);
        Assert.Equal((second, null), await Tried());
    }

    [Fact]
    public async Task A_person_may_release_it()
    {
        var first = await SendAsync();
        await _house.SettleAsync((await _house.TryAsync()).Lease, Happening.Accepted);
        var second = await SendAsync();
        var (lease, duplicate) = await _house.TryAsync();
        Assert.Equal((second, first), (lease.Id, duplicate?.Original));
        await _house.SettleAsync(lease, Happening.Suppressed);
        await DirectAsync(Happening.Released, second);
        Assert.Equal((second, null), await Tried());
    }

    [Fact]
    public async Task It_is_marked_only_where_nothing_says_that_it_is_not_sent()
    {
        await LiveAgainAsync(DuplicateSettings.Plain with { Suppress = ["gitlab"] });
        var first = await SendAsync();
        var second = await SendAsync();
        Assert.Equal((second, null, DuplicateMark.Of(first, second)), await _house.MarkedAsync());
        Assert.Equal((first, null), await Tried());
        Assert.Equal((second, null), await Tried());

        _house.Guard.Use(DuplicateSettings.Plain with { Suppress = ["127.0.0.1"] }); // a source, from now on
        var third = await SendAsync();
        Assert.Equal((third, first), await Tried());
    }

    [Fact]
    public async Task After_the_window_it_is_another_mail()
    {
        await SendAsync();
        _world.Time.Advance(TimeSpan.FromMinutes(61));
        var second = await SendAsync();
        await _house.AssertNoMarkAsync();
        await Tried();
        Assert.Equal((second, null), await Tried());
    }

    [Fact]
    public async Task A_duplicate_that_waits_for_longer_than_the_window_is_still_one()
    {
        var first = await SendAsync();
        var second = await SendAsync();
        await _house.MarkedAsync();
        _world.Time.Advance(TimeSpan.FromHours(3));
        await SendAsync("something else"); // what is old is forgotten when something comes
        Assert.Equal((first, null), await Tried());
        Assert.Equal((second, first), await Tried());
    }

    [Fact]
    public async Task The_next_life_remembers()
    {
        var first = await SendAsync();
        await LiveAgainAsync();
        var second = await SendAsync();
        Assert.Equal((second, null, DuplicateMark.Of(first, second)), await _house.MarkedAsync());
        Assert.Equal((second, first), await Tried()); // what is fresh goes first
        Assert.Equal((first, null), await Tried());
        await LiveAgainAsync();
        await _house.AssertNoMarkAsync(); // once is enough
        Assert.Equal([second], await Found("is:duplicate subject:failed"));
    }

    [Fact]
    public async Task Where_the_end_came_before_the_mark_the_next_life_marks()
    {
        await LiveAgainAsync(DuplicateSettings.Plain with { Window = TimeSpan.Zero }); // nobody looks
        var first = await SendAsync();
        var second = await SendAsync();
        await LiveAgainAsync();
        Assert.Equal((second, null, DuplicateMark.Of(first, second)), await _house.MarkedAsync());
    }

    [Fact]
    public async Task Of_several_recipients_only_those_who_had_it_are_marked()
    {
        var mail = GuardedHouse.Notification();
        var first = await _house.SendAsync(mail, "alice@a.example", "bob@b.example");
        var second = await _house.SendAsync(mail, "carol@c.example", "bob@b.example");
        Assert.Equal((second, 1, DuplicateMark.Of(first, second)), await _house.MarkedAsync());
        Assert.Equal(["bob@b.example"], await Recipients("is:duplicate"));
        Assert.Equal(["carol@c.example", "alice@a.example", "bob@b.example"], await Recipients("-is:duplicate"));
        var third = await _house.SendAsync(mail, "carol@c.example", "bob@b.example");
        Assert.Equal((third, (int?)0), ((await _house.MarkedAsync()) is var one ? (one.Mail, one.Recipient) : default));
        Assert.Equal((third, (int?)1), ((await _house.MarkedAsync()) is var two ? (two.Mail, two.Recipient) : default));
        Assert.Equal(["carol@c.example", "bob@b.example", "bob@b.example"], await Recipients("is:duplicate"));
    }

    [Fact]
    public async Task Reports_and_our_own_mail_are_never_duplicates()
    {
        foreach (var (from, listener) in ((string, string)[])[("", "main"), ("canary@example.com", "postroom")])
            for (var i = 0; i < 2; i++)
                await _house.SendAsync(GuardedHouse.Notification(from), from, ["alice@a.example"], listener);
        await _house.AssertNoMarkAsync();
        for (var i = 0; i < 4; i++)
            Assert.Null((await _house.TryAsync()).Duplicate);
    }

    [Fact]
    public async Task Who_sends_the_same_again_and_again_means_it()
    {
        for (var i = 1; i <= 25; i++)
            await SendAsync();
        for (var i = 1; i < 20; i++)
            await _house.MarkedAsync();
        await _house.AssertNoMarkAsync();
        for (var i = 1; i <= 25; i++)
            Assert.Equal(i is > 1 and <= 20, (await _house.TryAsync()).Duplicate is not null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // a 451: it was never promised
    public async Task Of_two_at_once_the_later_id_is_the_duplicate_though_it_has_its_answer_first(bool isTaken)
    {
        _house.HoldsAnswers = true;
        var first = await SendAsync();
        var second = await SendAsync();
        await _house.TryAsync();
        _house.Guard.Answered(second, isAccepted: true);
        var lease = await _house.Spool.LeaseOneAsync("a");
        var asked = _house.Guard.FindAsync(lease, lease.Recipients[0], TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(second, lease.Id);
        Assert.False(asked.IsCompleted); // it is not known yet whether the first counts
        _house.Guard.Answered(first, isTaken);
        Assert.Equal(isTaken ? first : null, (await asked)?.Original);
        if (isTaken)
            Assert.Equal((second, null, DuplicateMark.Of(first, second)), await _house.MarkedAsync());
        _house.HoldsAnswers = false;
        await _house.AssertNoMarkAsync();
    }

    private async Task<(MailId Mail, MailId? Original)> Tried()
    {
        var (lease, duplicate) = await _house.TryAsync();
        return (lease.Id, duplicate?.Original);
    }

    private async Task DirectAsync(Happening what, MailId mail) =>
        Assert.Equal(1, await _house.Spool.DirectAsync(
            new Directive(what, [new Target(mail, 0)], "alice", null), TestContext.Current.CancellationToken));

    private async Task<IReadOnlyList<RecipientRow>> Rows(string filter)
    {
        await _house.Spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        Assert.True(FilterParser.TryParse(filter, DateTimeOffset.UtcNow, out var parsed, out var error), error);
        return _house.Spool.Index.Find(parsed, null, 100).Rows;
    }

    private async Task<IEnumerable<MailId>> Found(string filter) => (await Rows(filter)).Select(row => row.Mail);

    private async Task<IEnumerable<string>> Recipients(string filter) => (await Rows(filter)).Select(row => row.To);
}
