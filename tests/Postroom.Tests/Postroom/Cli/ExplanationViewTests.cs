using System.CommandLine;
using System.Text.RegularExpressions;
using Postroom.Api;
using Postroom.Cli;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Program.Cli;

/// <summary>What is known about a failure, as people see it.</summary>
public sealed partial class ExplanationViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly Failure Refused = new(Fault.Account, new(5, 7, 139),
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
        + "https://aka.ms/smtp_auth_disabled for more information.", "smtp.office365.com");

    private static ExplanationAnswer Known => AnswerOf.Explanation(Refused)!;

    [Fact]
    public void The_reference_page_is_made_from_the_table() =>
        Golden.Equal(Path.Combine(Golden.Root, "docs", "reference", "refused-logins.md"), ExplanationView.Manual());

    [Fact]
    public void Every_command_that_a_cure_names_exists()
    {
        var root = CommandLine.Build(new Screen(TextWriter.Null, TextWriter.Null, null));
        var named = from chapter in ExplanationTable.Chapters
                    from row in chapter.Rows
                    from Match command in OurCommand().Matches(row.Means.Cure + row.Means.Cause)
                    select command.Groups[1].Value;
        var all = named.Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.Contains("secret set", all);
        Assert.Equal([], all.Where(command => !Exists(root, command)));
    }

    [Fact]
    public void A_command_that_does_not_exist_is_seen() =>
        Assert.False(Exists(CommandLine.Build(new Screen(TextWriter.Null, TextWriter.Null, null)), "secret sett"));

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void The_status_says_why_a_route_is_paused_and_below_it_what_to_do(int width)
    {
        var (screen, text) = Screen(width);
        StatusView.Show(screen, Status("m365", "m365-too"), Now);
        var lines = text().Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Assert.Single(lines, "m365, m365-too");
        Assert.Single(lines, line => line.StartsWith("  SMTP AUTH is off for the whole "
            + "tenant", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("  → Turn it on", StringComparison.Ordinal));
        Assert.Contains("(m365-tenant-smtp-auth-disabled)", text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_that_flows_or_is_paused_for_who_knows_what_is_not_explained()
    {
        var (screen, text) = Screen(null);
        StatusView.Show(screen, Status() with
        {
            Routes =
            [
                new LaneAnswer("well", 0, 0, false),
                new LaneAnswer("odd", 1, 0, true) { Cause = new FailureAnswer("nexthop", "4.4.2", "it broke", null) },
            ],
        }, Now);
        Assert.DoesNotContain('→', text());
        Assert.Contains("it broke", text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_timeline_explains_a_failure_once_and_not_after_each_try()
    {
        var (screen, text) = Screen(80);
        MailView.Show(screen, Mail(Failed(1), Tried(2), Failed(2), Failed(3)), Now);
        Assert.Single(text().Split('\n'), line => line.Contains('→'));
        Assert.Single(text().Split('\n'), line => line.Contains("SMTP AUTH is off", StringComparison.Ordinal));
        Assert.All(text().Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void A_timeline_explains_each_failure_that_is_another_one()
    {
        var other = AnswerOf.Explanation(new Failure(Fault.Account, new(4, 7, 0), "535 5.7.8 No", "mail.example.com"));
        var (screen, text) = Screen(null);
        MailView.Show(screen, Mail(Failed(1), Failed(2) with { Explanation = other }, Failed(3)), Now);
        Assert.Equal(3, text().Count(c => c == '→'));
    }

    [Fact]
    public void The_API_has_it_beside_the_failure()
    {
        var happened = AnswerOf.Event(new(Now, Postroom.Mail.Audit.EventKind.Deferred, null, 0) { Failure = Refused });
        Assert.Equal("m365-tenant-smtp-auth-disabled", happened.Explanation!.Name);
        var json = System.Text.Json.JsonSerializer.Serialize(Mail(happened), ApiJson.Default.MailAnswer);
        Assert.Contains("\"explanation\":{\"name\":\"m365-tenant-smtp-auth-disabled\",\"cause\":\"SMTP AUTH is "
            + "off", json,
            StringComparison.Ordinal);
        var status = System.Text.Json.JsonSerializer.Serialize(Status("m365"), ApiJson.Default.StatusAnswer);
        Assert.Contains("\"explanation\":{\"name\":", status, StringComparison.Ordinal);
        Assert.Null(AnswerOf.Event(new(Now, Postroom.Mail.Audit.EventKind.Accepted, null, 0)).Explanation);
    }

    private static bool Exists(Command root, string words)
    {
        var at = root;
        foreach (var word in words.Split(' '))
            if (at.Subcommands.FirstOrDefault(sub => sub.Name == word) is { } sub)
                at = sub;
            else
                return false;
        return true;
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(12, false)]
    [InlineData(1200, true)]
    public void Status_says_how_far_search_is_behind(long behind, bool isSaid)
    {
        var (screen, text) = Screen(null);
        StatusView.Show(screen, Status() with { IndexBehind = behind }, Now);
        Assert.Equal(isSaid, text().Contains("records behind", StringComparison.Ordinal));
    }

    private static (Screen, Func<string>) Screen(int? width)
    {
        var writer = new StringWriter { NewLine = "\n" };
        return (new Screen(writer, TextWriter.Null, width), writer.ToString);
    }

    private static StatusAnswer Status(params string[] paused) => new("0.1.0", "live", "relay.example", 7)
    {
        StartedAt = Now.AddHours(-3),
        DataFolder = "/var/lib/postroom",
        Listeners = ["127.0.0.1:2525"],
        HasRoom = true,
        Counts = new Dictionary<string, long> { ["waiting"] = 3 },
        Routes = [.. paused.Select(name => new LaneAnswer(name, 3, 0, true)
        {
            PausedSince = Now.AddMinutes(-5),
            Cause = AnswerOf.Failure(Refused),
            Explanation = Known,
        })],
    };

    private static MailAnswer Mail(params EventAnswer[] trail) => new("0DPHZ00000001", Now.AddHours(-1), "a@b.example")
    {
        Listener = "127.0.0.1:2525",
        Client = "127.0.0.1",
        Protocol = "ESMTP",
        Recipients = [new RecipientAnswer("0DPHZ00000001", 0, "waiting", "alice@example.com", "a@example.com")],
        Trail = trail,
    };

    private static EventAnswer Failed(int minute) => new(Now.AddMinutes(minute - 60), "returned", 0)
    {
        Failure = AnswerOf.Failure(Refused), Explanation = Known,
    };

    private static EventAnswer Tried(int minute) => new(Now.AddMinutes(minute - 60), "trying", 0);

    // Small letters only: NAME and options are no commands.
    [GeneratedRegex("`postroom ((?:[a-z]+)(?: [a-z]+)?)(?![a-z:])")]
    private static partial Regex OurCommand();
}
