using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using Postroom.Shared;
using Xunit;

namespace Postroom.Simulation;

/// <summary>A promise broken on purpose, in a copy of this program.</summary>
/// <param name="name">Of the folder the copy gets.</param>
/// <param name="path">The source file, from the repository's root.</param>
/// <param name="old">What stands in it, once.</param>
/// <param name="broken">What stands there instead.</param>
internal sealed class PlantedFault(string name, string path, string old, string broken)
{
    private const string Relay = "Postroom.Relay";

    /// <summary>Tries the seeds against the broken relay.</summary>
    /// <param name="first">Below zero: worlds with a sandbox.</param>
    /// <returns>What the copy said; null if it found nothing wrong.</returns>
    public string? Hunt(int first, int seeds)
    {
        var home = Path.GetDirectoryName(typeof(PlantedFault).Assembly.Location)!;
        var copy = Path.Combine(home, "planted", name);
        Copy(home, copy);
        Compile(Path.Combine(copy, Relay + ".dll"));
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["POSTROOM_SEED"] = first.ToString(CultureInfo.InvariantCulture),
                ["POSTROOM_SEEDS"] = seeds.ToString(CultureInfo.InvariantCulture),
            },
        };
        var program = Path.Combine(copy, "Postroom.Simulation.dll");
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(program);
        else
            start.FileName = Path.ChangeExtension(program, null);
        const string test = $"*.{nameof(SeedTests.What_was_promised_comes_true_where_all_mail_goes_out)}";
        foreach (var word in (string[])["-noColor", "-method", test])
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : said;
    }

    // As it is, once for all: what the source generators add is the same for each fault.
    private static readonly Lazy<CSharpCompilation> Sound = new(() =>
    {
        var version = typeof(Postroom.Relay.Spool.ISpool).Assembly.GetName().Version;
        var files = Sources.Files($"src/{Relay}", "*.cs").Select(file => (file, Sources.Read(file)))
            .Append(("Version.cs", $"[assembly: System.Reflection.AssemblyVersion(\"{version}\")]"));
        return Sources.Compile(Relay, OutputKind.DynamicallyLinkedLibrary, files,
            file => Path.GetFileNameWithoutExtension(file) is not (Relay or "postroom" or "Postroom.Simulation"));
    });

    private static void Copy(string from, string to)
    {
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from).Where(file => !IsStory(file)))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        var native = Path.Combine(from, "runtimes");
        if (!Directory.Exists(native))
            return;
        foreach (var file in Directory.EnumerateFiles(native, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    private static bool IsStory(string file) =>
        Path.GetFileName(file).StartsWith("seed-", StringComparison.Ordinal);

    private void Compile(string dll)
    {
        var place = Sound.Value.SyntaxTrees.FirstOrDefault(file => file.FilePath == path);
        Assert.True(place is not null, $"there is no {path} any more: plant the fault '{name}' elsewhere");
        var text = place.GetText().ToString();
        Assert.True(text.Split(old).Length == 2, $"{path} does not have once: {old}");
        var compilation = Sound.Value.ReplaceSyntaxTree(place, place.WithChangedText(
            SourceText.From(text.Replace(old, broken, StringComparison.Ordinal))));
        using var output = File.Create(dll);
        var result = compilation.Emit(output);
        Assert.True(result.Success, string.Join('\n',
            result.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error).Take(10)));
    }
}
