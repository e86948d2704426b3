using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>
/// Exim, chasquid or Dovecot as next hop: with a configuration of its own, TLS by a private authority, and the user
/// <c>jira</c> with the password <c>right</c>; never the machine's own.
/// </summary>
internal sealed class OtherHop : IAsyncDisposable
{
    private OtherHop(string name) => Folder = Directory.CreateTempSubdirectory($"postroom-{name}-").FullName;

    public int Port { get; } = Ports.Free();

    public string Folder { get; }

    /// <summary>What it has logged.</summary>
    public string Log => File.ReadAllText(Path.Combine(Folder, "log", "mainlog"));

    /// <summary>A route's settings to use it: TLS or nothing, and the authority to trust.</summary>
    public string Secured(RealRelay relay, string route = "") => relay.Live(Port, $"""
        trust = "{Folder}/ca.pem"
        {route}
        """).Replace("tls  = \"none\"", "tls  = \"required\"", StringComparison.Ordinal);

    /// <summary>A route's settings for the login.</summary>
    public string Login()
    {
        File.WriteAllText(Path.Combine(Folder, "password"), "right\n");
        return $"user = \"jira\"\npassword_file = \"{Folder}/password\"";
    }

    /// <summary>Exim, which relays all to a sink. It refuses <c>nobody</c>, and <c>grey</c> until the file
    /// <c>known</c> is there.</summary>
    public static Task<OtherHop> EximAsync(int sink) => StartAsync("exim", sink, """
        for PROGRAM in "$ROOT/artifacts/exim/usr/sbin/exim4" /usr/sbin/exim4; do [ -e "$PROGRAM" ] && break; done
        cp "$PROGRAM" "$W/exim4"
        mkdir "$W/spool"
        chown -R nobody "$W"
        # Debian's wants a user of its own to exist: where it runs, it does.
        (cat /etc/passwd; echo 'Debian-exim:x:65534:65534::/nonexistent:/usr/sbin/nologin') >"$W/passwd"
        (cat /etc/group; echo 'Debian-exim:x:65534:') >"$W/group"
        cat >"$W/exim.conf" <<X
        exim_path = $W/exim4
        primary_hostname = exim.example.test
        spool_directory = $W/spool
        log_file_path = $W/log/%slog
        pid_file_path = $W/spool/exim.pid
        log_selector = +pipelining +tls_cipher
        local_interfaces = 127.0.0.1
        daemon_smtp_ports = $PORT
        deliver_drop_privilege = true
        tls_advertise_hosts = *
        tls_certificate = $W/fullchain.pem
        tls_privatekey = $W/privkey.pem
        chunking_advertise_hosts = *
        dsn_advertise_hosts = *
        smtputf8_advertise_hosts = *
        host_lookup =
        rfc1413_query_timeout = 0s
        keep_environment =
        acl_smtp_rcpt = rcpt
        acl_smtp_data = accept
        begin acl
        rcpt:
          deny local_parts = nobody
            message = 550 5.1.1 No such person here
          defer local_parts = grey
            condition = \${if exists{$W/known}{no}{yes}}
            message = 451 4.7.1 Greylisted, come back later
          accept
        begin routers
        smart:
          driver = manualroute
          route_list = * 127.0.0.1
          self = send
          transport = out
        begin transports
        out:
          driver = smtp
          port = $SINK
          allow_localhost
          dnssec_request_domains =
          hosts_try_fastopen =
        begin retry
        * * F,2h,5m
        begin authenticators
        plain:
          driver = plaintext
          public_name = PLAIN
          server_prompts = :
          server_condition = \${if and{{eq{\$auth2}{jira}}{eq{\$auth3}{right}}}}
          server_set_id = \$auth2
          server_advertise_condition = \${if def:tls_in_cipher}
        X
        start unshare -m --propagation private bash -c "mount --bind $W/passwd /etc/passwd
            mount --bind $W/group /etc/group
            exec setpriv --reuid nobody --regid nogroup --clear-groups $W/exim4 -C $W/exim.conf -bdf"
        """);

