using System.Globalization;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>The programs that applications really send mail with.</summary>
internal static class Clients
{
    private const string JavaMail = "/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar";

    /// <summary>Where the clients' sources are: beside the test program.</summary>
    private static string Source(string name) => Path.Combine(AppContext.BaseDirectory, "clients", name);

    /// <summary>JavaMail with the properties that Jira sets.</summary>
    /// <param name="isKept">One connection for all mails instead of one each.</param>
    /// <returns>The mails' bytes as JavaMail wrote them.</returns>
    public static async Task<IReadOnlyList<byte[]>> JavaAsync(RealRelay relay, int count, bool isKept)
    {
        var folder = Directory.CreateDirectory(Path.Combine(relay.Folder, isKept ? "kept" : "each")).FullName;
        await MustAsync("java",
            "-Xshare:auto", "-cp", JavaMail, Source("JiraMail.java"), relay.Port.ToString(CultureInfo.InvariantCulture),
            count.ToString(CultureInfo.InvariantCulture), isKept ? "kept" : "each", folder);
        return [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
    }

    /// <summary>Python's smtplib.</summary>
    /// <param name="way">plain, starttls or auth.</param>
    public static async Task PythonAsync(RealRelay relay, byte[] mail, string way) => await MustAsync("python3",
        Source("send.py"), way, relay.Port.ToString(CultureInfo.InvariantCulture), await FileAsync(relay, mail));

    public static async Task CurlAsync(RealRelay relay, byte[] mail) => await MustAsync("curl",
        "--silent", "--show-error", $"smtp://127.0.0.1:{relay.Port}/client.example.test",
        "--mail-from", "jira@example.com",
        "--mail-rcpt", "alice@example.com", "--upload-file", await FileAsync(relay, mail));

    public static async Task SwaksAsync(RealRelay relay, byte[] mail) => await MustAsync("swaks",
        "--server", "127.0.0.1", "--port", relay.Port.ToString(CultureInfo.InvariantCulture),
        "--from", "jira@example.com",
        "--to", "alice@example.com", "--ehlo", "client.example.test", "--no-data-fixup", "--data",
        "@" + await FileAsync(relay, Mails.Stuffed(mail)));

    private static async Task<string> FileAsync(RealRelay relay, byte[] mail)
    {
        var file = Path.Combine(relay.Folder, Path.GetRandomFileName() + ".eml");
        await File.WriteAllBytesAsync(file, mail, TestContext.Current.CancellationToken);
        return file;
    }

    private static async Task MustAsync(string program, params string[] arguments)
    {
        var said = await Shell.RunAsync(program, arguments);
        Assert.True(said.ExitCode == 0, $"{program}: {said}");
    }
}
