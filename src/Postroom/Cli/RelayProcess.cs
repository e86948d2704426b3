using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Postroom.Cli.Watch;
using Postroom.Host;
using Postroom.Configuration;
using Postroom.Mail.Sandbox;

namespace Postroom.Cli;

/// <summary>The process: opens the house, waits for a reason to end, closes it, and says with which exit
/// code.</summary>
public static class RelayProcess
{
    // Kept: once they are gone, a signal in the last moments of the process would put its own exit code in the place
    // of ours, and a supervisor that asks for a stop would not learn that the disk had failed.
    private static readonly List<PosixSignalRegistration> UntilTheEnd = [];

    public static async Task<ExitCode> RunAsync(
        RelayConfiguration configuration, Func<Reading> readAgain, Wiring wiring, Screen screen,
            CancellationToken cancel)
    {
        Folder.KeepPrivate();
        var log = wiring.Logs.CreateLogger("postroom");
        var stop = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var asked = cancel.Register(() => stop.TrySetResult("asked to"));
        UntilTheEnd.Add(OnSignal(PosixSignal.SIGTERM, () => stop.TrySetResult("SIGTERM")));
        UntilTheEnd.Add(OnSignal(PosixSignal.SIGINT, () => stop.TrySetResult("SIGINT")));

        await using var house = new House(configuration, readAgain, wiring);
        try
        {
            await house.OpenAsync(cancel);
        }
        catch (CannotListenException e)
        {
            HostLog.Mistake(log, e.Message);
            return ExitCode.CannotListen;
        }
        using var hangup = OnSignal(PosixSignal.SIGHUP, () => _ = ReloadAsync(house, log));
        Greet(configuration, house, screen, log);
        Supervisor.Tell("READY=1");

        var first = await Task.WhenAny(stop.Task, house.Failed);
        Supervisor.Tell("STOPPING=1");
        if (first == house.Failed)
        {
            HostLog.DiskFailed(log, house.Failed.Exception?.GetBaseException().Message ?? "unknown");
            return ExitCode.DiskFailed;
        }
        HostLog.Stopping(log, await stop.Task);
        return ExitCode.Done;
    }

    private static async Task ReloadAsync(House house, ILogger log)
    {
        var answer = await house.ReloadAsync("SIGHUP", CancellationToken.None);
        foreach (var line in answer.Mistakes.Concat(answer.Warnings))
            HostLog.Mistake(log, line);
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, Action act) =>
        PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true; // we end in our own order
        act();
    });

    private static void Greet(RelayConfiguration all, House house, Screen screen, ILogger log)
    {
        var api = house.ApiAddress;
        var listeners = string.Join(", ", all.Submission.Listeners.Select(l => l.Address));
        if (screen.Width is null)
        {
            HostLog.Started(log, House.Version, house.Mode, listeners, all.DataFolder);
            return;
        }
        var foreign = house.Foreign;
        if (foreign is not null)
            screen.Line(screen.Bold($"NOTHING IS SENT: {foreign}. If this is a real move: postroom live confirm "
                + "--reason TEXT"), hang: 2);
        screen.Line(screen.Bold($"Postroom {House.Version} ") + (foreign is not null
            ? "captures what comes in, whatever the mode, and holds what it came with." : house.Mode switch
        {
            Mode.Capture => "captures: nothing leaves this machine.",
            Mode.Live => $"is live: mail goes by "
                + $"{string.Join(", ", all.Routes.Select(r => $"{r.Name} ({r.Host}:{r.Port})"))}.",
            Mode.Hold => "holds: everything is kept until it is released.",
            Mode.Redirect => $"redirects: everything goes to {all.Sandbox.Redirection?.To.Address}.",
            Mode.Discard => "discards: nothing leaves, and nothing is kept but the record.",
        }));
        if (house.ModeSet is { } said)
            screen.Line("  " + screen.Bold(ModeCommands.Line(said, TimeProvider.System.GetLocalNow())));
        if (all.Sandbox.Rules.Count > 0)
            screen.Line($"  Rules         {string.Join(", ", all.Sandbox.Rules.Select(rule =>
                $"{rule.Name} ({SandboxPolicy.NameOf(rule.Mode)})"))}; postroom mode shows what holds");
        screen.Line($"  Hand mail to  {listeners}");
        screen.Line($"  Look with     {(house.Mode == Mode.Capture || foreign is not null ? "postroom inbox"
            : "postroom queue list --all")} · postroom search WORDS · postroom status");
        if (api is not null)
            screen.Line($"  Ask           {api}/api/openapi.json with a token of: postroom token create NAME");
        screen.Line($"  Data          {all.DataFolder}");
        screen.Line($"  Configuration {all.File ?? "built-in defaults"}");
    }
}
