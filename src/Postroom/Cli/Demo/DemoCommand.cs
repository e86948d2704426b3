using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Api;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Submission;
using Postroom.Relay.Vault;

namespace Postroom.Cli.Demo;

/// <summary><c>postroom demo</c>: the real relay between an application and a next hop that fails; under a
/// minute.</summary>
internal static class DemoCommand
{
    private const int Mails = 200;
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(14);
    private static readonly TimeSpan UntilOutage = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(50);

    public static Command Build(Screen screen)
    {
        var demo = new Command("demo",
            "See the point in under a minute: a relay, a next hop that fails, two hundred mails");
        demo.SetAction((_, cancel) => RunAsync(screen, cancel));
        return demo;
    }

    private static async Task<int> RunAsync(Screen screen, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("postroom-demo-").FullName;
        try
        {
            await using var hop = new FailingHop();
            var configuration = Configuration(folder, FreePort(), hop.Port);
            Introduce(screen, configuration);
            await using var house = new House(configuration, () =>
                throw new InvalidOperationException("the demo does not reload"),
                StandardWiring.Make(NullLoggerFactory.Instance));
            await house.OpenAsync(cancel);
            await PlayAsync(screen, house, hop, configuration, cancel);
            await EndAsync(screen, house, hop, cancel);
            return (int)ExitCode.Done;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PlayAsync(
        Screen screen, House house, FailingHop hop, RelayConfiguration configuration, CancellationToken cancel)
    {
        var application = new DemoApplication(IPEndPoint.Parse(configuration.Submission.Listeners[0].Address).Port);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var show = new DemoView(house.Status, hop, application).ShowAsync(screen, ended.Token);
        var mails = DemoMails.Make(Mails, new Random(7), TimeProvider.System.GetUtcNow());
        var sending = application.SendAsync(mails, HandOver, cancel);
        var outage = OutageAsync(hop, cancel);
        var latest = TimeProvider.System.GetUtcNow() + Longest;
        await Task.WhenAll(sending, outage);
        while (IsOpen(house.Status()) && TimeProvider.System.GetUtcNow() < latest)
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
        await ended.CancelAsync();
        await show;
    }

    private static async Task OutageAsync(FailingHop hop, CancellationToken cancel)
    {
        await Task.Delay(UntilOutage, cancel);
        await hop.GoAwayAsync(Outage);
    }

    private static bool IsOpen(StatusAnswer now) => now.Counts["waiting"] + now.Counts["trying"] > 0;

    private static void Introduce(Screen screen, RelayConfiguration configuration)
    {
        screen.Line(screen.Bold("Postroom between an application and a bad day."));
        screen.Line($"An application hands over {Mails} notification mails at "
            + $"{configuration.Submission.Listeners[0].Address}, each on a connection of its own.");
        screen.Line("Their next hop greylists, refuses, cuts connections, dawdles, and is gone for 8 seconds. Nothing "
            + "leaves this machine.");
        screen.Line("For the demo mail is tried again after 2 s to 6 s and given up after 20 s; the real defaults are "
            + "1 min to 1 h, and 5 days.");
        screen.Line();
    }

    private static async Task EndAsync(Screen screen, House house, FailingHop hop, CancellationToken cancel)
    {
        await house.Spool.Index.CaughtUpAsync(cancel);
        var counts = house.Status().Counts;
        screen.Line();
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"{counts["delivered"]} delivered (reports of failure to the sender among them), {counts["failed"]} "
                + $"refused for good, {counts["expired"]} given up,"
            + $" {counts["waiting"]} still waiting, none lost. The next hop took {hop.Taken}."));
        if (HardLife(house.Spool.Index) is { } mail)
        {
            screen.Line();
            screen.Line(screen.Bold("One mail that had a hard life") + ", as postroom queue show tells it:");
            screen.Line();
            MailView.Show(screen, AnswerOf.Mail(mail), TimeProvider.System.GetLocalNow());
        }
        screen.Line();
        screen.Line("Now with your own mail: postroom run, and hand it to 127.0.0.1:2525. It captures until you "
            + "configure a route.");
    }

    // The one made for it; should luck have had it otherwise, the delivered one that was tried most.
    private static MailRecord? HardLife(ISpoolIndex index)
    {
        var unlucky = index.Find(new Filter([new Term(Field.To, DemoMails.Unlucky)]), null, 1).Rows;
        var delivered = new Filter([new Term(Field.State, "delivered") { States = [State.Delivered] }]);
        var row = unlucky.Count > 0 ? unlucky[0] : index.Find(delivered, null, 1000).Rows.MaxBy(r => r.FailedTries);
        return row is null ? null : index.Show(row.Mail);
    }

    private static RelayConfiguration Configuration(string folder, int port, int hopPort)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        return new RelayConfiguration(Mode.Live, "relay.example", Path.Combine(folder, "data"))
        {
            Submission = new SubmissionSettings("relay.example", Folders.Users(Path.Combine(folder, "data")),
                [new ListenerSettings(address, address) { Tls = ListenerTls.Off }]),
            Routes = [new Route("upstream", "127.0.0.1", hopPort) { Tls = TlsMode.None, Connections = 4 }],
            Queue = new QueueSettings
            {
                Retry = new RetrySchedule(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20)),
            },
            Spool = new SpoolSettings { FreeSpaceFloor = 16 << 20, SegmentSize = 4 << 20 },
            Vault = new VaultSettings(Folders.Vault(Path.Combine(folder, "data")), Path.Combine(folder, "vault.key")),
        };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
