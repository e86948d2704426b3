using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Modes;
using Postroom.Relay.Spool.Disk;
using Xunit;

namespace Postroom.Tests.Relay.Modes;

public sealed class ModeBookTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-modes-").FullName;
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File => Path.Combine(_folder, "modes.json");

    private ModeBook Open() => new(new SmallFile(File), _time, NullLogger.Instance);

    [Fact]
    public void What_was_said_outlives_the_process_the_newest_first_and_one_for_each_place()
    {
        var book = Open();
        Assert.Empty(book.All);
        book.Set(Said(Mode.Capture));
        book.Set(Said(Mode.Hold) with { Rule = "qa", Until = Noon.AddHours(2) });
        Assert.True(FilterParser.TryParse("app:jira", Noon, out var of, out _));
        book.Set(Said(Mode.Live) with { Filter = "app:jira", Of = of, MayLoosen = true });
        book.Set(Said(Mode.Discard));
        var again = Open().All;
        Assert.Equal(
            [(Mode.Discard, "all mail", false), (Mode.Live, "app:jira", true), (Mode.Hold, "rule \"qa\"", false)],
            again.Select(one => (one.Mode, one.For, one.MayLoosen)));
        Assert.Equal(("carol", "a test", Noon, Noon.AddHours(2)),
            (again[2].Who, again[2].Reason, again[2].Since, again[2].Until));
        Assert.Equal(of.Terms, again[1].Of.Terms);
    }

    [Fact]
    public void What_is_over_is_taken_out_once()
    {
        var book = Open();
        book.Set(Said(Mode.Hold) with { Until = Noon.AddHours(1) });
        Assert.Equal(Noon.AddHours(1), book.NextEnd);
        Assert.Empty(book.TakeOver(out _));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Single(Open().TakeOver(out _));
        Assert.Empty(Open().All);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{\"mode\":\"captrue\"}]")]
    [InlineData("[{\"mode\":\"capture\",\"who\":\"a\",\"reason\":\"b\",\"filter\":\"nonsense:x\"}]")]
    public void A_file_that_cannot_be_read_holds_all_mail_until_somebody_says_something(string text)
    {
        System.IO.File.WriteAllText(File, text);
        var book = Open();
        Assert.Equal((Mode.Hold, "all mail", "postroom"), (book.All[0].Mode, book.All[0].For, book.All[0].Who));
        book.Set(Said(Mode.Capture) with { Rule = "qa" });
        Assert.Equal(Mode.Capture, Assert.Single(Open().All).Mode);
    }

    [Fact]
    public void What_cannot_be_kept_does_not_hold()
    {
        var book = Open();
        Directory.CreateDirectory(File);
        Assert.Throws<IOException>(() => book.Set(Said(Mode.Capture)));
        Assert.Empty(book.All);
    }

    private static ModeOverride Said(Mode mode) => new(mode, "carol", "a test", Noon);
}
