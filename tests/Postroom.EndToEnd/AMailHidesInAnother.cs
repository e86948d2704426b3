using System.Net;
using Postroom.EndToEnd.Harness;
using Postroom.Fuzz.Targets;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>SMTP smuggling, with the real program: in by DATA and BDAT, out by DATA.</summary>
public sealed class AMailHidesInAnother
{
    private const string Hello = "EHLO app\r\nMAIL FROM:<jira@example.com>\r\nRCPT TO:<alice@example.com>\r\n";
    private const string Evil = "MAIL FROM:<evil@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nx\r\n.\r\n";
    private const string Refused = "550 5.5.2 Bare CR, bare LF or NUL in mail data: lines end with CRLF; closing\r\n";

    private static readonly string[] Atoms = ["\r\n", "\n", "\r", "\0", ".", "x"];

    [Fact]
    public Task No_scanner_for_smuggling_finds_a_way() => HoldAsync([.. ScannerCases.All.Select(one => one.End)]);

    [Fact]
    [Trait("Long", "yes")]
    public async Task No_mix_of_four_line_ends_dots_and_NULs_finds_a_way()
    {
        IEnumerable<string> all = [""];
        for (var i = 0; i < 4; i++)
            all = all.SelectMany(_ => (string[])["", .. Atoms], (head, atom) => head + atom);
        var (sessions, mails) = await HoldAsync([.. all.Distinct().Concat(ScannerCases.All.Select(one => one.End))
            .Where(end => !("x" + end).Contains("\r\n.\r\n", StringComparison.Ordinal))]);
        Figures.Note("smuggling, real program", $"{sessions:N0} sessions by DATA and BDAT, whole and in pieces, at "
            + $"a strict and a lenient listener: {mails:N0} mails taken and passed on by DATA, 0 smuggled, 0 bare "
            + $"CR, LF or "
            + "NUL");
    }

    // What BDAT may hold and DATA may not end at: lone dots at the start, the end, and around every buffer's border.
    [Fact]
    public async Task A_mail_of_dots_taken_in_chunks_is_one_mail_at_a_next_hop_that_takes_DATA()
    {
        await using var sink = new Chunkless();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var sizes = (int[])[0, 1, 2, 1_022, 1_023, 1_024, 4_093, 4_094, 4_095, 4_096, 16_382, 65_533, 65_534, 65_535,
            65_536];
        var mails = sizes.Select(size => $"Subject: {size}\r\n\r\n" + new string('x', size) + "\r\n.\r\n" + Evil
            + ".\r\n..\r\n.").ToList();
        var to = new IPEndPoint(IPAddress.Loopback, relay.Port);
        foreach (var mail in mails)
            Assert.Contains("250 2.0.0 Accepted as ",
                await HostileClient.SayAsync(to, Wire.Octets($"{Hello}BDAT {mail.Length} LAST\r\n{mail}QUIT\r\n")),
                StringComparison.Ordinal);

        var arrived = await sink.Sink.WaitAsync(mails.Count, relay);
        Assert.Equal(mails.Select(mail => mail + "\r\n").Order(StringComparer.Ordinal),
            arrived.Select(one => one.Text[one.Text.IndexOf("Subject: ", StringComparison.Ordinal)..])
                .Order(StringComparer.Ordinal));
        sink.Look();
    }

    private static async Task<(int Sessions, int Mails)> HoldAsync(IReadOnlyList<string> ends)
    {
        await using var sink = new Chunkless();
        var lenient = new IPEndPoint(IPAddress.Loopback, Ports.Free());
        await using var relay = await RealRelay.LiveAsync(sink.Port,
            rest: $"[[listener]]\naddress = \"{lenient}\"\nstrictness = \"lenient\"");
        var strict = new IPEndPoint(IPAddress.Loopback, relay.Port);
        var (sessions, mails, repaired) = (0, 0, "");
        foreach (var end in ends)
        foreach (var inChunks in (bool[])[false, true])
        {
            var text = $"Subject: {Convert.ToHexString(Wire.Octets(end))}\r\n\r\nx{end}{Evil}";
            var opening = Wire.Octets(Hello + (inChunks ? $"BDAT {text.Length} LAST\r\n" : "DATA\r\n"));
            var at = text.IndexOf("\r\n\r\nx", StringComparison.Ordinal) + 5 + sessions % (end.Length + 1);
            byte[][] whole = [[.. opening, .. Wire.Octets(text)]];
            byte[][] cut = [[.. opening, .. Wire.Octets(text[..at])], Wire.Octets(text[at..])];
            foreach (var (to, pieces) in ((IPEndPoint, byte[][])[])
                [(strict, whole), (strict, cut), (lenient, whole), (lenient, cut)])
            {
                var said = await HostileClient.SayAsync(to, pieces);
                var isRefused = to == strict && IsBad("x" + end + "M");
                Assert.True(isRefused == said.EndsWith(Refused, StringComparison.Ordinal), text + said);
                Assert.True(isRefused == !said.Contains("250 2.0.0 Accepted as ", StringComparison.Ordinal),
                    text + said);
                sessions++;
                mails += isRefused ? 0 : 1;
                if (to == lenient && IsBad("x" + end + "M"))
                    repaired = said[(said.IndexOf("Accepted as ", StringComparison.Ordinal) + 12)..].Split("\r\n")[0];
            }
        }

        var arrived = await sink.Sink.WaitAsync(mails, relay);
        Assert.Equal(mails, arrived.Count);
        sink.Look();
        await relay.FindAsync($"id:{repaired}", 1);
        Assert.Matches("bare (CR|LF) made CRLF|NUL dropped",
            (await relay.AskAsync("queue", "show", repaired)).GetProperty("repaired").GetString()!);
        return (sessions, mails);
    }

    private static bool IsBad(string text) => text.Contains('\0', StringComparison.Ordinal)
        || text.Replace("\r\n", "", StringComparison.Ordinal).IndexOfAny(['\r', '\n']) >= 0;

    /// <summary>A next hop that takes DATA only, and every octet that it was sent.</summary>
    private sealed class Chunkless : IAsyncDisposable
    {
        private readonly Tap _tap;

        public Chunkless()
        {
            Sink = Sink.Start();
            Sink.Reply = command => command.StartsWith("EHLO", StringComparison.Ordinal)
                ? "250-sink.example.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 0" : null;
            _tap = new Tap(Sink.Port);
        }

        public Sink Sink { get; }

        public int Port => _tap.Port;

        /// <summary>Nothing of the second mail was a command, and no next hop, however lax, finds it.</summary>
        public void Look()
        {
            Assert.All(Sink.Arrivals, one => Assert.StartsWith("MAIL FROM:<jira@example.com>", one.From,
                StringComparison.Ordinal));
            Assert.DoesNotContain(Sink.Commands, one => one.StartsWith("BDAT", StringComparison.Ordinal));
            var sent = _tap.Sent;
            foreach (var octets in sent)
                Must.BeClean(octets, "no bare CR, bare LF or NUL reaches the next hop");
            foreach (var one in Sink.Arrivals)
            {
                var stuffed = Mails.Stuffed(one.Bytes);
                Assert.True(sent.Any(octets => octets.AsSpan().IndexOf(stuffed) >= 0), one.Text);
                LaxHops.ReadOneMail(stuffed);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _tap.DisposeAsync();
            await Sink.DisposeAsync();
        }
    }
}
