using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Identity;
using Xunit;

namespace Postroom.Tests.Relay.Identity;

public sealed class SourceMemoryTests : IDisposable
{
    private static readonly AppFacts Jira = new("jira")
    {
        Instance = "3b0c44", Site = "https://jira.example.com",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-sources-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_known_instance_from_elsewhere_is_captured_counted_and_remembered_over_a_restart_until_confirmed()
    {
        var memory = Open();
        Learn(memory);
        Assert.NotNull(Hear(memory, "10.0.0.9", isTried: false)); // it came in, and is no recipient yet
        Assert.Equal(0, Assert.Single(memory.Elsewhere).Captured);
        Assert.False(Hear(memory, "10.0.0.9")!.Hold);
        Assert.Equal(("jira 3b0c44", 1L), (memory.Elsewhere[0].Name, memory.Elsewhere[0].Captured));
        Assert.Null(Hear(memory, "10.0.0.1")); // the original goes on

        memory.Keep();
        memory = Open();
        Assert.Single(memory.Elsewhere);
        Assert.NotNull(Hear(memory, "10.0.0.9"));
        Assert.Null(memory.Confirm("c44")); // no part of a name
        Assert.NotNull(memory.Confirm("3b0c44"));
        Assert.Null(Hear(memory, "10.0.0.9"));
        Assert.Empty(memory.Elsewhere);
        memory.Keep();
        Assert.Null(Hear(Open(), "10.0.0.9"));
    }

    [Fact]
    public async Task What_is_learned_is_kept_beside_the_mail_and_once_more_at_the_end()
    {
        var memory = Open();
        using var closing = new CancellationTokenSource();
        var keeping = memory.RunAsync(closing.Token);
        Learn(memory);
        await closing.CancelAsync();
        await keeping;
        Assert.NotNull(Hear(Open(), "10.0.0.9")); // known to be at home elsewhere
    }

    [Fact]
    public void Nothing_is_learned_or_stopped_where_mail_is_not_live()
    {
        var memory = Open();
        memory.Use([], isOn: false);
        Learn(memory);
        Assert.Null(Hear(memory, "10.0.0.9"));
        memory.Use([], isOn: true);
        Assert.Null(Hear(memory, "10.0.0.9")); // the first that it ever heard
        Assert.False(memory.Elsewhere.Any());
    }

    [Fact]
    public void What_a_person_wrote_holds_at_once_and_nothing_is_learned()
    {
        var memory = Open();
        memory.Use([new SourceRule("3b0c44") { From = ["10.1.0.0/16", "local"] }], isOn: true);
        Assert.Null(Hear(memory, "10.1.2.3"));
        Assert.Null(Hear(memory, "::1"));
        Assert.Null(Hear(memory, "::ffff:10.1.2.3")); // IPv4, however it is written
        Assert.NotNull(Hear(memory, "10.0.0.9"));
        memory.Keep();
        Assert.False(File.Exists(Path.Combine(_folder, "sources.json")));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    public void A_file_that_cannot_be_read_is_learned_anew(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "sources.json"), text);
        Assert.Null(Hear(Open(), "10.0.0.1"));
    }

    [Fact]
    public void No_more_instances_are_told_apart_than_it_holds()
    {
        var memory = Open();
        for (var i = 0; i < SourceMemory.MostSources; i++)
            Assert.Null(Hear(memory, "10.0.0.1", app: Jira with { Instance = $"i{i}" }));
        Learn(memory);
        Assert.Null(Hear(memory, "10.0.0.9")); // one more: not known, so not stopped
    }

    private SourceMemory Open()
    {
        var memory = new SourceMemory(Path.Combine(_folder, "sources.json"), _time, NullLogger.Instance);
        memory.Use([], isOn: true);
        return memory;
    }

    private void Learn(SourceMemory memory)
    {
        Assert.Null(Hear(memory, "10.0.0.1"));
        _time.Advance(SourceTable.Learning + TimeSpan.FromHours(1));
        Assert.Null(Hear(memory, "10.0.0.1"));
    }

    private Keeping? Hear(SourceMemory memory, string client, bool isTried = true, AppFacts? app = null) =>
        memory.Hear(new Origin("main", client, "app", null, "ESMTP"), app ?? Jira, _time.GetUtcNow(), isTried);
}