    /// <summary>chasquid, with the mailbox alice@example.com, whose mails are files in the folder <c>got</c>.</summary>
    public static Task<OtherHop> ChasquidAsync() => StartAsync("chasquid", 0, """
        mkdir -p "$W/domains/example.com" "$W/certs/chasquid.example.test" "$W/data" "$W/got" "$W/part"
        cp "$W/fullchain.pem" "$W/privkey.pem" "$W/certs/chasquid.example.test"
        cat >"$W/agent" <<X
        #!/bin/sh
        part=\$(mktemp -p $W/part) && cat >"\$part" && mv "\$part" $W/got
        X
        chmod 755 "$W/agent"
        cat >"$W/chasquid.conf" <<X
        hostname: "chasquid.example.test"
        smtp_address: "127.0.0.1:$PORT"
        mail_delivery_agent_bin: "$W/agent"
        mail_delivery_agent_args: "%to%"
        data_dir: "$W/data"
        mail_log_path: "$W/log/mail"
        X
        chasquid-util -C="$W" user-add alice@example.com --password=x >/dev/null
        start chasquid -config_dir "$W" -logfile "$W/log/mainlog"
        """);

    /// <summary>Dovecot's submission service, which relays all to a sink.</summary>
    /// <param name="introspection">Where it asks about access tokens (RFC 7662); null: it takes passwords.</param>
    public static Task<OtherHop> DovecotAsync(
        int sink, string mechanisms = "plain scram-sha-256", Uri? introspection = null) =>
        StartAsync("dovecot", sink, $"MECHANISMS='{mechanisms}' ASK='{introspection}'" + """

        mkdir "$W/run" "$W/home"
        chown nobody "$W/home"
        cat >"$W/dovecot.conf" <<X
        base_dir = $W/run
        state_dir = $W/run
        log_path = $W/log/mainlog
        protocols = submission
        listen = 127.0.0.1
        hostname = dovecot.example.test
        ssl = required
        ssl_cert = <$W/fullchain.pem
        ssl_key = <$W/privkey.pem
        auth_mechanisms = $MECHANISMS
        default_internal_user = nobody
        default_internal_group = nogroup
        default_login_user = nobody
        first_valid_uid = 1
        mail_location = maildir:$W/home
        submission_relay_host = 127.0.0.1
        submission_relay_port = $SINK
        submission_relay_ssl = no
        passdb {
          driver = $([ -z "$ASK" ] && echo static || echo oauth2)
          args = $([ -z "$ASK" ] && echo password=right || echo "$W/oauth2.conf")
        }
        userdb {
          driver = static
          args = uid=nobody gid=nogroup home=$W/home
        }
        service submission-login {
          chroot =
          inet_listener submission {
            port = $PORT
          }
        }
        service anvil {
          chroot =
        }
        X
        cat >"$W/oauth2.conf" <<X
        introspection_mode = post
        introspection_url = $ASK
        force_introspection = yes
        username_attribute = username
        active_attribute = active
        active_value = true
        X
        start dovecot -F -c "$W/dovecot.conf"
        """);

    /// <summary>Dovecot's IMAP service with one mailbox, whose new mail is in <c>home/new</c>, and spam in
    /// <c>home/.Junk/new</c>; STARTTLS.</summary>
    public static Task<OtherHop> ImapAsync() => StartAsync("imap", 0, """
        mkdir -p "$W/run" "$W/home/"{new,cur,tmp} "$W/home/.Junk/"{new,cur,tmp}
        chown -R nobody "$W/home"
        chmod 777 "$W/home/new" "$W/home/.Junk/new"
        cat >"$W/dovecot.conf" <<X
        base_dir = $W/run
        state_dir = $W/run
        log_path = $W/log/mainlog
        protocols = imap
        listen = 127.0.0.1
        ssl = required
        ssl_cert = <$W/fullchain.pem
        ssl_key = <$W/privkey.pem
        default_internal_user = nobody
        default_internal_group = nogroup
        default_login_user = nobody
        first_valid_uid = 1
        mail_location = maildir:$W/home
        namespace inbox {
          inbox = yes
          mailbox Junk {
            special_use = \Junk
            auto = create
          }
        }
        passdb {
          driver = static
          args = password=right
        }
        userdb {
          driver = static
          args = uid=nobody gid=nogroup home=$W/home
        }
        service imap-login {
          chroot =
          inet_listener imap {
            port = $PORT
          }
          inet_listener imaps {
            port = 0
          }
        }
        service anvil {
          chroot =
        }
        X
        start dovecot -F -c "$W/dovecot.conf"
        """);

