using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Identity;
using Postroom.Relay.Spool;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Identity;

public sealed class CloneGuardTests : IAsyncLifetime
{
    private static readonly Machine Home = new("home") { Id = "0a1b" };
    private static readonly Machine Elsewhere = new("elsewhere") { Id = "2c3d" };

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-guard-").FullName;
    private readonly RealWorld _world = new();
    private ISpool _spool = null!;

    private string File => Path.Combine(_folder, "live-on.json");

    public async ValueTask InitializeAsync() => _spool = await _world.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_it_came_with_is_held_until_a_person_here_releases_it_and_what_comes_after_is_captured()
    {
        await (await NewAsync(Home)).WeighAsync(Home, null, isLive: true);
        await _spool.HandOverAsync("old@a.example");
        _world.Time.JumpWallClock(-TimeSpan.FromDays(2)); // the copy's clock is behind: ids ascend all the same
        var guard = await NewAsync(Elsewhere);
        var border = guard.Binding.Seen;
        var old = await _spool.LeaseOneAsync("a");
        Assert.Equal(new Keeping(true, border!.Rule), await guard.JudgeAsync(old, old.Recipients[0]));

        await _spool.HandOverAsync("new@b.example");
        var fresh = await _spool.LeaseOneAsync("b");
        Assert.False((await guard.JudgeAsync(fresh, fresh.Recipients[0]))!.Hold);
        guard = await NewAsync(Elsewhere); // the next life has the same border, not one after the new mail
        Assert.Equal(border, guard.Binding.Seen);
        Assert.False((await guard.JudgeAsync(fresh, fresh.Recipients[0]))!.Hold);

        guard.Confirm("carol", null);
        Assert.Null(await guard.JudgeAsync(fresh, fresh.Recipients[0]));
        Assert.True((await guard.JudgeAsync(old, old.Recipients[0]))!.Hold);
        await HoldAsync(old, border.Rule);
        await ReleaseAsync(old.Id);
        old = await _spool.LeaseOneAsync("a");
        Assert.Null(await (await NewAsync(Elsewhere)).JudgeAsync(old, old.Recipients[0]));
    }

    [Fact]
    public async Task A_release_on_the_other_machine_is_none_here()
    {
        await (await NewAsync(Home)).WeighAsync(Home, null, isLive: true);
        await _spool.HandOverAsync("old@a.example");
        await HoldAsync(await _spool.LeaseOneAsync("a"), "mode = hold");
        await _spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        var old = Assert.Single(_spool.Index.Find(Filter.All, null, 5).Rows).Mail;
        await ReleaseAsync(old);
        var guard = await NewAsync(Elsewhere);
        guard.Confirm("carol", null);
        var lease = await _spool.LeaseOneAsync("a");
        Assert.True((await guard.JudgeAsync(lease, lease.Recipients[0]))!.Hold);
    }

    [Fact]
    public async Task Who_comes_home_again_is_at_home_without_a_word()
    {
        await (await NewAsync(Home)).WeighAsync(Home, null, isLive: true);
        Assert.True((await NewAsync(Elsewhere)).Standing.IsForeign);
        var guard = await NewAsync(Home);
        Assert.False(guard.Standing.IsForeign);
        Assert.Null(guard.Binding.Seen);
        await _spool.HandOverAsync("x@a.example");
        var lease = await _spool.LeaseOneAsync("a");
        Assert.Null(await guard.JudgeAsync(lease, lease.Recipients[0]));
    }

    [Fact]
    public async Task What_was_cut_off_while_it_was_bound_binds_nothing_and_is_bound_by_the_next_start()
    {
        await System.IO.File.WriteAllTextAsync(File + ".new", "{\"machine\":{\"host_na",
            TestContext.Current.CancellationToken);
        var guard = await NewAsync(Home);
        Assert.False(guard.Standing.IsForeign);
        await guard.WeighAsync(Home, null, isLive: true);
        Assert.True(Home.IsKeptAs((await NewAsync(Home)).Binding.Machine!));
        Assert.True((await NewAsync(Elsewhere)).Standing.IsForeign);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_now_is_not_written_over()
    {
        await (await NewAsync(Home)).WeighAsync(Home, null, isLive: true);
        var kept = await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken);
        using (new FileStream(File, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) // as a disk in trouble
            await Assert.ThrowsAsync<IOException>(() => NewAsync(Elsewhere));
        Assert.Equal(kept, await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken));
        Assert.False((await NewAsync(Home)).Standing.IsForeign);
    }

    [Fact]
    public async Task Where_it_cannot_be_written_a_copy_is_one_all_the_same_and_no_confirmation_holds()
    {
        await (await NewAsync(Home)).WeighAsync(Home, null, isLive: true);
        var kept = await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(File + ".new"); // nothing can be written in its place
        var guard = await NewAsync(Elsewhere);
        Assert.True(guard.Standing.IsForeign);
        Assert.ThrowsAny<IOException>(() => guard.Confirm("carol", null));
        Assert.True(guard.Standing.IsForeign);
        Assert.Equal(kept, await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
    }

    private async Task<CloneGuard> NewAsync(Machine here)
    {
        var guard = new CloneGuard(File, _spool, _world.Time, NullLogger.Instance);
        await guard.WeighAsync(here, null, isLive: false);
        return guard;
    }

    private ValueTask HoldAsync(Lease lease, string why) => _spool.SettleAsync(new Settlement(
        lease, [new Verdict(0, Happening.Held) { Text = why }], null, []));

    private async Task ReleaseAsync(MailId mail) => await _spool.DirectAsync(
        new Directive(Happening.Released, [new Target(mail, 0)], "carol", null), TestContext.Current.CancellationToken);
}
