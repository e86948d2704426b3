using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Host;
using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Program.Host;

public sealed class CalendarTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-calendar-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 10, 0, 0, TimeSpan.Zero));
    private readonly List<string> _told = [];
    private readonly List<Expiry> _expiries = [];
    private readonly CancellationTokenSource _end = new();

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_expires_is_told_at_each_mark_once_and_on_the_day()
    {
        _expiries.Add(new Expiry("the secret s expires", new DateOnly(2026, 12, 15), "change it"));
        var running = Start().RunAsync(_end.Token);
        Assert.Empty(_told);
        await PassAsync(60);
        Assert.Equal(["in 30 days", "in 14 days", "in 7 days", "tomorrow", "today"],
            _told.Select(text => text.Split("expires ")[1].Split(", on")[0]));
        Assert.Equal("the secret s expires in 14 days, on 2026-12-15: change it", _told[1]);
        _end.Cancel();
        await running;
    }

    [Fact]
    public async Task A_restart_does_not_tell_it_again_and_a_new_day_begins_anew()
    {
        _expiries.Add(new Expiry("s", new DateOnly(2026, 11, 10), "c"));
        _ = Start().RunAsync(_end.Token);
        _ = Start().RunAsync(_end.Token);
        Assert.Equal(["s in 9 days, on 2026-11-10: c"], _told);

        _expiries[0] = _expiries[0] with { Day = new DateOnly(2026, 11, 12) };
        _ = Start().RunAsync(_end.Token);
        Assert.Equal(2, _told.Count);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task One_that_is_over_is_told_as_such_and_one_that_comes_up_at_once()
    {
        var calendar = Start();
        _ = calendar.RunAsync(_end.Token);
        _expiries.Add(new Expiry("s", new DateOnly(2026, 10, 30), "c"));
        calendar.Changed();
        while (_told.Count == 0)
            await Task.Yield();
        Assert.Equal(["s 2 days ago, on 2026-10-30: c"], _told);
    }

    private Calendar Start() => new(() => [.. _expiries], Note, Path.Combine(_folder, "calendar.json"), _time,
        NullLogger.Instance);

    private void Note(TrailEvent happened)
    {
        Assert.Equal(EventKind.Expiring, happened.Kind);
        _told.Add(happened.Text!);
    }

    private async Task PassAsync(int days)
    {
        for (var hour = 0; hour < days * 24; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            for (var i = 0; i < 20; i++)
                await Task.Yield();
        }
    }
}
