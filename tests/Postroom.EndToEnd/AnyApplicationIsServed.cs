using System.Text.RegularExpressions;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>
/// Promise 8, with the libraries that applications build their mails with: a mail of 8-bit text, one with an
/// attachment, one for thirty people, one with an address that is none among its recipients.
/// </summary>
public sealed partial class AnyApplicationIsServed
{
    // What becomes of the two good recipients beside a bad one is the library's decision.
    [Theory]
    [InlineData("Jakarta Mail, one kept connection", "refused")]
    [InlineData("Perl's Net::SMTP", "in part")]
    public Task Its_mails_arrive_as_it_built_them(string library, string atABadRecipient) =>
        ArriveAsync(library, atABadRecipient);

    [Theory, Trait("Long", "yes")]
    [InlineData("JavaMail", "refused")]
    [InlineData("JavaMail, one kept connection", "refused")]
    [InlineData("Jakarta Mail", "refused")]
    [InlineData("nodemailer", "in part")]
    [InlineData("PHPMailer", "told")]
    [InlineData("Ruby's mail", "refused")]
    public Task Its_mails_arrive_as_it_built_them_whole(string library, string atABadRecipient) =>
        ArriveAsync(library, atABadRecipient);

    [Theory, Trait("Long", "yes")]
    [InlineData("JavaMail", "refused")]
    [InlineData("Jakarta Mail, one kept connection", "refused")]
    [InlineData("Tomcat 9, a JNDI session", "refused")]
    [InlineData("Tomcat 10, a JNDI session", "refused")]
    [InlineData("nodemailer", "in part")]
    [InlineData("PHPMailer", "told")]
    [InlineData("Ruby's mail", "refused")]
    public async Task It_logs_in_over_TLS_with_the_certificate_that_it_was_given(string library, string atABadRecipient)
    {
        await using var sink = Sink.Start();
        await using var relay = await WithLoginAsync(sink.Port);
        var isJava = library.StartsWith('J') || library.StartsWith("Tomcat", StringComparison.Ordinal);
        var application = new Application(relay, isJava ? await KeyStoreAsync(relay) : await CertificateAsync(relay));
        await CheckAsync(atABadRecipient, application, await application.SendAsync(library), sink);
        Assert.DoesNotContain(sink.Commands, c => c.Contains(Application.Password, StringComparison.Ordinal));
    }

