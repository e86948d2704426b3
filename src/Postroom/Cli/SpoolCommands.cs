using System.CommandLine;
using Postroom.Configuration;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Embedded;

namespace Postroom.Cli;

/// <summary><c>postroom spool verify|rebuild|compact</c>: the store itself; but for verifying while no service runs on
/// it.</summary>
internal static class SpoolCommands
{
    public static Command Build(Screen screen) =>
        new("spool", "Verify, rebuild or compact the store")
    {
        AuditCommands.BuildVerify(screen, "Read everything and check every checksum and the hash chain: the same as "
            + "`audit verify`"),
        BuildRebuild(screen),
        BuildCompact(screen),
    };

    private static Command BuildRebuild(Screen screen)
    {
        var rebuild = new Command("rebuild", "Build the index anew from the journal, which is the truth");
        rebuild.SetAction(async (result, _) =>
        {
            var folder = Existing(result);
            using (DataFolderLock.Take(folder))
                foreach (var part in (string[])["", "-wal", "-shm"])
                    File.Delete(Folders.Ledger(folder) + part);
            await using (var spool = await OpenAsync(result))
                await spool.Index.CaughtUpAsync(CancellationToken.None);
            screen.Line("The index was built anew.");
            return (int)ExitCode.Done;
        });
        return rebuild;
    }

    private static Command BuildCompact(Screen screen)
    {
        var compact = new Command("compact", "Give back the space of bodies that nobody needs any more");
        compact.SetAction(async (result, _) =>
        {
            var folder = Existing(result);
            var before = SizeOf(folder);
            await using (var spool = await OpenAsync(result))
            {
                await spool.Index.CaughtUpAsync(CancellationToken.None);
                await spool.CompactAsync();
            }
            screen.Line($"{Screen.Size(Math.Max(0, before - SizeOf(folder)))} given back, "
                + $"{Screen.Size(SizeOf(folder))} in use.");
            return (int)ExitCode.Done;
        });
        return compact;
    }

    // With the routes of the configuration, so that mail is sorted into the lanes that it will be sent by.
    private static async Task<EmbeddedSpool> OpenAsync(ParseResult result)
    {
        var reading = ConfigCommands.Read(result);
        var folder = CommandLine.DataFolderOf(result);
        var configuration = reading.Configuration
            ?? throw new CliException(ExitCode.Wrong, "the configuration is wrong; see: postroom config check");
        var routes = new Postroom.Mail.Routing.RouteTable(configuration.Routes);
        return await SpoolOpening.OpenAsync(folder, configuration.Spool, routes.LaneOf, TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
    }

    // What the files take up, which holes in segments do not. The socket of a service that was killed is no file.
    private static long SizeOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length)
        + Directory.EnumerateDirectories(folder).SelectMany(Directory.EnumerateFiles).Sum(RealDisk.OctetsTaken);

    private static string Existing(ParseResult result)
    {
        var folder = CommandLine.DataFolderOf(result);
        return Directory.Exists(folder) ? folder
            : throw new CliException(ExitCode.NothingFound, $"there is no data folder {folder}");
    }
}
