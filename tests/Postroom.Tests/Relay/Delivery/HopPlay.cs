using System.Text;
using Postroom.Mail.Routing;
using Postroom.Relay.Delivery;
using Postroom.Shared;
using Postroom.Tests.Relay.Queue;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>One row of the page, played in one way of sending.</summary>
internal sealed class HopPlay : IAsyncDisposable
{
    public const string Password = "canary-in-the-coal-mine";

    /// <summary>What AUTH PLAIN carries (RFC 4616 §2).</summary>
    public static readonly string Login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0app\0{Password}"));

    private const string Small = "Subject: x\r\n\r\n.dot\r\nhello\r\n";
    private static readonly string Large =
        string.Concat(Enumerable.Range(0, 15_000).Select(i => $".line number {i:00000}\r\n"));

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-hop-").FullName;
    private readonly ScriptedPeer _peer = new();
    private readonly HopStep _step;
    private readonly HopWay _way;
    private readonly string _misfortune;
    private int _seen;
    private bool _isOver;
    private bool _hasTaken;

    public HopPlay(string step, string misfortune, HopWay way)
    {
        (_step, _way, _misfortune) = (HopSteps.All[step], way, misfortune);
        if (HopSteps.Saying(misfortune) is null && !HopSteps.Others.Contains(misfortune))
            throw new InvalidDataException($"nobody knows how to play: {misfortune}");
        _peer.Offer = Offer(_step.Tls != TlsMode.None && misfortune != "does not offer it");
        _peer.Certificate = Certificate();
        _peer.BodyStop = _step.BodyStop;
        _peer.Cut = misfortune == "sends its replies in single octets" ? 1 : 0;
        _peer.Script = Answer;
        var own = misfortune == "is ourselves" ? new OwnListeners(["192.0.2.1:25"], []) : OwnListeners.None;
        Route = RouteOf();
        House = new HopHouse(_peer, Route, settings => settings with { Own = own });
        House.Dialer.IsUnknown = misfortune == "has a name that cannot be resolved";
        House.Dialer.IsRefused = misfortune == "refuses the connection";
        House.Dialer.IsSilent = misfortune == "does not answer";
    }

    public HopHouse House { get; }

    public ScriptedPeer Peer => _peer;

    public Route Route { get; }

    /// <summary>The route and the next hop can never agree: nothing heals it but a person.</summary>
    public bool IsHopeless => _misfortune == "is ourselves" || (_step.LogsIn && _step.Tls == TlsMode.None);

    private bool IsSilence => _misfortune is "says nothing" or "begins a reply and stops" or "does not answer";

    /// <summary>Plays it up to the outcome of the mail's first try.</summary>
    public async Task<StoryMail> RunAsync()
    {
        House.Run();
        if (_step.Before is { } before)
        {
            var first = House.Put(Small, _way.IsInMemory, before);
            await House.SettledAsync(first);
            if (_step.At.Length == 0)
            {
                await House.QuietAsync();
                await BlurtAsync(HopSteps.Saying(_misfortune)!);
                await House.QuietAsync();
                House.Time.Advance(TimeSpan.FromSeconds(10));
            }
        }

        var mail = House.Put(_step.BodyStop > 0 ? Large : Small, _way.IsInMemory, "a@example.org", "b@example.org");
        if (IsSilence && _step.At != "QUIT" && (_step.At.Length > 0 || _misfortune == "does not answer"))
            await SilenceAsync(mail);
        else
            await House.SettledAsync(mail);
        if (_step.At == "QUIT")
            await QuitAsync();
        return mail;
    }

    /// <summary>From now on the next hop behaves.</summary>
    public void Mend()
    {
        _isOver = true;
        (_peer.Cut, _peer.BodyStop) = (0, 0);
        _peer.Offer = Offer(_step.Tls != TlsMode.None);
        _peer.Certificate = TestCertificate.Make("hop.example");
        File.WriteAllText(TrustFile, _peer.Certificate.ExportCertificatePem());
        (House.Dialer.IsUnknown, House.Dialer.IsRefused, House.Dialer.IsSilent) = (false, false, false);
    }

