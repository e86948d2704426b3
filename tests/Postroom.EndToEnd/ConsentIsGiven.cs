using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Web;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A person sets up an account with OAuth, by each way, and what waited goes; nothing of it lies in the
/// clear.</summary>
public sealed class ConsentIsGiven
{
    private enum Way { Browser, Paste, Device }

    [Fact]
    public async Task In_a_browser_that_comes_back_to_this_machine() => await ConnectAsync(Way.Browser);

    [Fact]
    public async Task In_a_browser_on_another_machine_whose_address_is_pasted() => await ConnectAsync(Way.Paste);

    [Fact]
    public async Task On_another_device_by_a_code() => await ConnectAsync(Way.Device);

    [Fact]
    public async Task A_no_is_told_and_nothing_is_kept()
    {
        await using var hop = new OAuthHop();
        hop.Write();
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        hop.Idp.ConsentError = "access_denied";
        var said = await WalkAsync(hop, Way.Browser);
        Assert.Equal(76, said.ExitCode);
        Assert.Contains("access_denied: The person said no", said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("oauth.hop", (await hop.Relay.DoAsync("secret", "list", "--config",
            hop.Relay.ConfigurationFile)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_is_tried_step_by_step_without_a_service_and_sends_nothing()
    {
        await using var hop = new OAuthHop();
        hop.Write("flow = \"app\"");
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        var said = await hop.Relay.DoAsync("route", "test", "upstream", "--config", hop.Relay.ConfigurationFile);
        Assert.Equal(0, said.ExitCode);
        foreach (var step in (string[])["connect", "greeting", "ehlo", "auth", "sender"])
            Assert.Contains($"  {step} ", said.Text, StringComparison.Ordinal);
        Assert.Contains("235 2.7.0 Accepted", said.Text, StringComparison.Ordinal);
        Assert.Contains("Nothing was sent.", said.Text, StringComparison.Ordinal);
        Assert.Contains("MAIL FROM:<app@example.org>", hop.Sink.Commands);
        Assert.Empty(hop.Sink.Arrivals);

        hop.Sink.Token = _ => false;
        said = await hop.Relay.DoAsync("route", "test", "upstream", "--config", hop.Relay.ConfigurationFile);
        Assert.Equal(76, said.ExitCode);
        Assert.Contains("535 5.7.8", said.Text, StringComparison.Ordinal);
        Assert.Contains("\"scope\":\"https://mail.google.com/\"", said.Text, StringComparison.Ordinal);
        Assert.Equal(1, (await hop.Relay.DoAsync("route", "test", "nowhere", "--config",
            hop.Relay.ConfigurationFile)).ExitCode);
    }

    [Fact]
    public async Task A_mail_goes_the_way_of_the_test_if_that_was_asked_for()
    {
        await using var hop = new OAuthHop();
        hop.Write("flow = \"app\"");
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        await hop.Relay.StartAsync();
        var said = await hop.Relay.DoAsync("route", "test", "upstream", "--send-to", "alice@example.com");
        Assert.Equal(0, said.ExitCode);
        var mail = (await hop.Sink.WaitAsync(1, hop.Relay))[0];
        Assert.StartsWith("MAIL FROM:<app@example.org>", mail.From, StringComparison.Ordinal);
        Assert.Contains("Subject: Postroom tries the route upstream", mail.Text, StringComparison.Ordinal);
        var id = (await hop.Relay.FindAsync("state:delivered", 1))[0].GetProperty("id").GetString()!;
        Assert.Contains($"postroom queue show {id}", said.Text, StringComparison.Ordinal);
        Assert.Equal(65, (await hop.Relay.DoAsync("route", "test", "upstream", "--from", "no address")).ExitCode);
    }

    private static async Task ConnectAsync(Way way)
    {
        await using var hop = new OAuthHop();
        hop.Write(probe: "1h"); // a probe comes too late
        // If it could leave an image of its memory, it would leave it here.
        hop.Relay.By = ["bash", "-c", $"cd '{hop.Relay.Folder}' && ulimit -c unlimited && exec \"$@\"", "bash"];
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        await hop.Relay.StartAsync();
        await hop.Relay.WaitForAsync("nobody has consented for [[oauth]] hop yet: run `postroom oauth connect hop`");
        await hop.SendAsync(2, connections: 1);
        await hop.Relay.FindAsync("state:waiting", 2);

        var said = await WalkAsync(hop, way);
        Assert.True(said.ExitCode == 0, said + hop.Relay.Printed);
        Assert.Contains("The consent is kept, sealed.", said.Text, StringComparison.Ordinal);
        Assert.Contains("A mail from app@example.org can go by upstream now.", said.Text, StringComparison.Ordinal);
        await hop.Sink.WaitAsync(2, hop.Relay);
        var id = (await hop.Relay.FindAsync("state:delivered", 2))[0].GetProperty("id").GetString()!;

        List<Said> all = [said];
        foreach (var command in (string[][])[["status"], ["secret", "list"], ["secret", "list", "--json"], ["calendar"],
            ["calendar", "--json"], ["queue", "show", id], ["queue", "show", id, "--json"],
            ["route", "test", "upstream", "--json"], ["config", "print", "--config", hop.Relay.ConfigurationFile]])
            all.Add(await hop.Relay.DoAsync(command));
        Assert.All(all, one => Assert.Equal(0, one.ExitCode));
        foreach (var path in (string[])["status", "secrets", "calendar", "queue", $"mails/{id}"])
            all.Add(await Shell.RunAsync("curl", ["-sS", "--unix-socket", Path.Combine(hop.Relay.Data, "api.sock"),
                $"http://postroom/api/v1/{path}"]));
        await Shell.SignalAsync(hop.Relay.Process, "SYS"); // as a crash: the kernel dumps, and the runtime has no say
        await hop.Relay.ExitAsync();
        NowhereInTheClear(hop, all);
    }

    private static void NowhereInTheClear(OAuthHop hop, List<Said> said)
    {
        Assert.Empty(Directory.EnumerateFiles(hop.Relay.Folder, "core*"));
        byte[][] forms = ["canary-"u8.ToArray(), .. Base64Forms("canary-client-secret"),
            .. Base64Forms("canary-refresh-"), .. Base64Forms("canary-access-")];
        foreach (var file in Directory.EnumerateFiles(hop.Relay.Folder, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".sock", StringComparison.Ordinal)))
        {
            var content = File.ReadAllBytes(file);
            Assert.All(forms, form => Assert.True(content.AsSpan().IndexOf(form) < 0, $"{file} holds it"));
        }

        Assert.All(said.Select(one => one.ToString()).Append(hop.Relay.Printed), text => Assert.All(forms, form =>
            Assert.DoesNotContain(Encoding.ASCII.GetString(form), text, StringComparison.Ordinal)));
    }

    // The three ways in which a text can stand inside base64, without its ends.
    private static IEnumerable<byte[]> Base64Forms(string text) => Enumerable.Range(0, 3).Select(shift =>
        Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('x', shift) + text))[4..^4]));

