using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Postroom.Api.Access;
using Postroom.Cli;
using Postroom.Configuration;
using Postroom.Mail.Sandbox;
using Postroom.Tests.Program.Host;
using Xunit;
using WholeHouse = Postroom.Host.House;

namespace Postroom.Tests.Program.Api;

/// <summary>A whole house that serves its API by TCP, and who asks there.</summary>
internal sealed class ApiHouse : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-api-").FullName;
    private readonly string _text;
    private readonly List<HttpClient> _clients = [];
    private WholeHouse? _house;

    public ApiHouse(string api = "")
    {
        Port = FreePort();
        _text = $"""
            data = '{Data}'
            hostname = "relay.example.test"
            [[listener]]
            address = "unix:{Path.Combine(_folder, "submission.sock")}"
            [spool]
            free_space_floor = "1MiB"
            segment_size = "1MiB"
            [vault]
            key_file = '{Path.Combine(_folder, "vault.key")}'
            [api]
            address = "127.0.0.1:{Port}"
            {api}
            """;
        Tokens = new ApiTokens(Folders.Tokens(Data), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
    }

    /// <summary>Its configuration.</summary>
    public string Text => _text;

    public string Data => Path.Combine(_folder, "data");

    public int Port { get; }

    public ApiTokens Tokens { get; }

    /// <summary>The machine it is on at its next opening; null: this one.</summary>
    public Machine? Machine { get; set; }

    public WholeHouse House => _house!;

    public async Task OpenAsync()
    {
        Assert.DoesNotContain(Read().Mistakes, static mistake => !mistake.IsWarning);
        _house = CapturingHouse.Of(Read, Machine);
        await _house.OpenAsync(CancellationToken.None);
    }

    public async Task CloseAsync()
    {
        if (_house is { } house)
            await house.DisposeAsync();
        _house = null;
    }

    /// <summary>A client that shows a token with these scopes; none: it shows nothing.</summary>
    public HttpClient Client(Scopes scopes, string scheme = "http")
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsOurs },
        })
        {
            BaseAddress = new Uri($"{scheme}://127.0.0.1:{Port}/"),
        };
        _clients.Add(http);
        if (scopes != Scopes.None)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer",
                Tokens.Make($"for-{scopes}".Replace(", ", "-", StringComparison.Ordinal).ToLowerInvariant(), scopes,
                    null).Shown);
        return http;
    }

    /// <summary>Sends a request as it is written, and reads all that comes back until the end.</summary>
    public async Task<string> SayAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
        await using var wire = client.GetStream();
        await wire.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(wire);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A command of the program on this house's data folder.</summary>
    /// <returns>Its exit code, and what it printed.</returns>
    public async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new();
        var code = await CommandLine.RunAsync([.. arguments, "--data", Data], new Screen(output, error, null));
        return (code, output + error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private Reading Read() => ConfigurationReader.Read(new ConfigurationSource(_text, "postroom.toml",
        new Dictionary<string, string>(), "machine.example", _folder));

    private bool IsOurs(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        shown is not null && File.ReadAllText(Path.Combine(Data, "listener.pem")).Contains(
            new X509Certificate2(shown).ExportCertificatePem(), StringComparison.Ordinal);
}
