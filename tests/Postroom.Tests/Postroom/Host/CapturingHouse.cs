using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Relay.Submission;
using WholeHouse = Postroom.Host.House;

namespace Postroom.Tests.Program.Host;

/// <summary>A whole house that takes mail and sends none.</summary>
internal static class CapturingHouse
{
    public static WholeHouse Of(Func<Reading> read) => new(read().Configuration!, read,
        new Wiring(TimeProvider.System, new Random(1), NullLoggerFactory.Instance)
        {
            CourierFor = (_, _) => throw new InvalidOperationException("nothing is sent in capture mode"),
            TryOut = (_, _, _, _) => throw new InvalidOperationException("nobody asked"),
            Submission = (settings, spool) =>
            {
                var server = new SubmissionServer(settings, spool, TimeProvider.System, NullLoggerFactory.Instance);
                return new NearSide(server.StartAsync, server.StopAsync, server.ReloadAsync);
            },
        });
}
