using System.Text.Json;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Every mechanism in use, at servers that others wrote.</summary>
public sealed class NextHopWantsALogin
{
    private static readonly string[] OfCyrus =
        ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "NTLM", "PLAIN", "LOGIN"];

    private static readonly string[] OfDovecot = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"];

    [Fact]
    public async Task Postfix_with_Cyrus_SASL_is_logged_in_to_by_each_mechanism()
    {
        await using var sink = Sink.Start();
        await using var postfix = await PostfixHop.WithLoginAsync(sink.Port, string.Join(' ', OfCyrus));
        await using var relay = new RealRelay();
        await relay.StartAsync(Configuration(relay, postfix.Port, "tls = \"none\"", OfCyrus));
        await EachArrivesAsync(relay, sink, OfCyrus);
        foreach (var name in OfCyrus)
            Assert.Contains($"sasl_method={name}, sasl_username=jira", postfix.Log, StringComparison.Ordinal);
        await IsRefusedAsync(relay, OfCyrus);
    }

    [Fact]
    public async Task Dovecot_is_logged_in_to_by_each_mechanism()
    {
        await using var sink = Sink.Start();
        await using var dovecot =
            await OtherHop.DovecotAsync(sink.Port, string.Join(' ', OfDovecot).ToLowerInvariant());
        await using var relay = new RealRelay();
        await relay.StartAsync(Configuration(relay, dovecot.Port, Trusting(dovecot), OfDovecot));
        await EachArrivesAsync(relay, sink, OfDovecot);
        foreach (var name in OfDovecot)
            Assert.Contains($"user=<jira>, method={name}, ", dovecot.Log, StringComparison.Ordinal);
        await IsRefusedAsync(relay, OfDovecot);
    }

    /// <summary>On TLS 1.2 both sides know tls-unique: the login is bound to it.</summary>
    [Fact]
    public async Task GNU_SASL_takes_a_login_that_is_bound_to_its_TLS()
    {
        await using var sink = Sink.Start();
        await using var hop = await OtherHop.GnuSaslAsync(
            sink.Port, "1.2", "SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN");
        await using var relay = new RealRelay();
        await relay.StartAsync(hop.Secured(relay, hop.Login()));
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await sink.WaitAsync(1, relay);
        Assert.Equal("TLSv1.2 SCRAM-SHA-256-PLUS p=tls-unique step 2: GSASL_OK\n", hop.Log);
    }

    /// <summary>On TLS 1.3 it knows tls-exporter, which .NET does not give: it refuses, and is asked without.</summary>
    [Fact]
    public async Task GNU_SASL_that_does_not_know_our_binding_takes_the_login_without()
    {
        await using var sink = Sink.Start();
        await using var hop = await OtherHop.GnuSaslAsync(sink.Port, "1.3", "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN");
        await using var relay = new RealRelay();
        await relay.StartAsync(hop.Secured(relay, hop.Login()));
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await sink.WaitAsync(1, relay);
        var tried = hop.Log.Split('\n');
        Assert.StartsWith("TLSv1.3 SCRAM-SHA-256-PLUS p=tls-server-end-point step 1: ", tried[0],
            StringComparison.Ordinal);
        Assert.Equal("TLSv1.3 SCRAM-SHA-256 n step 2: GSASL_OK", tried[1]);
    }

    /// <summary>Whose a token is, Dovecot asks of the one who gave it.</summary>
    [Fact]
    public async Task Dovecot_takes_a_good_token_and_says_why_it_takes_no_other()
    {
        await using var sink = Sink.Start();
        await using var office = new TokenOffice();
        await using var dovecot =
            await OtherHop.DovecotAsync(sink.Port, "xoauth2 oauthbearer", office.Introspection);
        await using var relay = new RealRelay();
        await File.WriteAllTextAsync(relay.ConfigurationFile, OAuth(relay, dovecot, office),
            TestContext.Current.CancellationToken);
        foreach (var client in (string[])["good", "expired"])
            Assert.Equal(0, (await relay.DoWithInputAsync("s\n", "secret", "set", client, "--config",
                relay.ConfigurationFile)).ExitCode);
        await relay.StartAsync();

        string[] good = ["good-xoauth2", "good-oauthbearer"];
        await EachArrivesAsync(relay, sink, good);
        Assert.Contains("user=<jira>, method=XOAUTH2, ", dovecot.Log, StringComparison.Ordinal);
        Assert.Contains("user=<jira>, method=OAUTHBEARER, ", dovecot.Log, StringComparison.Ordinal);

        foreach (var name in (string[])["expired-xoauth2", "expired-oauthbearer"])
        {
            await SendAsync(relay, name);
            await relay.WaitForAsync($"Lane '{name}' is paused");
            Assert.StartsWith("535 5.7.8 Authentication failed. [the server's reason: {\"status\":\"",
                WhyPaused(relay, name), StringComparison.Ordinal);
        }

        Assert.All(await relay.FindAsync("state:waiting", 2), r =>
            Assert.Equal(0, r.GetProperty("failedTries").GetInt32()));
        Assert.Contains(office.Asked, token => token.StartsWith("expired.", StringComparison.Ordinal));
        Assert.DoesNotContain("tttttttttttt", relay.Printed, StringComparison.Ordinal);
        Assert.Equal(good.Length, sink.Arrivals.Count);
    }

    private static string? WhyPaused(RealRelay relay, string lane) => relay.Printed.Split('\n')
        .Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)
        .First(line => line.TryGetProperty("lane", out var its) && its.GetString() == lane)
        .GetProperty("reason").GetString();

    private static string Trusting(OtherHop hop) => $"tls = \"required\"\ntrust = \"{hop.Folder}/ca.pem\"";

    // A route for each mechanism, by the recipient's domain; and one more of each with a wrong password.
    private static string Configuration(RealRelay relay, int port, string tls, IEnumerable<string> mechanisms)
    {
        foreach (var password in (string[])["right", "wrong"])
            File.WriteAllText(Path.Combine(relay.Folder, password), password + "\n");
        var routes = from name in mechanisms
                     from password in (string[])["right", "wrong"]
                     let lane = password == "right" ? name : $"{password}-{name}"
                     select $"""
                         [[route]]
                         name = "{lane}"
                         host = "127.0.0.1"
                         port = {port}
                         {tls}
                         user = "jira"
                         password_file = "{relay.Folder}/{password}"
                         mechanisms = ["{name}"]
                         recipients = ["*@{lane.ToLowerInvariant()}.example"]

                         """;
        return Head(relay) + string.Concat(routes);
    }

    private static string OAuth(RealRelay relay, OtherHop dovecot, TokenOffice office)
    {
        var routes = from account in (string[])["good", "expired"]
                     from name in (string[])["xoauth2", "oauthbearer"]
                     select $"""
                         [[route]]
                         name = "{account}-{name}"
                         host = "127.0.0.1"
                         port = {dovecot.Port}
                         {Trusting(dovecot)}
                         oauth = "{account}"
                         mechanisms = ["{name.ToUpperInvariant()}"]
                         recipients = ["*@{account}-{name}.example"]

                         """;
        var accounts = from account in (string[])["good", "expired"]
                       select $"""
                           [[oauth]]
                           name = "{account}"
                           user = "{TokenOffice.User}"
                           flow = "app"
                           client_id = "{account}"
                           client_secret = "secret:{account}"
                           scopes = ["mail"]
                           token_endpoint = "{office.Token}"

                           """;
        return Head(relay) + string.Concat(routes) + string.Concat(accounts)
            + $"[vault]\nkey_file = '{relay.Folder}/vault.key'\n";
    }

    private static string Head(RealRelay relay) => $"""
        mode = "live"
        hostname = "relay.example.test"
        [[listener]]
        address = "127.0.0.1:{relay.Port}"

        """;

    private static async Task SendAsync(RealRelay relay, string lane)
    {
        await using var ours = await SmtpClient.ConnectAsync(relay.Port);
        var reply = await ours.SendAsync(Mails.Notification("PROJ-1"), to: $"alice@{lane.ToLowerInvariant()}.example");
        Assert.StartsWith("250", reply, StringComparison.Ordinal);
    }

    private static async Task EachArrivesAsync(RealRelay relay, Sink sink, string[] lanes)
    {
        foreach (var lane in lanes)
            await SendAsync(relay, lane);
        var arrived = await sink.WaitAsync(lanes.Length, relay);
        Assert.Equal(lanes.Select(lane => $"alice@{lane.ToLowerInvariant()}.example").Order(),
            arrived.Select(a => a.To[0].Split('<', '>')[1]).Order());
        await relay.FindAsync("state:delivered", lanes.Length);
    }

    // No mail has failed for it, and the account is what waits.
    private static async Task IsRefusedAsync(RealRelay relay, string[] mechanisms)
    {
        foreach (var name in mechanisms)
        {
            await SendAsync(relay, $"wrong-{name}");
            await relay.WaitForAsync($"Lane 'wrong-{name}' is paused");
        }

        Assert.All(await relay.FindAsync("state:waiting", mechanisms.Length), r =>
            Assert.Equal(0, r.GetProperty("failedTries").GetInt32()));
        Assert.DoesNotContain("wrong\n", relay.Printed, StringComparison.Ordinal);
    }
}
