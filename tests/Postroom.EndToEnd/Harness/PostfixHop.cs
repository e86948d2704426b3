using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A Postfix as next hop: Debian's, with its own configuration and queue, never the machine's own.</summary>
/// <remarks>It relays everything to a sink, where the bytes can be compared.</remarks>
internal sealed class PostfixHop : IAsyncDisposable
{
    private readonly string _folder;

    private PostfixHop(string folder) => _folder = folder;

    public int Port { get; } = Ports.Free();

    /// <summary>What it has logged.</summary>
    public string Log => File.ReadAllText(Path.Combine(_folder, "log", "mail.log"));

    /// <param name="sink">The port that everything is relayed to.</param>
    /// <param name="settings">More lines of main.cf; they win.</param>
    /// <param name="prepare">What to do in its folder <c>$W</c> before it starts.</param>
    public static async Task<PostfixHop> StartAsync(int sink, string settings = "", string prepare = "")
    {
        // Its daemons run as another user and need to pass through the folders above: so directly below the temporary
        // one.
        var hop = new PostfixHop(Directory.CreateTempSubdirectory("postroom-postfix-").FullName);
        var said = await Shell.RunAsRootAsync("bash", "-c", Configure + prepare + Start, "postfix-hop", hop._folder,
            hop.Port.ToString(CultureInfo.InvariantCulture), sink.ToString(CultureInfo.InvariantCulture), settings);
        Assert.True(said.ExitCode == 0, $"Postfix did not start: {said}");
        return hop;
    }

    /// <summary>One that wants a login by Cyrus SASL: the user <c>jira</c>, whose password is <c>right</c>.</summary>
    public static Task<PostfixHop> WithLoginAsync(int sink, string mechanisms) => StartAsync(sink, """
        smtpd_sasl_auth_enable = yes
        smtpd_sasl_security_options = noanonymous
        smtpd_sasl_local_domain = postfix.example.test
        smtpd_relay_restrictions = permit_sasl_authenticated, reject
        """, $"""

        mkdir "$W/sasl" "$W/conf/sasl"
        cat >"$W/conf/sasl/smtpd.conf" <<X
        pwcheck_method: auxprop
        auxprop_plugin: sasldb
        sasldb_path: $W/sasl/sasldb
        mech_list: {mechanisms}
        X
        echo -n right | saslpasswd2 -p -c -f "$W/sasl/sasldb" -u postfix.example.test jira
        chown -R postfix "$W/sasl"
        """);

    /// <summary>Waits until its queue is empty: all it will do is done.</summary>
    public async Task EmptyAsync()
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromMinutes(10);)
        {
            var said = await Shell.RunAsRootAsync("postqueue", "-c", Path.Combine(_folder, "conf"), "-j");
            Assert.True(said.ExitCode == 0, $"postqueue: {said}");
            if (said.Output.Length == 0)
                return;
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        Assert.Fail("Postfix still has mail in its queue");
    }

    public async ValueTask DisposeAsync() => await Shell.RunAsRootAsync("bash", "-c",
        """
        postfix -c "$1/conf" stop >/dev/null 2>&1
        rm -rf "$1"
        """, "postfix-hop", _folder);

    /// <summary>Writes the configuration into folder $1: it listens at port $2, and relays all to $3.</summary>
    internal const string Configure = """
        set -eu
        W=$1 PORT=$2 SINK=$3 SETTINGS=${4:-}
        mkdir -p "$W/conf" "$W/spool" "$W/data" "$W/log"
        touch "$W/log/mail.log"
        chmod 755 "$W" "$W/spool"
        chown -R postfix "$W/data" "$W/log"
        cat >"$W/conf/main.cf" <<X
        compatibility_level = 3.6
        queue_directory = $W/spool
        data_directory = $W/data
        command_directory = /usr/sbin
        daemon_directory = /usr/lib/postfix/sbin
        myhostname = postfix.example.test
        mydestination =
        mynetworks = 127.0.0.0/8
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        relayhost = [127.0.0.1]:$SINK
        disable_dns_lookups = yes
        local_header_rewrite_clients =
        smtp_tls_security_level = none
        smtpd_tls_security_level = none
        smtpd_relay_restrictions = permit_mynetworks, reject
        alias_maps =
        maillog_file = $W/log/mail.log
        maillog_file_prefixes = $W
        $SETTINGS
        X
        M=/usr/share/postfix/master.cf.dist
        [ -e $M ] || M=/etc/postfix/master.cf
        awk -v p="127.0.0.1:$PORT" '
            /^#/ || NF == 0 || /^[ \t]/ { next }
            $1 == "smtp" && $2 == "inet" { $1 = p }
            $2 == "inet" && $1 != p { next }
            { $5 = "n" }
            $8 ~ /^(postlogd|cleanup|qmgr|tlsmgr|trivial-rewrite|bounce|flush|proxymap|smtp|smtpd)$/ { print; next }
            $8 ~ /^(showq|error|anvil|scache)$/
        ' $M >"$W/conf/master.cf"
        grep -q '^postlog ' "$W/conf/master.cf" || echo 'postlog unix-dgram n - n - 1 postlogd' >>"$W/conf/master.cf"
        """;

    // Postfix forks into the background and keeps what it inherits open: so its output goes to a file.
    private const string Start = """

        postfix -c "$W/conf" start >"$W/log/start.log" 2>&1 </dev/null || { cat "$W/log/start.log" >&2; exit 1; }
        """;
}
