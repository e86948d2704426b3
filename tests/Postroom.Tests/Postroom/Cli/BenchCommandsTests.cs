using System.Text.Json;
using Postroom.Cli;
using Xunit;

namespace Postroom.Tests.Program.Cli;

public sealed class BenchCommandsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("postroom-bench-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_was_filled_answers_every_kind_of_question()
    {
        var (data, log) = (Path.Combine(_folder.FullName, "data"), Path.Combine(_folder.FullName, "mail.log"));
        Assert.Contains("3000 mails", await DoAsync("bench", "fill", "--mails", "3000", "--log", log, "--data", data),
            StringComparison.Ordinal);

        // A heading, and a line a kind.
        var asked = await DoAsync("bench", "ask", "--rounds", "3", "--data", data);
        Assert.Equal(27, asked.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        var json = await DoAsync("bench", "ask", "--rounds", "1", "--json", "--data", data);
        Assert.Equal(26, JsonDocument.Parse(json).RootElement.GetArrayLength());

        // The log tells of the same mails.
        var line = File.ReadLines(log).First(l => l.Contains("status=sent", StringComparison.Ordinal));
        var queued = line[(line.LastIndexOf(' ') + 1)..].TrimEnd(')');
        var to = line.Split('<', '>')[1];
        var found = await DoAsync("search", $"reply:{queued}", "--json", "--data", data);
        Assert.Contains(to, found, StringComparison.Ordinal);
        Assert.Equal("500", (await DoAsync("queue", "count", "--data", data)).Trim());
    }

    [Fact]
    public async Task Captured_mail_is_asked_for_by_its_boxes_too()
    {
        var data = Path.Combine(_folder.FullName, "data");
        await DoAsync("bench", "fill", "--mails", "2000", "--captured", "--data", data);
        var json = await DoAsync("bench", "ask", "--rounds", "1", "--json", "--data", data);
        var kinds = JsonDocument.Parse(json).RootElement.EnumerateArray().ToDictionary(
            asked => asked.GetProperty("kind").GetString()!, asked => asked.GetProperty("rows").GetInt32());
        Assert.Equal(500, kinds["the boxes"]);
        Assert.Equal(4, kinds["a box"]);
        Assert.NotEqual(0, kinds["a tag"]);
    }

    [Theory]
    [InlineData("--mails is a number", "fill", "--mails", "0")]
    [InlineData("--rounds is a number", "ask", "--rounds", "0")]
    [InlineData("is not empty", "fill")]
    [InlineData("make it with postroom bench fill", "ask")]
    public async Task A_mistake_is_told(string expected, params string[] words)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "x"), "", TestContext.Current.CancellationToken);
        var (code, _, error) = await CommandLineTests.RunAsync(["bench", .. words, "--data", _folder.FullName]);
        Assert.NotEqual(0, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invented_mail_never_goes_where_real_mail_would()
    {
        var (code, _, error) = await CommandLineTests.RunAsync(["bench", "fill", "--mails", "10"]);
        Assert.Equal((int)ExitCode.Usage, code);
        Assert.Contains("with --data", error, StringComparison.Ordinal);
    }

    private static async Task<string> DoAsync(params string[] words)
    {
        var (code, output, error) = await CommandLineTests.RunAsync(words);
        Assert.True(code == 0, error);
        return output;
    }
}
