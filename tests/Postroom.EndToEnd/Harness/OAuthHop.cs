using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A relay whose one route logs in by OAuth: the authorization server and the next hop beside it.</summary>
internal sealed class OAuthHop : IAsyncDisposable
{
    private readonly string _keys = Directory.CreateTempSubdirectory("postroom-key-").FullName;

    public OAuthHop()
    {
        Sink = Sink.Start();
        Sink.Token = Idp.Use;
    }

    public LoopbackIdp Idp { get; init; } = new();

    public Sink Sink { get; }

    public RealRelay Relay { get; } = new();

    public string KeyFile => Path.Combine(_keys, "vault.key");

    /// <param name="account">More of [[oauth]].</param>
    /// <param name="probe">The account's first interval.</param>
    public string Configuration(string account, string probe) => Relay.Live(Sink.Port, route: "oauth = \"hop\"",
        rest: $"""
        [[oauth]]
        name = "hop"
        user = "app@example.org"
        client_id = "{Idp.ClientId}"
        client_secret = "secret:client"
        token_endpoint = "{Idp.Address}/token"
        authorization_endpoint = "{Idp.Address}/authorize"
        device_endpoint = "{Idp.Address}/device"
        {account}
        [vault]
        key_file = '{KeyFile}'
        [queue]
        probe_account = "{probe}"
        """);

    /// <summary>Writes the configuration, so that secrets can be kept before the start.</summary>
    public void Write(string account = "", string probe = "1s") =>
        File.WriteAllText(Relay.ConfigurationFile, Configuration(account, probe));

    public async Task SetAsync(string name, string value)
    {
        var said = await Relay.DoWithInputAsync(value + "\n", "secret", "set", name, "--config",
            Relay.ConfigurationFile);
        Assert.True(said.ExitCode == 0, said.ToString());
    }

    /// <summary>Hands over that many, on several connections.</summary>
    public async Task SendAsync(int count, int connections = 8)
    {
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async part =>
        {
            await using var client = await SmtpClient.ConnectAsync(Relay.Port);
            await client.SayAsync("EHLO app.example.test");
            for (var i = part; i < count; i += connections)
                Assert.StartsWith("250", await client.SendAsync(Mails.Notification($"PROJ-{i}")),
                    StringComparison.Ordinal);
        }));
    }

    /// <summary>Waits until something has happened so often.</summary>
    public static async Task UntilAsync(Func<int> count, int least)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (count() < least)
            await Task.Delay(20, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Sink.DisposeAsync();
        Idp.Dispose();
        Directory.Delete(_keys, recursive: true);
    }
}
