using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Storms;
using Postroom.Host;

namespace Postroom.Cli.Watch;

/// <summary><c>postroom storm</c>, <c>storm show</c>, <c>release</c>, <c>thin</c>, <c>discard</c>: bursts that are
/// held until a person decides.</summary>
internal static class StormCommands
{
    private static readonly Column[] Columns =
    [
        new("ID"), new("SINCE"), new("HELD", IsNumber: true), new("SOURCE", IsElastic: true),
        new("WHAT", IsElastic: true), new("STATE", 1, IsElastic: true),
    ];

    private static readonly Argument<int> Id = new("ID") { Description = "The number of the storm" };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Only show how many that would be, and the first of them",
    };

    private static readonly Option<long?> Count = new("--count")
    {
        Description = "How many are held, as you were shown: where it is another by now, nothing is done",
        HelpName = "COUNT",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "However many they are by now" };

    public static Command Build(Screen screen)
    {
        var storm = new Command("storm", "Bursts of mail that is alike, and are held until a person decides")
        {
            CommandLine.Json, BuildShow(screen), BuildRelease(screen),
            BuildEnding(screen, "thin", "Let the newest mail of each recipient go, and cancel the others for good"),
            BuildEnding(screen, "discard", "Cancel all that is held, for good"),
        };
        storm.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var answer = await service.GetAsync("api/v1/storms", ApiJson.Default.StormsAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.StormsAnswer);
            else if (answer.Storms.Count == 0)
                screen.Line("No burst was noticed.");
            else
                screen.Table(Columns, [.. answer.Storms.Select(RowOf)]);
            return (int)(answer.Storms.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return storm;
    }

    private static Command BuildShow(Screen screen)
    {
        var show = new Command("show", "One storm: what it has in common, how much is held, the first mails")
            { Id, CommandLine.Json };
        show.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var storm = await service.GetAsync(PathOf(result), ApiJson.Default.StormAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, storm, ApiJson.Default.StormAnswer);
            else
                Show(screen, storm);
            return (int)ExitCode.Done;
        });
        return show;
    }

    private static Command BuildRelease(Screen screen)
    {
        var slowly = new Option<int?>("--slowly")
        {
            Description = "So many recipients a minute; without it, all at once", HelpName = "RATE",
        };
        var release = new Command("release", "Let all that is held of a storm go")
            { Id, slowly, Count, DryRun, CommandLine.Json };
        release.SetAction((result, cancel) => DoAsync(screen, result, "release",
            new StormRequest(result.GetValue(Count), result.GetValue(slowly), result.GetValue(DryRun)), cancel));
        return release;
    }

    private static Command BuildEnding(Screen screen, string name, string what)
    {
        var ending = new Command(name, what) { Id, Count, Yes, DryRun, CommandLine.Json };
        ending.SetAction(async (result, cancel) =>
        {
            var (count, isDry) = (result.GetValue(Count), result.GetValue(DryRun));
            if (count is null && !isDry)
            {
                using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
                var storm = await service.GetAsync(PathOf(result), ApiJson.Default.StormAnswer, cancel);
                if (!result.GetValue(Yes))
                    throw new CliException(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture,
                        $"{storm.Held} recipients at {storm.Addresses} addresses are held, and what is cancelled does "
                        + $"not come back: look with --dry-run, then say --count {storm.Held}, or --yes"));
                count = storm.Held;
            }

            return await DoAsync(screen, result, name, new StormRequest(count, DryRun: isDry), cancel);
        });
        return ending;
    }

    private static async Task<int> DoAsync(
        Screen screen, ParseResult result, string action, StormRequest request, CancellationToken cancel)
    {
        using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
        var done = await service.StormAsync($"{PathOf(result)}/{action}", request, cancel);
        if (result.GetValue(CommandLine.Json))
        {
            QueueCommands.Write(screen, done, ApiJson.Default.StormDoneAnswer);
            return (int)ExitCode.Done;
        }

        var would = done.DryRun == true ? "would be " : "";
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"Of {done.Held} held recipients at {done.Addresses} addresses, {done.Released} {would}released and "
            + $"{done.Cancelled} {would}cancelled")
            + (request.Slowly is { } rate ? string.Create(CultureInfo.InvariantCulture, $", {rate} a minute.") : "."),
            hang: 2);
        if (done.DryRun == true)
            Sample(screen, done.Sample);
        return (int)ExitCode.Done;
    }

    private static string PathOf(ParseResult result) =>
        string.Create(CultureInfo.InvariantCulture, $"api/v1/storms/{result.GetValue(Id)}");

    private static string[] RowOf(StormAnswer storm) =>
    [
        storm.Id.ToString(CultureInfo.InvariantCulture), Screen.Time(storm.Since, TimeProvider.System.GetLocalNow()),
        storm.Held.ToString(CultureInfo.InvariantCulture), SafeText.Of(storm.Source), SafeText.Of(storm.What[0]),
        StateOf(storm),
    ];

    private static string StateOf(StormAnswer storm) =>
        (storm.Over is null ? "blows" : "has passed")
        + (storm.Decision is { } decision ? $"; {SafeText.Of(decision)}" : "; nobody has decided");

    private static void Show(Screen screen, StormAnswer storm)
    {
        screen.Line($"Storm     {storm.Id.ToString(CultureInfo.InvariantCulture)}, {StateOf(storm)}", hang: 10);
        screen.Line($"Since     {Screen.Time(storm.Since, TimeProvider.System.GetLocalNow())}");
        screen.Line($"Source    {SafeText.Of(storm.Source)}");
        foreach (var what in storm.What)
            screen.Line($"What      {SafeText.Of(what)}", hang: 10);
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"Held      {storm.Held} recipients at {storm.Addresses} addresses"));
        Sample(screen, storm.Sample ?? []);
        if (storm.Held > 0)
            screen.Line(string.Create(CultureInfo.InvariantCulture, $"To decide: postroom storm release {storm.Id} "
                + $"[--slowly RATE], thin {storm.Id} or discard {storm.Id}; with --dry-run they only look."), hang: 2);
    }

    private static void Sample(Screen screen, IReadOnlyList<SampleAnswer> sample)
    {
        foreach (var mail in sample)
            screen.Line($"  {mail.Id}  {SafeText.Of(mail.To)}  {SafeText.Of(mail.Subject ?? "")}", hang: 4);
    }
}