    public async ValueTask DisposeAsync()
    {
        await House.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string TrustFile => Path.Combine(_folder, "trust.pem");

    private string[] Offer(bool startTls) =>
        [.. _misfortune switch
        {
            "offers unknown mechanisms only" when !_isOver => ["AUTH GSSAPI X-OWN"],
            "offers SIZE for smaller mail only" when !_isOver => ["SIZE 10"],
            "offers SIZE with a number beyond all bounds" => ["SIZE 99999999999999999999"],
            _ when _misfortune.StartsWith("offers SCRAM", StringComparison.Ordinal) && !_isOver =>
                ["AUTH SCRAM-SHA-256"],
            _ => _step.Extra,
        }, .. startTls ? ["STARTTLS"] : Array.Empty<string>(), .. _way.Offer.Where(word => !IsSizeOurs(word))];

    private bool IsSizeOurs(string word) =>
        word.StartsWith("SIZE", StringComparison.Ordinal)
        && _misfortune.StartsWith("offers SIZE", StringComparison.Ordinal);

    private Route RouteOf()
    {
        var password = Path.Combine(_folder, "password");
        File.WriteAllText(password, Password + "\n");
        return CourierHouse.Plain with
        {
            Tls = _step.Tls,
            TrustFile = TrustFile,
            Account = _step.LogsIn ? new AccountReference("app", password, null) : null,
        };
    }

    private System.Security.Cryptography.X509Certificates.X509Certificate2 Certificate()
    {
        var shown = _misfortune switch
        {
            "shows a certificate for another name" => TestCertificate.Make("other.example"),
            "shows an expired certificate" => TestCertificate.Make("hop.example", toYears: -10),
            "shows a certificate that is not valid yet" => TestCertificate.Make("hop.example", fromYears: 150),
            _ => TestCertificate.Make("hop.example"),
        };
        using var other = TestCertificate.Make("hop.example");
        var trusted = _misfortune == "shows a certificate that nobody vouches for" ? other : shown;
        File.WriteAllText(TrustFile, trusted.ExportCertificatePem());
        return shown;
    }

    // The peer's script. Where it is a matter of one reply, that reply stands in HopSteps, or on the page itself.
    private string? Answer(string line)
    {
        if (line.Contains("nobody", StringComparison.Ordinal))
            return "550 5.1.1 No such user";
        if (_isOver)
            return null;
        if (Always(line) is { } always)
            return always;
        var isHere = line.StartsWith(_step.At, StringComparison.Ordinal)
            || (_misfortune.EndsWith(" to all", StringComparison.Ordinal) && IsRcpt(line));
        if (_step.At.Length == 0 || !isHere || (++_seen != _step.Nth && !IsRcpt(line)))
            return null;
        return HopSteps.Saying(_misfortune); // null: it is a matter of something else, or of more than one reply
    }

    // What takes more than one reply.
    private string? Always(string line) => _misfortune switch
    {
        "does not know EHLO" when IsEhlo(line) => "500 5.5.1 What",
        "knows neither EHLO nor HELO" when IsEhlo(line) || line.StartsWith("HELO", StringComparison.Ordinal) =>
            "500 5.5.1 What",
        "says 334 for ever" or "offers SCRAM, and says 334 for ever" when IsLogin(line) =>
            line == "*" ? "501 5.7.0 Cancelled" : "334 ",
        "offers SCRAM, and says 235 without a proof" when IsLogin(line) => "235 2.7.0 Welcome",
        "offers SCRAM, and asks for a single iteration" when IsLogin(line) => Scram(line, own: "", iterations: 1),
        "offers SCRAM, and answers with a nonce of its own" when IsLogin(line) => Scram(line, own: "x", 4_096),
        "says 334 and what is no base64" when line == "*" => "501 5.7.0 Cancelled",
        "offers AUTH before TLS only" or "offers less than before" when IsEhlo(line) && ++_seen == 2 =>
            "250-hop.example\r\n250 8BITMIME",
        "offers STARTTLS again" when IsEhlo(line) && ++_seen == 2 => "250-hop.example\r\n250 STARTTLS",
        "has a 220 injected behind its reply to EHLO" when IsEhlo(line) =>
            ScriptedPeer.AsUsual + "\r\n220 2.0.0 Ready",
        "takes one recipient at a time" => OneAtATime(line),
        _ => null,
    };

    private string? OneAtATime(string line)
    {
        if (line.StartsWith("MAIL", StringComparison.Ordinal))
            _hasTaken = false;
        if (!IsRcpt(line))
            return null;
        var isMore = _hasTaken;
        _hasTaken = true;
        return isMore ? "452 4.5.3 Too many recipients" : null;
    }

    private static string Scram(string line, string own, int iterations)
    {
        if (line == "*")
            return "501 5.7.0 Cancelled";
        var first = Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(' ')[^1]));
        var nonce = first[(first.IndexOf("r=", StringComparison.Ordinal) + 2)..];
        var answer = $"r={own}{nonce}more,s={Convert.ToBase64String("salt"u8)},i={iterations}";
        return "334 " + Convert.ToBase64String(Encoding.UTF8.GetBytes(answer));
    }

    private static bool IsRcpt(string line) => line.StartsWith("RCPT", StringComparison.Ordinal);

    private static bool IsEhlo(string line) => line.StartsWith("EHLO", StringComparison.Ordinal);

    // A line of a login: AUTH, or what answers a 334.
    private static bool IsLogin(string line) =>
        line.StartsWith("AUTH", StringComparison.Ordinal) || line == "*" || (line.Length > 0 && !line.Contains(' ')
        && line is not ("GREETING" or "STARTTLS" or "TLS" or "DATA" or "END" or "RSET" or "QUIT"));

    private async Task SilenceAsync(StoryMail mail)
    {
        if (_misfortune == "does not answer")
            await House.Dialer.Dialled.Task.WaitAsync(CourierHouse.Patience);
        else
            await HeardAsync(_step.At, _step.Nth);
        if (_step.BodyStop == 0)
        {
            if (_misfortune != "does not answer")
                await House.QuietAsync();
            await House.SettledAfterAsync(mail, _step.Wait);
            return;
        }

        // When the wire is full depends on what lies between: here only that it ends, and for what reason.
        for (var look = 0; look < 2_000 && !House.IsSettled(mail); look++)
        {
            House.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await House.SettledAsync(mail);
    }

    private async Task HeardAsync(string at, int times)
    {
        await foreach (var heard in _peer.Heard.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            if (heard.StartsWith(at, StringComparison.Ordinal) && --times == 0)
                return;
    }

    // Said on a wire that nobody listens to any more, a blurt comes to nothing: that is all right.
    private async Task BlurtAsync(string what)
    {
        var blurting = _peer.BlurtAsync(what);
        if (what != ScriptedPeer.Silence && !what.StartsWith(ScriptedPeer.Half, StringComparison.Ordinal))
            await blurting.WaitAsync(CourierHouse.Patience);
    }

    private async Task QuitAsync()
    {
        House.Time.Advance(TimeSpan.FromSeconds(31));
        await HeardAsync("QUIT", 1);
        House.Time.Advance(TimeSpan.FromSeconds(6));
    }
}
