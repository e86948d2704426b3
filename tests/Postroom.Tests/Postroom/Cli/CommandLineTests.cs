using Postroom.Cli;
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
            Assert.Equal((int)code, (await RunAsync([.. arguments, .. arguments.Contains("--version") ? (string[])[] : ["--data", folder]])).Code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Check_prints_all_mistakes_and_ends_with_65()
    {
        var file = Path.Combine(Golden.Root, "tests/Postroom.Tests/Postroom/Configuration/refused/everything-at-once.toml");
        var (code, output, error) = await RunAsync(["config", "check", "--config", file]);
        Assert.Equal((int)ExitCode.Wrong, code);
        Assert.Empty(output);
        Assert.Contains("everything-at-once.toml:3:1: unknown key \"mod\" at the top; did you mean \"mode\"?", error, StringComparison.Ordinal);
        Assert.Contains("to correct.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("subject:build failed", "subject:\"build failed\"")]
    [InlineData("-subject:build failed", "-subject:\"build failed\"")]
    [InlineData("two words", "\"two words\"")]
    public void Words_with_spaces_get_their_quotes_back(string word, string filter) => Assert.Equal(filter, FilterWords.Join([word]));

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

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandLine.RunAsync(arguments, new Screen(output, error, null));
        return (code, output.ToString(), error.ToString());
    }
}
