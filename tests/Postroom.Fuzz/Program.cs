using System.Diagnostics;
using Postroom.Fuzz.Targets;
using SharpFuzz;

// The targets of the tests as a program, for a fuzzer that sees which branches an input takes (tests/Postroom.Fuzz/fuzz
// builds and drives it):
//   instrument FOLDER   puts counters into our assemblies there
//   afl TARGET          one input after the other, as afl-fuzz hands them over
//   replay TARGET FILE… each input once
//   seed FOLDER         a few inputs made of each target's words, to start from
//   words FOLDER        each target's words as a dictionary of afl-fuzz
switch (args)
{
    case ["instrument", var folder]:
        foreach (var file in (string[])["Postroom.Mail.dll", "Postroom.Relay.dll", "postroom.dll"])
        {
            var types = Fuzzer.Instrument(Path.Combine(folder, file), IsOurs, Options.Value);
            Console.WriteLine($"{file}: {types.Count()} types");
        }

        return 0;

    case ["afl", var name]:
        Fuzzer.OutOfProcess.Run(stream => // no line of ours runs before it: the counters have no memory yet
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            AllTargets.Named(name).Try(input.ToArray());
        });
        return 0;

    case ["replay", var name, .. var files]:
        foreach (var file in files)
        {
            Console.WriteLine(file);
            AllTargets.Named(name).Try(File.ReadAllBytes(file));
        }

        return 0;

    case ["try", var name, var count]:
        return Try(AllTargets.Named(name), int.Parse(count, null));

    case ["seed", var folder]:
        foreach (var one in AllTargets.All)
        {
            var into = Directory.CreateDirectory(Path.Combine(folder, one.Name)).FullName;
            for (var seed = 0; seed < 40; seed++)
                File.WriteAllBytes(Path.Combine(into, $"seed{seed:00}"), Inputs.Make(one, [], seed));
        }

        return 0;

    case ["words", var folder]:
        Directory.CreateDirectory(folder);
        foreach (var one in AllTargets.All)
            File.WriteAllLines(Path.Combine(folder, one.Name + ".dict"),
                one.Tokens.Where(t => t.Length is > 0 and <= 64).Select(t =>
                    $"\"{string.Concat(t.Select(Escaped))}\""));
        return 0;

    default:
        Console.Error.WriteLine("instrument FOLDER | afl TARGET | replay TARGET FILE… | try TARGET COUNT "
            + "| seed FOLDER | words FOLDER\ntargets: " + string.Join(' ', AllTargets.All.Select(t => t.Name)));
        return 2;
}

// Type names are regular expressions' own affair, and their code is a generator's.
static bool IsOurs(string type) => type.StartsWith("Postroom.", StringComparison.Ordinal);

static string Escaped(byte octet) =>
    octet is >= 0x20 and < 0x7f and not ((byte)'"' or (byte)'\\') ? ((char)octet).ToString() : $"\\x{octet:X2}";

// Without counters: the words alone, as the tests do, to see how fast a target is and whether it holds.
static int Try(FuzzTarget target, int count)
{
    var watch = Stopwatch.StartNew();
    var slowest = (Seed: 0, Ticks: 0L);
    for (var seed = 0; seed < count; seed++)
    {
        var input = Inputs.Make(target, [], seed);
        var before = watch.ElapsedTicks;
        try
        {
            target.Try(input);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Console.WriteLine($"{target.Name} {seed}: {Convert.ToHexString(input)}\n{e}");
            File.WriteAllBytes($"{target.Name}.{seed}", input);
            return 1;
        }

        var ticks = watch.ElapsedTicks - before;
        if (ticks > slowest.Ticks)
            slowest = (seed, ticks);
    }

    Console.WriteLine($"{target.Name}: {count / watch.Elapsed.TotalSeconds:0} a second; the slowest was "
        + $"{slowest.Seed}, {1000.0 * slowest.Ticks / Stopwatch.Frequency:0.0} ms");
    return 0;
}