    /// <summary>What an administrator does who ticks "TLS" in Jira.</summary>
    [Fact]
    public async Task JavaMail_with_TLS_ticked_sends_once_the_certificate_is_in_its_key_store()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port, listener: "tls = \"required\"");
        var stranger = await new Application(relay).JavaAsync("javax", "kept", "mail.smtp.starttls.enable=true");
        Assert.Contains("unable to find valid certification path", stranger.Error, StringComparison.Ordinal);

        var friend = new Application(relay, await KeyStoreAsync(relay));
        var said = await friend.JavaAsync("javax", "kept", "mail.smtp.auth=false");
        await CheckAsync("refused", friend, said, sink);
    }

    [Theory]
    [InlineData("msmtp", false)]
    [InlineData("msmtp", true)]
    public async Task A_mail_given_to_sendmail_arrives(string program, bool isWithLogin)
    {
        await using var sink = Sink.Start();
        await using var relay = isWithLogin ? await WithLoginAsync(sink.Port) : await RealRelay.LiveAsync(sink.Port);
        var application = new Application(relay, isWithLogin ? await CertificateAsync(relay) : null);
        var mail = Mails.Notification("PROJ-1");
        var said = await application.MsmtpAsync(mail);
        Assert.True(said.ExitCode == 0, $"{program}: {said}\n{relay.Printed}");
        Mails.ArrivedUnchanged(mail, (await sink.WaitAsync(1, relay))[0].Bytes);
    }

    [Theory, Trait("Long", "yes")]
    [InlineData("PHP's mail() through msmtp")]
    public async Task What_PHP_pipes_to_sendmail_arrives(string program)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var application = new Application(relay);
        var said = await application.PhpMailAsync();
        Assert.True(said.ExitCode == 0, $"{program}: {said}\n{relay.Printed}");
        var arrived = (await sink.WaitAsync(1, relay))[0];
        var (sent, text) = (Parts(application.Built["text"]), Parts(arrived.Bytes));
        Assert.Equal(sent.Body, text.Body);
        Assert.EndsWith(sent.Header, text.Header, StringComparison.Ordinal);
    }

    private static async Task ArriveAsync(string library, string atABadRecipient)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var application = new Application(relay);
        await CheckAsync(atABadRecipient, application, await application.SendAsync(library), sink);
    }

    private static async Task CheckAsync(string atABadRecipient, Application by, Said said, Sink sink)
    {
        Assert.True(said.ExitCode == 0, $"{said}\n{by.Relay.Printed}");
        Assert.Contains($"bad: {atABadRecipient}\n", said.Text, StringComparison.Ordinal);
        // Everything that was accepted is delivered, and there is no more of it.
        await by.Relay.FindAsync("state:delivered", 1 + 1 + 30 + (atABadRecipient == "refused" ? 0 : 2));
        await by.Relay.FindAsync("-state:delivered", 0);
        var arrived = sink.Arrivals;
        var built = by.Built;
        foreach (var kind in arrived.GroupBy(a => Kind().Match(a.Text).Groups[1].Value))
        {
            foreach (var copy in kind)
                Mails.ArrivedUnchanged(built[kind.Key], copy.Bytes);
            var to = kind.SelectMany(a => a.To).Select(c => c[(c.IndexOf('<') + 1)..c.IndexOf('>')]).Order().ToList();
            Assert.Equal(Recipients(kind.Key).Order(), to);
        }
        string[] kinds = atABadRecipient == "refused" ? ["text", "attachment", "many"]
            : ["text", "attachment", "many", "bad"];
        Assert.Equal(kinds.Order(), arrived.Select(a => Kind().Match(a.Text).Groups[1].Value).Distinct().Order());
    }

    private static IEnumerable<string> Recipients(string kind) => kind switch
    {
        "bad" => ["alice@example.com", "bob@example.com"],
        "many" => Enumerable.Range(0, 30).Select(i => $"user{i}@example.com"),
        _ => ["user0@example.com"],
    };

    private static async Task<RealRelay> WithLoginAsync(int nextHop)
    {
        var relay = new RealRelay();
        File.WriteAllText(relay.ConfigurationFile,
            relay.Live(nextHop, listener: "require_auth = true\ntls = \"required\""));
        var set = await relay.DoWithInputAsync($"{Application.Password}\n",
            "listener", "user", "set", Application.User, "--config", relay.ConfigurationFile);
        Assert.True(set.ExitCode == 0, $"{set}");
        await relay.StartAsync();
        return relay;
    }

    // The documented step, word for word, but for where the data folder and the key store are.
    private static async Task<string> KeyStoreAsync(RealRelay relay)
    {
        var store = Path.Combine(relay.Folder, "cacerts");
        await DoAsync(relay, Interoperability.Block("```sh").Replace("-cacerts", $"-keystore {store}",
            StringComparison.Ordinal));
        return store;
    }

    // Its first line: for those who read PEM.
    private static async Task<string> CertificateAsync(RealRelay relay)
    {
        await DoAsync(relay, Interoperability.Block("```sh").Split('\n')[0]);
        return Path.Combine(relay.Folder, "postroom.crt");
    }

    private static async Task DoAsync(RealRelay relay, string step)
    {
        step = step.Replace("/var/lib/postroom", relay.Data, StringComparison.Ordinal);
        var said = await Shell.RunAsync("bash", ["-c", $"set -e; cd {relay.Folder}; {step}"]);
        Assert.True(said.ExitCode == 0, $"{said}");
    }

    private static (string Header, string Body) Parts(byte[] mail)
    {
        var text = System.Text.Encoding.UTF8.GetString(mail);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (text[..(end + 2)], text[(end + 4)..]);
    }

    [GeneratedRegex("(?m)^X-Kind: ([a-z]+)")]
    private static partial Regex Kind();
}
