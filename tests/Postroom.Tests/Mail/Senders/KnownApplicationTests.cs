using System.Text;
using Postroom.Mail;
using Postroom.Mail.Senders;
using Postroom.Tests.Program;
using Xunit;

namespace Postroom.Tests.Mail.Senders;

/// <summary>Mails of our own writing, after the shapes that each application documents or is seen to send.</summary>
public sealed class KnownApplicationTests
{
    private static readonly Origin Jira = new("main", "127.0.0.1", "app", null, "ESMTP");
    private static readonly ReversePath Sender = new("app@example.com");

    private static string Mails { get; } =
        Path.Combine(Golden.Root, "tests", "Postroom.Tests", "Mail", "Senders", "mails");

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Mails, "*.eml").Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal)];

    [Fact]
    public void There_is_a_mail_of_each_application()
    {
        string[] known = ["jira", "confluence", "gitlab", "gitea", "jenkins", "redmine", "bitbucket", "bamboo",
            "grafana", "alertmanager", "nobody"];
        Assert.All(known, app => Assert.Contains(Names, name => name.Data.StartsWith(app, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mail_tells_whose_it_is(string name)
    {
        var octets = File.ReadAllBytes(Path.Combine(Mails, name + ".eml"));
        var facts = Seen(octets, octets.Length);
        Golden.Equal(Path.Combine(Mails, name + ".txt"), Shown(facts));
        Assert.Equal(name.StartsWith("nobody", StringComparison.Ordinal), facts is null);
        Assert.Equal(facts, Seen(octets, 1));
        Assert.Equal(facts, Seen(octets, 7));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mail_cut_off_anywhere_tells_what_it_can(string name)
    {
        var octets = File.ReadAllBytes(Path.Combine(Mails, name + ".eml"));
        for (var length = 0; length < octets.Length; length += 11)
            if (Seen(octets[..length], 4096) is { } facts)
                Assert.NotEmpty(facts.App);
    }

    [Fact]
    public void What_comes_behind_the_opening_is_not_looked_at()
    {
        var header = "Message-ID: <JIRA.1.1460652284000.1.1764231121154@Atlassian.JIRA>\r\nSubject: (P-1) x\r\n\r\n";
        var link = "<base href=\"https://jira.example.com\">";
        var near = Encoding.ASCII.GetBytes(header + new string(' ', (32 * 1024) - link.Length) + link);
        var far = Encoding.ASCII.GetBytes(header + new string(' ', (32 * 1024) - link.Length + 3) + link);
        Assert.Equal("https://jira.example.com", Seen(near, 999)!.Site);
        Assert.Null(Seen(far, 999)!.Site);
    }

    [Fact]
    public void A_strangers_words_are_one_bounded_line()
    {
        var mail = $"X-Jenkins-Job: {new string('j', 700)}\r\nX-Jenkins-Result: a\x1b[31m=?UTF-8?Q?=0A?=b\r\n\r\n";
        var facts = Seen(Encoding.ASCII.GetBytes(mail), 64)!;
        Assert.Equal(new string('j', 200), facts.Project);
        Assert.Equal("a [31m b", facts.Event!.Replace("b", " b", StringComparison.Ordinal).Replace("  ", " "));
    }

    private static AppFacts? Seen(byte[] mail, int piece)
    {
        using var seen = new Sighting(Recogniser.BuiltIn);
        for (var at = 0; at < mail.Length; at += piece)
            seen.Read(mail.AsSpan(at, Math.Min(piece, mail.Length - at)));
        return seen.Recognise(Jira, Sender);
    }

    private static string Shown(AppFacts? facts)
    {
        if (facts is null)
            return "of no known application\n";
        var lines = new (string Name, string? Value)[]
        {
            ("app", facts.App), ("instance", facts.Instance), ("site", facts.Site), ("node", facts.Node),
            ("project", facts.Project), ("item", facts.Item), ("event", facts.Event), ("actor", facts.Actor),
            ("reason", facts.Reason),
        };
        return string.Concat(lines.Where(line => line.Value is not null).Select(l => $"{l.Name}: {l.Value}\n"));
    }
}
