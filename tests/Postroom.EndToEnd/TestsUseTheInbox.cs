using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>docs/testing-mail.md: what it shows is run as it stands there, in each language.</summary>
public sealed class TestsUseTheInbox
{
    private const string Link = "ok https://shop.example.com/reset?code=482913";

    [Theory]
    [InlineData("inbox.sh", "sh", "bash")]
    [InlineData("inbox.py", "python", "python3")]
    [InlineData("inbox.js", "js", "node")]
    [InlineData("Inbox.java", "java", "java")]
    [InlineData("Inbox.cs.txt", "csharp", "dotnet", "run")]
    public async Task A_test_resets_sends_waits_and_takes_the_link_out(string file, string fence, params string[] by)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "clients", file),
            TestContext.Current.CancellationToken);
        var page = await File.ReadAllTextAsync(Path.Combine(Interoperability.Root(), "docs", "testing-mail.md"),
            TestContext.Current.CancellationToken);
        Assert.Contains($"\n```{fence}\n{text}```\n", page, StringComparison.Ordinal);

        var api = Ports.Free();
        await using var relay = new RealRelay { ApiAddress = $"127.0.0.1:{api}" };
        await relay.StartAsync($"""
            [[listener]]
            address = "127.0.0.1:{relay.Port}"
            """);
        var token = await relay.DoAsync("token", "create", "ci", "--scope", "operate");
        var program = Path.Combine(Directory.CreateDirectory(Path.Combine(relay.Folder, "client")).FullName,
            file.Replace(".txt", "", StringComparison.Ordinal));
        await File.WriteAllTextAsync(program, text, TestContext.Current.CancellationToken);
        var said = await Shell.RunAsync("env", [$"POSTROOM_API=http://127.0.0.1:{api}",
            $"POSTROOM_TOKEN={token.Text.Trim()}", $"POSTROOM_SMTP={relay.Port}", .. by, program]);
        Assert.True(said.ExitCode == 0, $"{file}: {said}\n{relay.Printed}");
        Assert.Equal(Link, said.Text.Trim());
        await relay.FindAsync("state:captured", 0);
        await relay.FindAsync("state:cancelled", 1);
    }
}
