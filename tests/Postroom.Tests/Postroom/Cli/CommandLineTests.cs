using System.Text.Json;
using Postroom.Cli;
using Postroom.Configuration;
using Xunit;

namespace Postroom.Tests.Program.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData(ExitCode.Usage, "queue", "lits")]
    [InlineData(ExitCode.Usage, "queue", "list", "--jsno")]
    [InlineData(ExitCode.Usage, "queue", "cancel")]                  // all mail? that has to be said
    [InlineData(ExitCode.Usage, "completion", "tcsh")]
    [InlineData(ExitCode.NotRunning, "queue", "retry", "state:waiting")]
    [InlineData(ExitCode.NotRunning, "queue", "list")]
    [InlineData(ExitCode.NotRunning, "reload")]
    [InlineData(ExitCode.NotRunning, "status")]
    [InlineData(ExitCode.Done, "completion", "bash")]
    [InlineData(ExitCode.Done, "--version")]
    [InlineData(ExitCode.Done, "queue", "--help")]
    [InlineData(ExitCode.NothingFound, "listener", "user", "list")]
    public async Task Each_way_to_end_has_its_code(ExitCode code, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("postroom-cli-").FullName;
        try
        {
            Assert.Equal((int)code, (await RunAsync([.. arguments, .. arguments.Contains("--version") ? (string[])[]
                : ["--data", folder]])).Code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_README_names_every_command()
    {
        var table = File.ReadAllText(Path.Combine(Golden.Root, "README.md"));
        var all = CommandLine.Build(new Screen(TextWriter.Null, TextWriter.Null, null)).Subcommands;
        Assert.Equal([], all.Where(one => !one.Hidden
            && !table.Contains($"| `postroom {one.Name}", StringComparison.Ordinal)).Select(one => one.Name));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_ours_to_correct_and_one_that_the_disk_cannot_read_is_not()
    {
        foreach (var (file, ends) in new[]
                 {
                     ("nowhere.toml", ExitCode.Wrong), ("no/such/folder.toml", ExitCode.Wrong), ("/", ExitCode.Wrong),
                     (new string('x', 300), ExitCode.Wrong),
                     ("/proc/self/mem", ExitCode.DiskFailed), // its first octet cannot be read: EIO
                 })
        {
            var (code, _, error) = await RunAsync(["config", "check", "--config", file]);
            Assert.Equal((int)ends, code);
            Assert.Contains("cannot be read", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Check_prints_all_mistakes_and_ends_with_65()
    {
        var file = Path.Combine(Golden.Root,
            "tests/Postroom.Tests/Postroom/Configuration/refused/everything-at-once.toml");
        var (code, output, error) = await RunAsync(["config", "check", "--config", file]);
        Assert.Equal((int)ExitCode.Wrong, code);
        Assert.Empty(output);
        Assert.Contains("everything-at-once.toml:3:1: unknown key \"mod\" at the top; did you mean \"mode\"?", error,
            StringComparison.Ordinal);
        Assert.Contains("to correct.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("subject:build failed", "subject:\"build failed\"")]
    [InlineData("-subject:build failed", "-subject:\"build failed\"")]
    [InlineData("two words", "\"two words\"")]
    public void Words_with_spaces_get_their_quotes_back(string word, string filter) =>
        Assert.Equal(filter, FilterWords.Join([word]));

    [Theory]
    [InlineData("", "state:waiting,trying,held")]
    [InlineData("to:alice", "to:alice state:waiting,trying,held")]
    [InlineData("state:failed", "state:failed")]
    public void A_list_shows_open_mail_unless_states_are_named(string filter, string asked) =>
        Assert.Equal(asked, FilterWords.OnlyOpen(filter));

    [Fact]
    public void Every_exit_code_is_in_the_manual()
    {
        Assert.Equal(Enum.GetValues<ExitCode>(), ExitCodes.All.Select(c => c.Code));
        Golden.Equal(Path.Combine(Golden.Root, "docs", "reference", "exit-codes.md"), ExitCodes.Manual());
    }

    [Fact]
    public async Task Print_tells_when_a_mail_is_tried_again_and_still_reads_back()
    {
        var (code, output, _) = await RunAsync(["config", "print", "--config", Accepted("smallest-live.toml")]);
        Assert.Equal((int)ExitCode.Done, code);
        Assert.EndsWith("""

            # A mail whose try fails is tried again after 1 min, 2 min, 4 min, 8 min, 16 min, 32 min, then every 1 h;
            # these are the longest waits, up to a quarter may be taken off.
            # Given up after 5 d: that is 126 tries or more.

            """, output, StringComparison.Ordinal);
        var again = ConfigurationReader.Read(
            new ConfigurationSource(output, "printed", new Dictionary<string, string>(), "machine.example", "/srv"));
        Assert.Empty(again.Mistakes);
    }

    [Theory]
    [InlineData("1m", "1h", "1h", "after 1 min, 2 min, 4 min, 8 min, 16 min, 32 min;", 7)]
    [InlineData("7s", "5m", "5m", "after 7 s, 14 s, 28 s, 56 s, 1 min 52 s, 3 min 44 s;", 7)]
    [InlineData("2h", "2h", "5d", "every 2 h;", 61)]
    public void The_schedule_is_said_as_far_as_a_mail_lives(string first, string longest, string giveUp, string list,
        int tries)
    {
        var text = $"[queue]\nretry_first = \"{first}\"\nretry_longest = \"{longest}\"\ngive_up = \"{giveUp}\"";
        var reading = ConfigurationReader.Read(
            new ConfigurationSource(text, "f", new Dictionary<string, string>(), "machine.example", "/srv"));
        var said = ScheduleText.Comment(reading.Configuration!.Queue.Retry);
        Assert.StartsWith($"# A mail whose try fails is tried again {list}\n", said, StringComparison.Ordinal);
        Assert.EndsWith($" {tries} tries or more.", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Print_gives_all_that_holds_as_data()
    {
        var (code, output, _) = await RunAsync(["config", "print", "--json", "--config", Accepted("full.toml")]);
        Assert.Equal((int)ExitCode.Done, code);
        using var json = JsonDocument.Parse(output);
        var all = json.RootElement;
        Assert.Equal("live", all.GetProperty("mode").GetString());
        Assert.NotEqual(0, all.GetProperty("route").GetArrayLength());
        Assert.Equal(JsonValueKind.Array, all.GetProperty("listener")[0].GetProperty("allow").ValueKind);
        var schedule = all.GetProperty("retry_schedule");
        Assert.Equal([30, 60, 120, 240, 480, 960],
            schedule.GetProperty("waits_seconds").EnumerateArray().Select(w => w.GetDouble()));
        Assert.Equal(1200, schedule.GetProperty("then_every_seconds").GetDouble());
        Assert.Equal(259_200, schedule.GetProperty("give_up_after_seconds").GetDouble());
        Assert.Equal(222, schedule.GetProperty("fewest_tries").GetInt64());
    }

    private static string Accepted(string name) =>
        Path.Combine(Golden.Root, "tests/Postroom.Tests/Postroom/Configuration/accepted", name);

    internal static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandLine.RunAsync(arguments, new Screen(output, error, null));
        return (code, output.ToString(), error.ToString());
    }
}
