using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Another machine on the same wire: a network of its own with one cable to this one. Needs root.</summary>
/// <remarks>The addresses are those that RFC 2544 sets aside for tests; nothing leaves this machine.</remarks>
internal sealed class Neighbour : IAsyncDisposable
{
    private readonly string _name = $"pr{Random.Shared.Next(100_000, 1_000_000)}";
    private readonly int _net = Random.Shared.Next(1, 250);

    /// <summary>This machine's end of the cable.</summary>
    public string Here => $"198.18.{_net}.1";

    /// <summary>Its own.</summary>
    public string There => $"198.18.{_net}.2";

    /// <summary>Skips the test, with the reason, where no network can be made.</summary>
    public static async Task<Neighbour> MoveInAsync()
    {
        var one = new Neighbour();
        string[][] steps =
        [
            ["netns", "add", one._name],
            ["link", "add", one._name + "h", "type", "veth", "peer", "name", one._name + "n", "netns", one._name],
            ["address", "add", one.Here + "/30", "dev", one._name + "h"],
            ["link", "set", one._name + "h", "up"],
            ["-n", one._name, "address", "add", one.There + "/30", "dev", one._name + "n"],
            ["-n", one._name, "link", "set", one._name + "n", "up"],
        ];
        foreach (var step in steps)
        {
            if (await Shell.RunAsRootAsync("ip", step) is not { ExitCode: not 0 } failed)
                continue;
            await one.DisposeAsync();
            Assert.Skip($"a second address needs a network namespace: ip {string.Join(' ', step)}: {failed}");
        }

        return one;
    }

    /// <summary>Holds dialogues with a listener at <see cref="Here"/>; gives the replies, greetings first.</summary>
    public async Task<List<List<string>>> AskAsync(IEnumerable<(int Port, string[] Lines)> dialogues, string folder)
    {
        var file = Path.Combine(folder, "dialogues.json");
        var asked = dialogues.Select(one => new JsonObject
        {
            ["port"] = one.Port,
            ["lines"] = new JsonArray([.. one.Lines.Select(line => JsonValue.Create(line))]),
        });
        await File.WriteAllTextAsync(file, new JsonArray([.. asked]).ToJsonString());
        // Not "ip netns exec", which mounts /sys anew.
        var said = await Shell.RunAsRootAsync("nsenter", $"--net=/run/netns/{_name}", "python3",
            Path.Combine(AppContext.BaseDirectory, "clients", "stranger.py"), Here, file);
        Assert.True(said.ExitCode == 0, $"{said}");
        return JsonSerializer.Deserialize<List<List<string>>>(said.Output)!;
    }

    public async ValueTask DisposeAsync()
    {
        await Shell.RunAsRootAsync("ip", "link", "delete", _name + "h");
        await Shell.RunAsRootAsync("ip", "netns", "delete", _name);
    }
}
