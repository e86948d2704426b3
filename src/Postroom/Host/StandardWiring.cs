using Microsoft.Extensions.Logging;
using Postroom.Configuration;
using Postroom.Relay.Delivery;
using Postroom.Relay.Submission;
using Postroom.Relay.Wire;

namespace Postroom.Host;

/// <summary>The wiring of the real world: its clock, dice, sockets.</summary>
internal static class StandardWiring
{
    public static Wiring Make(ILoggerFactory logs)
    {
        var dialer = new SocketDialer();
        return new Wiring(TimeProvider.System, new Random(), logs)
        {
            CourierFor = (route, all) => new SmtpCourier(route, SettingsOf(all), dialer, TimeProvider.System),
            Submission = (settings, spool) =>
            {
                var server = new SubmissionServer(settings, spool, TimeProvider.System, logs);
                return new NearSide(server.StartAsync, server.StopAsync, server.ReloadAsync);
            },
        };
    }

    private static CourierSettings SettingsOf(RelayConfiguration all) => new(all.HostName)
    {
        Own = new OwnListeners([.. all.Submission.Listeners.Select(l => l.Address)], []),
    };
}
