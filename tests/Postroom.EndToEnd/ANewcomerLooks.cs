using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class ANewcomerLooks
{
    [Fact]
    public async Task The_demo_ends_well_without_a_terminal()
    {
        var said = await RealRelay.PlainAsync("demo");
        Assert.True(said.ExitCode == 0, $"{said}");
        Assert.Contains("delivered", said.Text, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The mail is what any editor writes: with line ends of its own.</summary>
    [Fact]
    public async Task The_first_mail_of_the_README_is_taken_and_found()
    {
        await using var relay = new RealRelay();
        await relay.StartAsync($"[[listener]]\naddress = \"127.0.0.1:{relay.Port}\"\n");
        var file = Path.Combine(relay.Folder, "mail.txt");
        await File.WriteAllTextAsync(file, "From: jira@example.com\nSubject: (PROJ-123) Printer on fire\n\nAgain.\n",
            TestContext.Current.CancellationToken);
        var line = File.ReadLines(Path.Combine(Interoperability.Root(), "README.md"))
            .First(one => one.StartsWith("$ curl ", StringComparison.Ordinal));
        var said = await Shell.RunAsync("bash", ["-c", line[2..].Replace("mail.txt", file, StringComparison.Ordinal)
            .Replace("127.0.0.1:2525", $"127.0.0.1:{relay.Port}", StringComparison.Ordinal)]);
        Assert.StartsWith("< 250 2.0.0 Accepted as ", said.Text, StringComparison.Ordinal);
        var found = await relay.FindAsync("PROJ-123 state:captured", 1);
        Assert.Equal(said.Text.Trim().Split(' ')[^1], found[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task The_version_and_the_completion_are_there()
    {
        Assert.Equal(0, (await RealRelay.PlainAsync("--version")).ExitCode);
        Assert.Contains("postroom", (await RealRelay.PlainAsync("completion", "bash")).Text, StringComparison.Ordinal);
    }
}
