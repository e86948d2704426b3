using System.Globalization;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A mail library as applications use it: it builds its own mails, and writes down what it built.</summary>
/// <param name="relay">Where it hands them over.</param>
/// <param name="certificate">The certificate to trust, for TLS and a login; null: in the clear.</param>
internal sealed class Application(RealRelay relay, string? certificate = null)
{
    /// <summary>The user and the password that they log in with.</summary>
    public const string User = "jira", Password = "correct horse";

    private const string Jars = "/usr/share/java/";

    public RealRelay Relay => relay;

    private readonly string _folder = Directory.CreateDirectory(Path.Combine(relay.Folder, "built")).FullName;
    private readonly string _port = relay.Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>What it built, by kind: text, attachment, many, bad.</summary>
    public IReadOnlyDictionary<string, byte[]> Built => Directory.EnumerateFiles(_folder, "*.eml")
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), File.ReadAllBytes);

    /// <summary>Has it send everything.</summary>
    /// <returns>What the program said: a line for each kind.</returns>
    public Task<Said> SendAsync(string library) => library switch
    {
        "JavaMail" => JavaAsync("javax", "each"),
        "JavaMail, one kept connection" => JavaAsync("javax", "kept"),
        "Jakarta Mail" => JavaAsync("jakarta", "each"),
        "Jakarta Mail, one kept connection" => JavaAsync("jakarta", "kept"),
        "Tomcat 9, a JNDI session" => TomcatAsync("9", "javax"),
        "Tomcat 10, a JNDI session" => TomcatAsync("10", "jakarta"),
        "nodemailer" => RunAsync("node", Source("application.js")),
        "PHPMailer" => RunAsync("php", Source("application.php")),
        "Ruby's mail" => RunAsync("ruby", Source("application.rb")),
        "Perl's Net::SMTP" => RunAsync("perl", Source("application.pl")),
        _ => throw new ArgumentException($"no such library: {library}", nameof(library)),
    };

    /// <summary>JavaMail or Jakarta Mail, with more properties than host, port and timeout.</summary>
    /// <param name="word">javax or jakarta.</param>
    /// <param name="way">each, kept or session.</param>
    public Task<Said> JavaAsync(string word, string way, params string[] properties)
    {
        string[] login = certificate is null ? [] : ["mail.smtp.starttls.enable=true", "mail.smtp.auth=true",
            $"mail.smtp.user={User}", $"mail.smtp.password={Password}"];
        return Shell.RunAsync("java", ["-Xshare:auto", .. Trust(), "-cp", MailJars(word), SourceIn("Application", word),
            _folder, way, "mail.smtp.host=127.0.0.1", $"mail.smtp.port={_port}", "mail.smtp.timeout=10000",
            .. login, .. properties]);
    }

    /// <summary>PHP's mail(): it pipes the mail to what sendmail_path names.</summary>
    public async Task<Said> PhpMailAsync()
    {
        var settings = await MsmtpSettingsAsync();
        var said = await Shell.RunAsync("php",
            ["-d", $"sendmail_path=\"tee {_folder}/text.eml | msmtp --file={settings} --read-recipients\"",
                Source("mail.php")]);
        var file = Path.Combine(_folder, "text.eml");
        // A pipe has lines that end in LF; what goes over the wire has not.
        var piped = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, piped.ReplaceLineEndings("\r\n"), TestContext.Current.CancellationToken);
        return said;
    }

    /// <summary>msmtp in the place of sendmail.</summary>
    public async Task<Said> MsmtpAsync(byte[] mail)
    {
        var settings = await MsmtpSettingsAsync();
        var file = Path.Combine(_folder, "text.eml");
        await File.WriteAllBytesAsync(file, mail, TestContext.Current.CancellationToken);
        return await Shell.RunAsync("bash", ["-c", "exec msmtp --file=\"$1\" user0@example.com <\"$2\"", "msmtp",
            settings, file]);
    }

    private async Task<string> MsmtpSettingsAsync()
    {
        var file = Path.Combine(relay.Folder, "msmtprc");
        string[] security = certificate is null ? ["tls off"] : ["tls on", "tls_starttls on",
            $"tls_trust_file {certificate}", "auth plain", $"user {User}", $"password {Password}"];
        string[] lines = ["account default", "host 127.0.0.1", $"port {_port}", "from jira@example.com", .. security];
        await WriteAsync(file, string.Join('\n', lines) + "\n");
        await Shell.RunAsync("chmod", ["600", file]); // it reads a password from no other
        return file;
    }

    private Task<Said> RunAsync(string program, string source) => Shell.RunAsync(program,
        certificate is null ? [source, _port, _folder] : [source, _port, _folder, certificate]);

    // Tomcat of a version, with the server.xml that the page on interoperability shows.
    private async Task<Said> TomcatAsync(string version, string word)
    {
        var home = Path.Combine(relay.Folder, "tomcat");
        var classes = Directory.CreateDirectory(Path.Combine(home, "webapps", "app", "WEB-INF", "classes")).FullName;
        Directory.CreateDirectory(Path.Combine(home, "conf"));
        await WriteAsync(Path.Combine(home, "webapps", "app", "WEB-INF", "web.xml"), """
            <web-app version="3.1" metadata-complete="true">
              <servlet>
                <servlet-name>mail</servlet-name>
                <servlet-class>MailServlet</servlet-class>
                <load-on-startup>1</load-on-startup>
              </servlet>
            </web-app>
            """);
        var resource = Interoperability.Block("```xml").Replace("2525", _port, StringComparison.Ordinal)
            .Replace("javax.mail.Session", $"{word}.mail.Session", StringComparison.Ordinal);
        await WriteAsync(Path.Combine(home, "conf", "server.xml"), $"""
            <Server port="-1">
              <Service name="Catalina">
                <Engine name="Catalina" defaultHost="localhost">
                  <Host name="localhost" appBase="webapps" autoDeploy="false">
                    <Context path="/app" docBase="app">
                      {resource}
                    </Context>
                  </Host>
                </Engine>
              </Service>
            </Server>
            """);
        var jars = string.Join(':', Directory.EnumerateFiles(Jars, $"tomcat{version}-*.jar").Append(MailJars(word)));
        var built = await Shell.RunAsync("javac",
            ["-cp", jars, "-d", classes, SourceIn("Application", word), SourceIn("MailServlet", word)]);
        Assert.True(built.ExitCode == 0, $"javac: {built}");
        return await Shell.RunAsync("java", [.. Trust(), $"-Dcatalina.home={home}", $"-Dcatalina.base={home}",
            $"-Dfolder={_folder}", "-cp", jars, Source("StartTomcat.java")]);
    }

    // What the page on interoperability says about a certificate, done to a key store of the test's own.
    private string[] Trust() => certificate is null ? []
        : [$"-Djavax.net.ssl.trustStore={certificate}", "-Djavax.net.ssl.trustStorePassword=changeit"];

    private static Task WriteAsync(string file, string text) =>
        File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

    private static string MailJars(string word) => word == "javax"
        ? $"{Jars}javax.mail.jar:{Jars}javax.activation.jar"
        : $"{Jars}jakarta-mail.jar:{Jars}jakarta-activation.jar";

    private static string Source(string name) => Path.Combine(AppContext.BaseDirectory, "clients", name);

    // The sources are written for Jakarta; JavaMail has the same names below another word.
    private string SourceIn(string name, string word)
    {
        var folder = Directory.CreateDirectory(Path.Combine(relay.Folder, "source")).FullName;
        var file = Path.Combine(folder, $"{name}.java");
        File.WriteAllText(file, File.ReadAllText(Source($"{name}.java"))
            .Replace("jakarta.", $"{word}.", StringComparison.Ordinal));
        return file;
    }
}
