using Microsoft.Extensions.Logging;
using Postroom.Mail.Privacy;
using Postroom.Mail.Routing;
using Postroom.Relay.Delivery;
using Postroom.Relay.Delivery.Graph;
using Postroom.Relay.Submission;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Wire;

namespace Postroom.Host;

/// <summary>The wiring of the real world: its clock, dice, sockets.</summary>
internal static class StandardWiring
{
    public static Wiring Make(ILoggerFactory logs, AddressesInLog? addresses = null)
    {
        var dialer = new SocketDialer();
        var meters = new RelayMeters();
        return new Wiring(TimeProvider.System, new Random(), logs)
        {
            Meters = meters,
            Addresses = addresses ?? new AddressesInLog(AddressForm.Plain),
            CourierFor = (route, needs) => route.Via switch
            {
                Via.Smtp => new SmtpCourier(route, SettingsOf(needs), dialer, TimeProvider.System),
                Via.Graph => new GraphCourier(route, GraphOf(needs), dialer, TimeProvider.System),
            },
            TryOut = (route, from, needs, cancel) => route.Via switch
            {
                Via.Smtp => RouteTrial.OfSmtpAsync(route, from, SettingsOf(needs), dialer, cancel),
                Via.Graph => GraphTrial.RunAsync(route, GraphOf(needs), dialer, cancel),
            },
            Submission = (settings, spool, onlooker) =>
            {
                var server = new SubmissionServer(settings, spool, TimeProvider.System, logs)
                {
                    Meters = meters, Onlooker = onlooker,
                };
                return new NearSide(server.StartAsync, server.StopAsync, server.ReloadAsync, server.TakeAsync);
            },
        };
    }

    private static GraphSettings GraphOf(CourierNeeds needs) => new() { Tokens = needs.Tokens.Find };

    private static CourierSettings SettingsOf(CourierNeeds needs) => new(needs.All.HostName)
    {
        Vault = needs.Vault,
        Tokens = needs.Tokens.Find,
        Own = new OwnListeners([.. needs.All.Submission.Listeners.Select(l => l.Address)], []),
    };
}
