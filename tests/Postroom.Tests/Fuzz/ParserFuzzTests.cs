using Postroom.Fuzz.Targets;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Fuzz;

/// <summary>Every parser reads everything: made inputs by their seeds, and what a fuzzer with sight has
/// found.</summary>
public class ParserFuzzTests
{
    // No input has more than some kilobytes: who needs more for one of them has no bound.
    private const long MostAllocated = 64_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Targets => [.. AllTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_was_found_once_is_read_well_for_ever(string target)
    {
        var corpus = Corpus(target);
        Assert.NotEmpty(corpus);
        Run(AllTargets.Named(target), corpus.Count, i => corpus[i]);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_parser_reads_whatever_is_made_of_its_words(string target) => Try(AllTargets.Named(target), 20_000, 1);

    [Fact]
    [Trait("Long", "yes")]
    public void Ten_million_inputs()
    {
        var seed = Random.Shared.Next();
        var count = AllTargets.All.Sum(target => Try(target, 10_000_000, seed));
        Figures.Note("parser inputs", $"{count:N0} inputs to {AllTargets.All.Count} parsers from seed {seed}: "
            + "0 crashes, 0 hangs, 0 promises broken, memory bounded");
    }

    [Fact]
    public void A_broken_promise_is_told_with_its_input()
    {
        var broken = new FuzzTarget("broken", input => Must.Hold(!input.AsSpan().Contains((byte)'!'), "no !"),
            "a", "!");
        var told = Assert.Throws<BrokenPromiseException>(() => Run(broken, 1_000, i => Inputs.Make(broken, [], i)));
        Assert.Contains("21", told.Message, StringComparison.Ordinal);
        var hungry = new FuzzTarget("hungry", _ => GC.KeepAlive(new byte[MostAllocated + 1]), "a");
        Assert.Throws<BrokenPromiseException>(() => Run(hungry, 1, _ => []));
    }

    [Fact]
    public void The_corpus_is_small_and_each_of_it_belongs_to_a_target()
    {
        var folders = Directory.GetDirectories(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(AllTargets.All.Select(target => target.Name).Order(StringComparer.Ordinal), folders);
        var octets = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Sum(f => new FileInfo(f).Length);
        Assert.InRange(octets, 1, 1_000_000);
    }

    private static string Folder => Path.Combine(Sources.Root, "tests", "Postroom.Fuzz", "corpus");

    private static List<byte[]> Corpus(string target) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, target)).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)];

    // Each target gets its share of time, so dear ones get fewer of the inputs.
    private static int Try(FuzzTarget target, int all, int seed)
    {
        var share = AllTargets.All.Sum(one => 1.0 / one.Cost);
        var count = (int)Math.Ceiling(all / share / target.Cost);
        var corpus = Corpus(target.Name);
        Run(target, count, i => Inputs.Make(target, corpus, unchecked(seed + i)));
        return count;
    }

    // On a thread of its own: a target that hangs is named with its input, instead of holding the tests for ever.
    private static void Run(FuzzTarget target, int count, Func<int, byte[]> inputOf)
    {
        var (current, doing) = (Array.Empty<byte>(), 0);
        Exception? failed = null;
        var worker = new Thread(() =>
        {
            for (var i = 0; i < count && failed is null; i++)
            {
                var input = inputOf(i);
                (current, doing) = (input, i);
                try
                {
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    target.Try(input);
                    Must.Hold(GC.GetAllocatedBytesForCurrentThread() - before < MostAllocated, "memory is bounded");
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    failed = e;
                }
            }
        }) { IsBackground = true };
        worker.Start();
        for (var last = -1; !worker.Join(Patience); last = doing)
        {
            if (last == doing)
                throw new BrokenPromiseException($"{target.Name} hangs: {Convert.ToHexString(current)}");
        }

        if (failed is not null)
            throw new BrokenPromiseException($"{target.Name}: {Convert.ToHexString(current)}\n{failed}");
    }
}
