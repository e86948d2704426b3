using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Cli;
using Postroom.Configuration;
using Postroom.Relay.Submission;
using Xunit;

namespace Postroom.Tests.Program.Cli;

public sealed class ListenerCommandsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-users-").FullName;

    private string UsersFile => Folders.Users(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Who_was_set_can_log_in_under_the_name_that_the_listener_compares()
    {
        var (code, output, _) = await RunAsync("the secret\n", "set", "build\u00A0server");
        Assert.Equal(((int)ExitCode.Done, "build server may log in."), (code, output.Trim()));
        var users = new Users(UsersFile, NullLogger.Instance);
        Assert.True(users.Find("build server")!.Verify("the secret"u8));
        Assert.Equal(0, (await RunAsync("", "remove", "build\u00A0server")).Code);
        Assert.False(users.Any);
    }

    [Fact]
    public async Task What_a_person_wrote_into_the_file_stays_and_is_no_user()
    {
        File.WriteAllText(UsersFile, "# jira: the old one, until May\n");
        await RunAsync("first\n", "set", "wiki");
        await RunAsync("second\n", "set", "jira");
        await RunAsync("third\n", "set", "wiki");
        Assert.Equal("jira\nwiki\n", (await RunAsync("", "list")).Output);
        Assert.Equal((int)ExitCode.Done, (await RunAsync("", "remove", "wiki")).Code);
        Assert.Equal((int)ExitCode.NothingFound, (await RunAsync("", "remove", "wiki")).Code);
        Assert.Equal((int)ExitCode.NothingFound, (await RunAsync("", "remove", "# jira")).Code);
        var lines = File.ReadAllLines(UsersFile);
        Assert.Equal("# jira: the old one, until May", lines[0]);
        Assert.StartsWith("jira:SCRAM-SHA-256$", Assert.Single(lines[1..]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret\n", "a:b", "a user's name")]
    [InlineData("secret\n", "#jira", "a user's name")]
    [InlineData("\n", "jira", "a password may not be empty")]
    public async Task What_nobody_could_log_in_with_is_refused(string input, string name, string why)
    {
        var (code, _, error) = await RunAsync(input, "set", name);
        Assert.Equal((int)ExitCode.Usage, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.False(File.Exists(UsersFile));
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string input, params string[] arguments)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new();
        var screen = new Screen(output, error, null) { Input = new StringReader(input) };
        var code = await CommandLine.RunAsync(["listener", "user", .. arguments, "--data", _folder], screen);
        return (code, output.ToString(), error.ToString());
    }
}
