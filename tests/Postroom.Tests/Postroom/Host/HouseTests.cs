using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Text.Json;
using Postroom.Cli;
using Postroom.Configuration;
using Xunit;
using WholeHouse = Postroom.Host.House;

namespace Postroom.Tests.Program.Host;

/// <summary>The whole house on loopback in a folder of its own, and the command line against it.</summary>
public sealed class HouseTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-house-").FullName;
    private readonly int _port = FreePort();
    private string _text = "";
    private WholeHouse? _house;

    public async ValueTask InitializeAsync()
    {
        _text = $"mode = \"capture\"\n[[listener]]\naddress = \"127.0.0.1:{_port}\"\n[spool]\nfree_space_floor = "
            + $"\"1MiB\"\nsegment_size = \"1MiB\"\n";
        _house = CapturingHouse.Of(Read);
        await _house.OpenAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_captured_mail_is_listed_shown_and_given_back_byte_for_byte()
    {
        await SendAsync("[JIRA] (PROJ-1) hello", "alice@example.com");
        var (code, output, _) = await RunAsync("queue", "list", "--all", "--json");
        Assert.Equal(0, code);
        using var page = JsonDocument.Parse(output);
        Assert.Equal(1, page.RootElement.GetProperty("total").GetInt64());
        var row = page.RootElement.GetProperty("recipients")[0];
        Assert.Equal("captured", row.GetProperty("state").GetString());
        Assert.Equal("alice@example.com", row.GetProperty("to").GetString());
        var id = row.GetProperty("id").GetString()!;

        var shown = await RunAsync("queue", "show", id);
        Assert.Contains("[JIRA] (PROJ-1) hello", shown.Output, StringComparison.Ordinal);
        Assert.Contains("accepted", shown.Output, StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.NothingFound, (await RunAsync("queue", "show", "0000000000000")).Code);
        Assert.Equal((int)ExitCode.Done, (await RunAsync("search", "subject:hello")).Code);
        Assert.Equal((int)ExitCode.NothingFound, (await RunAsync("search", "subject:goodbye")).Code);
        Assert.Equal("1", (await RunAsync("queue", "count", "--all")).Output.Trim());
    }

    [Fact]
    public async Task What_was_captured_is_released_only_when_that_is_said()
    {
        await SendAsync("one", "alice@example.com");
        Assert.Equal((int)ExitCode.NothingFound, (await RunAsync("queue", "release", "to:alice")).Code);
        var (code, output, _) = await RunAsync("queue", "release", "state:captured", "--why", "the test is over",
            "--json");
        Assert.Equal(0, code);
        Assert.Equal("{\"action\":\"release\",\"matched\":1,\"changed\":1}", output.Trim());
        await _house!.Spool.Index.CaughtUpAsync(CancellationToken.None);
        var id = (await RunAsync("search", "subject:one", "--json")).Output.Split('"')[5];
        Assert.Contains("the test is over", (await RunAsync("queue", "show", id)).Output, StringComparison.Ordinal);
        Assert.Contains($"by {Environment.UserName}", (await RunAsync("queue", "show", id)).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_configuration_is_refused_whole_and_the_old_one_stays()
    {
        _text += "[queue]\ngive_op = \"1d\"\n";
        var (code, _, error) = await RunAsync("reload");
        Assert.Equal((int)ExitCode.Wrong, code);
        Assert.Contains("unknown key \"give_op\" in [queue]; did you mean \"give_up\"?", error,
            StringComparison.Ordinal);
        Assert.Contains("\"mode\":\"capture\"", (await RunAsync("status", "--json")).Output, StringComparison.Ordinal);
        _text = _text.Replace("give_op", "give_up", StringComparison.Ordinal).Replace("capture", "hold",
            StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("reload")).Code);
        Assert.Contains("\"mode\":\"hold\"", (await RunAsync("status", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_refuses_the_reload_and_says_which_file()
    {
        var file = Path.Combine(_folder, "listener.pem"); // that of its own making will do
        var mine = Path.Combine(_folder, "relay.pem");
        File.Copy(file, mine);
        _text = _text.Replace("[spool]", $"certificate = \"{mine}\"\nkey = \"{mine}\"\n[spool]",
            StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("reload")).Code);
        File.WriteAllText(mine, "half a certif");
        _text = _text.Replace("capture", "hold", StringComparison.Ordinal);
        var (code, _, error) = await RunAsync("reload");
        Assert.Equal((int)ExitCode.Wrong, code);
        Assert.Contains($"its certificate cannot be used: {mine} holds no certificate", error,
            StringComparison.Ordinal);
        Assert.Contains("\"mode\":\"capture\"", (await RunAsync("status", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_service_mail_can_be_looked_at_but_not_changed()
    {
        await SendAsync("kept", "alice@example.com");
        await CloseAsync();
        var (code, output, error) = await RunAsync("queue", "list", "--all");
        Assert.Equal(0, code);
        Assert.Contains("alice@example.com", output, StringComparison.Ordinal);
        Assert.Contains("The service is not running", error, StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.NotRunning, (await RunAsync("queue", "cancel", "to:alice")).Code);
    }

    [Fact]
    public void The_socket_of_the_command_line_is_ours_alone()
    {
        if (OperatingSystem.IsLinux())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Folders.ApiSocket(_folder)));
    }

    private async Task SendAsync(string subject, string to)
    {
        using var client = new SmtpClient("127.0.0.1", _port);
        using var mail = new MailMessage("jira@example.com", to, subject, "body");
        await client.SendMailAsync(mail);
        await _house!.Spool.Index.CaughtUpAsync(CancellationToken.None);
        while (_house.Status().Counts["captured"] == 0) // the queue captures what the listener has taken
            await Task.Yield();
    }

    private async Task CloseAsync()
    {
        if (_house is { } house)
            await house.DisposeAsync();
        _house = null;
    }

    private Reading Read() => ConfigurationReader.Read(
        new ConfigurationSource(_text, "postroom.toml", new Dictionary<string, string>(), "machine.example", _folder));

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandLine.RunAsync([.. arguments, "--data", _folder], new Screen(output, error, null));
        return (code, output.ToString(), error.ToString());
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
