using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Identity;
using Postroom.Relay.Submission;
using WholeHouse = Postroom.Host.House;

namespace Postroom.Tests.Program.Host;

/// <summary>A whole house that takes mail and sends none.</summary>
internal static class CapturingHouse
{
    /// <param name="machine">Which machine it is on; null: this one.</param>
    public static WholeHouse Of(Func<Reading> read, Machine? machine = null) => Quiet(() => Off(read()), machine);

    // Tests run beside each other, and there is one address to be had where none is said.
    private static Reading Off(Reading reading) => reading.Configuration is { Api.IsWritten: false } all
        ? reading with { Configuration = all with { Api = new ApiSettings((System.Net.IPEndPoint?)null) } }
        : reading;

    private static WholeHouse Quiet(Func<Reading> read, Machine? machine) => new(read().Configuration!, read,
        new Wiring(TimeProvider.System, new Random(1), NullLoggerFactory.Instance)
        {
            Machine = (folder, given) => machine ?? ThisMachine.Read(folder, given),
            CourierFor = (_, _) => throw new InvalidOperationException("nothing is sent in capture mode"),
            TryOut = (_, _, _, _) => throw new InvalidOperationException("nobody asked"),
            Submission = (settings, spool, onlooker) =>
            {
                var server = new SubmissionServer(settings, spool, TimeProvider.System, NullLoggerFactory.Instance)
                {
                    Onlooker = onlooker,
                };
                return new NearSide(server.StartAsync, server.StopAsync, server.ReloadAsync, server.TakeAsync);
            },
        });
}
