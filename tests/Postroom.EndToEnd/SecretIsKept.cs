using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>The password of a route, from the command line into the vault and out to the next hop: and nowhere
/// else.</summary>
public sealed class SecretIsKept
{
    private const string Canary = "canary-4711-password";

    [Fact]
    public async Task What_waits_for_it_goes_once_it_is_set_and_it_lies_nowhere_in_the_clear()
    {
        await using var sink = Sink.Start();
        sink.Password = Canary;
        await using var relay = new RealRelay();
        using var key = new KeyFile();
        await relay.StartAsync(relay.Live(sink.Port, route: "user = \"jira\"\npassword = \"secret:upstream\"",
            rest: $"[vault]\nkey_file = '{key.Path}'\n[queue]\nprobe_account = \"1h\"")); // a probe comes too late
        List<Said> said = [];
        await relay.WaitForAsync("there is no secret upstream: set it with `postroom secret set upstream`");

        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-2"));
        Assert.All(await relay.FindAsync("state:waiting", 2), r =>
            Assert.Equal(0, r.GetProperty("failedTries").GetInt32()));
        said.Add(await relay.DoAsync("status"));
        Assert.Contains("postroom secret set upstream", said[^1].Text, StringComparison.Ordinal);

        said.Add(await relay.DoWithInputAsync("wrong\n", "secret", "set", "upstream"));
        Assert.Equal(0, said[^1].ExitCode);
        said.Add(await relay.DoWithInputAsync(Canary + "\n", "secret", "set", "upstream"));
        await sink.WaitAsync(2, relay);
        var id = (await relay.FindAsync("state:delivered", 2))[0].GetProperty("id").GetString()!;
        said.Add(await relay.DoAsync("queue", "show", id));
        said.Add(await relay.DoAsync("queue", "show", id, "--json"));
        said.Add(await relay.DoAsync("secret", "list"));
        said.Add(await relay.DoAsync("secret", "list", "--json"));
        said.Add(await relay.DoAsync("config", "print", "--config", relay.ConfigurationFile));
        said.Add(await relay.DoAsync("secret", "rotate"));
        Assert.All(said, one => Assert.Equal(0, one.ExitCode));

        await relay.StopAsync();
        NowhereInTheClear(relay, key, said);
    }

    [Fact]
    public async Task Without_its_key_mail_waits_and_goes_when_the_key_is_back()
    {
        await using var sink = Sink.Start();
        sink.Password = Canary;
        await using var relay = new RealRelay();
        using var key = new KeyFile();
        var configuration = relay.Live(sink.Port, route: "user = \"jira\"\npassword = \"secret:upstream\"",
            rest: $"[vault]\nkey_file = '{key.Path}'\n[queue]\nprobe_account = \"1s\"");
        await File.WriteAllTextAsync(relay.ConfigurationFile, configuration, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await relay.DoWithInputAsync(Canary + "\n", "secret", "set", "upstream",
            "--config", relay.ConfigurationFile)).ExitCode);
        File.Move(key.Path, key.Path + ".lost");

        await relay.StartAsync(configuration);
        await relay.WaitForAsync("what needs it waits: the secret upstream is sealed with the key");
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        var waiting = await relay.FindAsync("state:waiting", 1);
        Assert.Equal(0, waiting[0].GetProperty("failedTries").GetInt32());
        File.Move(key.Path + ".lost", key.Path);
        await sink.WaitAsync(1, relay);
        await relay.FindAsync("state:delivered", 1);
    }

    private static void NowhereInTheClear(RealRelay relay, KeyFile key, List<Said> said)
    {
        var octets = Encoding.UTF8.GetBytes(Canary);
        var plain = Encoding.UTF8.GetBytes($"\0jira\0{Canary}"); // as AUTH PLAIN has it
        byte[][] forms = [octets, .. new[]
        {
            Convert.ToBase64String(octets), Convert.ToBase64String(plain), Convert.ToHexString(octets),
        }.Select(Encoding.ASCII.GetBytes)];
        foreach (var file in Directory.EnumerateFiles(relay.Folder, "*", SearchOption.AllDirectories)
            .Where(file => file != key.Path))
        {
            var content = File.ReadAllBytes(file);
            Assert.All(forms, form => Assert.True(content.AsSpan().IndexOf(form) < 0, $"{file} holds it"));
        }

        Assert.All(said.Select(one => one.ToString()).Append(relay.Printed), text =>
            Assert.All(forms, form => Assert.DoesNotContain(Encoding.ASCII.GetString(form), text,
                StringComparison.OrdinalIgnoreCase)));
    }

    // Elsewhere than the data, as the manual asks.
    private sealed class KeyFile : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("postroom-key-").FullName;

        public string Path => System.IO.Path.Combine(_folder, "vault.key");

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
