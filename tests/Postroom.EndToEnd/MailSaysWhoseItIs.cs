using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class MailSaysWhoseItIs
{
    private const string Mail = "Message-ID: <JIRA.590899.1460652284000.68665.1764231121154@Atlassian.JIRA>\r\n"
        + "References: <JIRA.590899.1460652284000@Atlassian.JIRA> <JIRA.590899.1460652284724@node439>\r\n"
        + "From: \"Ann Lee (Jira)\" <jira@example.com>\r\n"
        + "Subject: =?UTF-8?Q?[JIRA]_(PRO?=\r\n =?UTF-8?Q?J-123)_Gr=C3=BC=C3=9Fe?=\r\n"
        + "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + "<base href=3D\"https://jira.exa=\r\nmple.com\">Ann Lee <strong>commented</strong> on PROJ-123\r\n";

    [Fact]
    public async Task An_issue_key_finds_its_mail_before_and_after_a_restart_and_without_the_service()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Encoding.ASCII.GetBytes(Mail));
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-124"));
        await sink.WaitAsync(2, relay);

        await relay.FindAsync("to:alice@example.com issue:proj-123 state:delivered", 1);
        await relay.FindAsync("app:jira instance:jira.example.com node:node439 project:PROJ state:delivered", 1);
        await relay.StopAsync();
        var row = Assert.Single(await relay.SearchAsync("issue:PROJ-123"));
        Assert.Equal(("jira", "PROJ-123"), (row.GetProperty("app").GetString(), row.GetProperty("item").GetString()));

        await relay.StartAsync();
        var shown = await relay.AskAsync("queue", "show", row.GetProperty("id").GetString()!);
        var app = shown.GetProperty("application");
        Assert.Equal("app jira, site https://jira.example.com, node node439, project PROJ, item PROJ-123, "
            + "event commented, actor Ann Lee",
            string.Join(", ", app.EnumerateObject().Select(one => $"{one.Name} {one.Value}")));
        var told = (await relay.DoAsync("queue", "show", row.GetProperty("id").GetString()!)).Text;
        Assert.Contains("Application  jira at https://jira.example.com, node node439", told, StringComparison.Ordinal);
        Assert.Contains("About        PROJ-123, commented, by Ann Lee", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_answers_for_what_was_delivered_refused_and_never_handed_over()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Encoding.ASCII.GetBytes(Mail));
        await sink.WaitAsync(1, relay);
        await relay.FindAsync("issue:PROJ-123 state:delivered", 1);

        var got = await relay.DoAsync("why", "alice@example.com", "PROJ-123");
        Assert.Equal(0, got.ExitCode);
        Assert.Contains("“[JIRA] (PROJ-123) Grüße” was delivered: ", got.Text, StringComparison.Ordinal);
        var never = await relay.DoAsync("why", "to:bob@example.com", "issue:PROJ-123");
        Assert.Contains("No mail about PROJ-123 was handed over for bob@example.com.", never.Text,
            StringComparison.Ordinal);
        Assert.Contains("1 mail about PROJ-123 went to others", never.Text, StringComparison.Ordinal);
        await relay.StopAsync();
        var offline = await relay.DoAsync("why", "to:bob@example.com", "issue:PROJ-123");
        Assert.Equal(never.ExitCode, offline.ExitCode);
        Assert.StartsWith(never.Text.Split("ago")[0].Split("Mail from")[0], offline.Text, StringComparison.Ordinal);
    }
}