    /// <summary>What a client sees of a mailbox there: how many mails, how many of them seen, and what about.</summary>
    public async Task<string> LookAsync(string mailbox)
    {
        var said = await Shell.RunAsync("python3", ["-c", """
            import email, email.header, imaplib, ssl, sys
            port, folder, mailbox = sys.argv[1:]
            imap = imaplib.IMAP4("127.0.0.1", int(port))
            imap.starttls(ssl._create_unverified_context())
            imap.login("jira", "right")
            assert imap.select(mailbox, readonly=True)[0] == "OK", mailbox
            _, (ids,) = imap.search(None, "ALL")
            subjects = []
            for one in ids.split():
                head = imap.fetch(one, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1]
                subject = email.message_from_bytes(head)["Subject"]
                subject = str(email.header.make_header(email.header.decode_header(subject)))
                subjects.append(" ".join(subject.split()))
            seen = len(imap.search(None, "SEEN")[1][0].split())
            print(f"{len(subjects)} mails, {seen} seen: {', '.join(sorted(subjects))}")
            """, Port.ToString(CultureInfo.InvariantCulture), Folder, mailbox]);
        Assert.True(said.ExitCode == 0, $"{said}\n{Log}");
        return said.Text.Trim();
    }

    /// <summary>GNU SASL behind the least of an SMTP server, which relays all to a sink.</summary>
    /// <param name="tls">Its only version of TLS: <c>1.2</c> or <c>1.3</c>.</param>
    public static Task<OtherHop> GnuSaslAsync(int sink, string tls, string mechanisms) => StartAsync("gsasl", sink,
        $"TLS='{tls}' MECHANISMS='{mechanisms}'" + """

        start env PYTHONUNBUFFERED=1 python3 "$ROOT/tests/Postroom.EndToEnd/clients/gsasl.py" "$W" $PORT $SINK $TLS \
            $MECHANISMS
        """);

    public async ValueTask DisposeAsync() => await Shell.RunAsRootAsync("bash", "-c", """
        pid=$(cat "$1/pid" 2>/dev/null) && kill -- "-$pid" 2>/dev/null
        while kill -0 -- "-$pid" 2>/dev/null; do sleep 0.05; done
        rm -rf "$1"
        """, "hop", Folder);

    private static async Task<OtherHop> StartAsync(string name, int sink, string script)
    {
        var hop = new OtherHop(name);
        PrivateAuthority.IssueInto(hop.Folder);
        // In a process group of its own, by which it is ended; what it prints goes to a file.
        const string Start = """
            set -eu
            W=$1 PORT=$2 SINK=$3 ROOT=$4
            chmod 755 "$W"
            mkdir "$W/log"
            start() { setsid "$@" >"$W/log/printed" 2>&1 </dev/null & echo $! >"$W/pid"; }

            """;
        var said = await Shell.RunAsRootAsync("bash", "-c", Start + script, "hop", hop.Folder,
            hop.Port.ToString(CultureInfo.InvariantCulture), sink.ToString(CultureInfo.InvariantCulture),
            Interoperability.Root());
        Assert.True(said.ExitCode == 0, $"{name} did not start: {said}");
        await hop.GreetsAsync();
        return hop;
    }

    private async Task GreetsAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (true)
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
                var greeting = new byte[3];
                await client.GetStream().ReadExactlyAsync(greeting, limit.Token);
                return;
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                await Task.Delay(20, limit.Token); // not yet
            }
    }
}
