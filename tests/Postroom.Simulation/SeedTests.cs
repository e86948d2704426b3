using System.Diagnostics;
using System.Globalization;
using Postroom.Shared;
using Xunit;

namespace Postroom.Simulation;

/// <summary>Thousands of worlds, each from a seed that repeats it.</summary>
public sealed class SeedTests
{
    private const int Sample = 6_000;
    private const int Sandboxes = 1_000;

    private static int First => Number("POSTROOM_SEED", 1);

    [Fact]
    public void What_was_promised_comes_true_where_all_mail_goes_out() => Try(First, Number("POSTROOM_SEEDS", Sample));

    [Fact]
    public void What_was_promised_comes_true_where_there_is_a_sandbox() =>
        Try(-Math.Abs(First), Number("POSTROOM_SEEDS", Sandboxes));

    [Fact]
    [Trait("Long", "yes")]
    public void What_was_promised_comes_true_in_a_million_worlds()
    {
        var (worlds, lives, deliveries) = Try(First, Number("POSTROOM_SEEDS", 1_000_000));
        Figures.Note("simulation", $"{worlds:N0} worlds, seeds {First:N0} to {First + worlds - 1:N0}, with {lives:N0} "
            + $"lives and {deliveries:N0} deliveries: 0 violations");
    }

    [Fact]
    [Trait("Long", "yes")]
    public void What_was_promised_comes_true_in_two_hundred_thousand_sandboxes()
    {
        var first = -Math.Abs(First);
        var (worlds, lives, deliveries) = Try(first, Number("POSTROOM_SEEDS", 200_000));
        Figures.Note("simulation of sandboxes", $"{worlds:N0} worlds, seeds {first:N0} to {first - worlds + 1:N0}, "
            + $"with {lives:N0} lives and {deliveries:N0} deliveries: 0 violations");
    }

    [Fact]
    public void Seeds_that_once_found_something_find_nothing_any_more()
    {
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "found.txt")))
            if (!line.StartsWith('#'))
                Try(int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture), 1);
    }

    [Fact]
    public void A_seed_repeats_its_world_exactly()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            Assert.Equal(Run(seed).Story, Run(seed).Story);
            Assert.Equal(Run(-seed).Story, Run(-seed).Story);
        }
    }

    private static (int Worlds, long Lives, long Deliveries) Try(int first, int count)
    {
        long lives = 0, deliveries = 0;
        var (done, broken, what) = (0, 0, "");
        var watch = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (Volatile.Read(ref broken) == 0 && Interlocked.Increment(ref done) is var n && n <= count)
            {
                var world = Run(first < 0 ? first - n + 1 : first + n - 1);
                Interlocked.Add(ref lives, world.LifeNumber);
                Interlocked.Add(ref deliveries, world.Hops.Values.Sum(hop => hop.Taken.Count));
                if (world.Violations.Count > 0 && Interlocked.Exchange(ref broken, world.Seed) == 0)
                    what = Keep(world);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Math.Min(done, count)} worlds, {lives} lives, {deliveries} deliveries in {watch.Elapsed:mm\\:ss}"));
        Assert.True(broken == 0, $"seed {broken}: {what}\nIts story is in {FileOf(broken)}; repeat it with "
            + $"POSTROOM_SEED={broken} POSTROOM_SEEDS=1");
        return (count, lives, deliveries);
    }

    private static World Run(int seed)
    {
        var folder = Path.Combine(Folder, $"{Environment.ProcessId}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        try
        {
            var world = new World(seed, folder);
            world.Run();
            return world;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The index lies in memory: what it does on a disk is tried elsewhere.
    private static string Folder { get; } = Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "postroom-simulation");

    private static string FileOf(int seed) => Path.Combine(AppContext.BaseDirectory, $"seed-{seed}.txt");

    private static string Keep(World world)
    {
        File.WriteAllText(FileOf(world.Seed), string.Join('\n', world.Violations) + "\n\n" + world.Story);
        return world.Violations[0];
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
