using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>The checks of a captured mail, with what a real server of DNS says of its sender.</summary>
public sealed class DnsIsAsked
{
    // RFC 8463 appendix A.
    private const string Mail = """
        DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
         d=football.example.com; i=@football.example.com;
         q=dns/txt; s=brisbane; t=1528637909; h=from : to :
         subject : date : message-id : from : subject : date;
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
         b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
         Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>

        Hi.

        We lost the game.  Are you hungry yet?

        Joe.

        """;

    // The other texts leave no room for the record of SPF in one datagram.
    private static readonly string Records = "txt-record=football.example.com,\"v=spf1 mx a:web.example.com -all\"\n"
        + string.Concat(Enumerable.Range(0, 9).Select(i =>
            $"txt-record=football.example.com,\"proof{i}={new string('x', 200)}\"\n"))
        + """
        mx-host=football.example.com,mx.example.com,10
        host-record=mx.example.com,192.0.2.25
        cname=web.example.com,mx.example.com
        txt-record=_dmarc.example.com,"v=DMARC1; p=quarantine; sp=reject"
        txt-record=brisbane._domainkey.football.example.com,"v=DKIM1; k=ed25519; ","p=
        """ + "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"";

    [Fact]
    public async Task A_captured_mail_is_held_against_its_senders_records_where_somebody_asks()
    {
        await using var names = await NameServer.StartAsync(Records);
        await using var relay = new RealRelay();
        await relay.StartAsync($"""
            [[listener]]
            address = "127.0.0.1:{relay.Port}"
            [dns]
            servers = ["127.0.0.1:{names.Port}"]
            """);
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            Assert.StartsWith("250", await client.SendAsync(Encoding.ASCII.GetBytes(
                Mail.ReplaceLineEndings("\r\n")), from: "joe@football.example.com", to: "suzie@shopping.example.net"),
                StringComparison.Ordinal);
        var id = (await relay.FindAsync("state:captured", 1))[0].GetProperty("id").GetString()!;

        await relay.DoAsync("inbox", "check", id);
        Assert.Empty(names.Asked);

        var right = await relay.DoAsync("inbox", "check", id, "--dns", "--ip", "192.0.2.25");
        Assert.Contains("spf=pass smtp.mailfrom=football.example.com; dkim=pass header.d=football.example.com "
            + "header.s=brisbane; dmarc=pass header.from=football.example.com", Flat(right.Text),
            StringComparison.Ordinal);
        Assert.Contains("SPF passes for 192.0.2.25: mx of the record of football.example.com matches (1 of 10 "
            + "lookups).", Flat(right.Text), StringComparison.Ordinal);
        Assert.Contains("_dmarc.football.example.com TXT", names.Asked);

        // From elsewhere: the signature still vouches for it.
        var wrong = Flat((await relay.DoAsync("inbox", "check", id, "--dns", "--ip", "198.51.100.1")).Text);
        Assert.Contains("SPF fails for 198.51.100.1: -all of the record of football.example.com matches (2 of 10",
            wrong, StringComparison.Ordinal);
        Assert.Contains("DMARC passes by DKIM of football.example.com", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_is_told_apart_from_a_record_that_is()
    {
        await using var relay = new RealRelay();
        await relay.StartAsync($"""
            [[listener]]
            address = "127.0.0.1:{relay.Port}"
            [dns]
            servers = ["127.0.0.1:{Ports.Free()}"]
            """);
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-1")), StringComparison.Ordinal);
        var id = (await relay.FindAsync("state:captured", 1))[0].GetProperty("id").GetString()!;
        var said = await relay.DoAsync("inbox", "check", id, "--dns", "--ip", "192.0.2.1");
        Assert.Equal(1, said.ExitCode);
        Assert.Contains("spf=temperror", said.Text, StringComparison.Ordinal);
        Assert.Contains("cannot be asked", Flat(said.Text), StringComparison.Ordinal);
    }

    private static string Flat(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
