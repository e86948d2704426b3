using Postroom.Mail;
using Postroom.Mail.Senders;

namespace Postroom.Fuzz.Targets;

/// <summary>What says whose mail it is, by a stranger's header and body, and by a person's rule.</summary>
internal static class SenderTargets
{
    private static readonly Origin Origin = new("main", "127.0.0.1", "app", "erp", "ESMTP");

    public static readonly FuzzTarget Senders = new("senders", ReadMail,
        "Message-ID: <JIRA.5.1460652284000.68665.1764231121154@n1>\r\n", "References: <JIRA.1.1460652284000@x> <a@b>",
        "\r\nSubject: [JIRA] (PROJ-1) x", "Subject: [FIRING:1] Disk (db1)\r\n", "Subject: =?UTF-8?Q?[x]_(PR?=\r\n =?",
        "X-JIRA-FingerPrint: 8adf\r\n", "From: \"Ann (Jira)\" <a@b>\r\n", "From: Grafana <g@h>\r\n",
        "X-GitLab-Project-Path: a/b\r\n", "X-Gitea-Repository-Path: a/b\r\nX-Gitea-Repository-Link: http://h/a/b\r\n",
        "X-Jenkins-Job: j\r\n", "X-Redmine-Host: h\r\n", "Content-Transfer-Encoding: base64\r\n", "quoted-printable",
        "base64\r\n\r\n", "\r\n\r\n", "\r\n--b\r\n", "<base href=\"https://h/\">", "<base href=3D'http://h=\r\n/'>",
        "https://h:1/browse/PROJ-1", "http://h/projects/A/repos/b/pull-requests/7", "/job/", "/#/alerts", "[", "]", "<",
        ">", "(", "=", "=3", "aHR0cHM6Ly9oL2Jyb3dzZS9B", "%2F", "%", "\u00ff", "\0", "Sent by Grafana")
        { Cost = 6 };

    public static readonly FuzzTarget Templates = new("template", ReadTemplate,
        "*", "{item}", "{project}", "{", "}", "a", "A", "-", "[ERP ", "] ", "\n", "{x}", "\u00c3\u00bc", "\u00c5\u00bf")
        { Cost = 2 };

    private static void ReadMail(byte[] input)
    {
        var choices = new Choices(input);
        var how = choices.Next();
        var octets = choices.Rest;
        var whole = Seen([new ArraySegment<byte>(octets)]);
        Must.Equal($"{whole}", $"{Seen(Cut.Of(octets, how))}", "the same application, whole and in pieces");
        foreach (var text in (ReadOnlySpan<string?>)[whole?.App, whole?.Instance, whole?.Site, whole?.Node,
            whole?.Project, whole?.Item, whole?.Event, whole?.Actor, whole?.Reason])
        {
            Must.Hold(text is null or { Length: > 0 and <= AppFacts.Longest }, "a fact is bounded");
            Must.Hold(text?.Any(char.IsControl) != true, "a fact steers no terminal");
        }
    }

    private static AppFacts? Seen(IEnumerable<ArraySegment<byte>> pieces)
    {
        using var seen = new Sighting(Recogniser.BuiltIn);
        foreach (var piece in pieces)
            seen.Read(piece);
        return seen.Recognise(Origin, ReversePath.Null);
    }

    private static void ReadTemplate(byte[] input)
    {
        var choices = new Choices(input);
        var (written, text) = (choices.Line(), choices.Line());
        if (!Template.TryParse(written, ApplicationRule.Notable, out var template, out var error))
        {
            Must.Hold(error.Length > 0, "what is wrong is said");
            return;
        }

        var found = new Dictionary<string, string>();
        if (!template.Fits(text, found))
            return;
        Must.Hold(found.Values.All(value => value.Length > 0), "what is noted is not empty");
        if (written.Contains('*', StringComparison.Ordinal))
            return;
        foreach (var (name, value) in found)
            written = written.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        Must.Hold(found.Values.Any(value => value.Contains('{', StringComparison.Ordinal))
            || written.Equals(text, StringComparison.OrdinalIgnoreCase), "what is noted fills the gaps");
    }
}