    // Does at the terminal and in the browser what the person does.
    private static async Task<Said> WalkAsync(OAuthHop hop, Way way)
    {
        var start = hop.Relay.Command(["oauth", "connect", "hop", "--config", hop.Relay.ConfigurationFile,
            .. way == Way.Device ? (string[])["--device"] : []]);
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            output.AppendLine(line);
            if (!line.TrimStart().StartsWith(hop.Idp.Address + "/authorize", StringComparison.Ordinal))
                continue;
            // Somebody else on this machine: one says nothing, one brings an answer to nobody's question.
            var back = new Uri(HttpUtility.ParseQueryString(new Uri(line.Trim()).Query)["redirect_uri"]!);
            using var silent = new TcpClient("127.0.0.1", back.Port);
            using var stranger = new HttpClient();
            using var refused = await stranger.GetAsync(new Uri(back, "/?state=evil&code=x"), limit.Token);
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
            if (way == Way.Paste)
                await process.StandardInput.WriteLineAsync("/etc/passwd");
            using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = way == Way.Browser });
            using var answer = await browser.GetAsync(new Uri(line.Trim()), limit.Token);
            if (way == Way.Browser)
                Assert.Contains("Thank you", await answer.Content.ReadAsStringAsync(limit.Token),
                    StringComparison.Ordinal);
            else
                await process.StandardInput.WriteLineAsync(answer.Headers.Location!.AbsoluteUri);
        }

        await process.WaitForExitAsync(limit.Token);
        return new Said(process.ExitCode, Encoding.UTF8.GetBytes(output.ToString()), await error);
    }
}
