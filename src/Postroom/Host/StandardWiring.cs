using Microsoft.Extensions.Logging;
using Postroom.Configuration;
using Postroom.Relay.Delivery;
using Postroom.Relay.Submission;
using Postroom.Relay.Vault;
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
            CourierFor = (route, all, vault) =>
                new SmtpCourier(route, SettingsOf(all, vault), dialer, TimeProvider.System),
            Submission = (settings, spool) =>
            {
                var server = new SubmissionServer(settings, spool, TimeProvider.System, logs);
                return new NearSide(server.StartAsync, server.StopAsync, server.ReloadAsync);
            },
        };
    }

    private static CourierSettings SettingsOf(RelayConfiguration all, SecretVault vault) => new(all.HostName)
    {
        Vault = vault,
        Own = new OwnListeners([.. all.Submission.Listeners.Select(l => l.Address)], []),
    };
}
