using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Postroom.Shared;

/// <summary>The sources of the house, as text and as the compiler sees them.</summary>
internal static class Sources
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.Preview);

    // What <ImplicitUsings>enable</ImplicitUsings> puts in front of every file.
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    /// <summary>
    /// The repository's folder. The build may have been told to hide it from the sources: then walk up.
    /// </summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Files under a folder of the repository that a person wrote, by their path from the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !path.Split('/').Any(part => part is "obj" or "bin" or ".git" or "artifacts" or "TestResults" or "out")
        orderby path
        select path;

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>All of src in one compilation, with what the source generators add.</summary>
    public static CSharpCompilation Compile() => Compile(Files("src", "*.cs").Select(path => (path, Read(path))));

    public static CSharpCompilation Compile(IEnumerable<(string Path, string Text)> files) =>
        // Our own assemblies stay out: the sources are here, and each type must exist once.
        Compile("house", OutputKind.ConsoleApplication, files,
            path => !Path.GetFileName(path).StartsWith("postroom", StringComparison.OrdinalIgnoreCase));

    /// <summary>One assembly, with what the source generators add.</summary>
    /// <param name="isReferenced">Asked for each assembly this program is made of.</param>
    public static CSharpCompilation Compile(
        string name, OutputKind kind, IEnumerable<(string Path, string Text)> files, Predicate<string> isReferenced)
    {
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(file.Text, Language, file.Path))
            .Append(CSharpSyntaxTree.ParseText(ImplicitUsings, Language, "ImplicitUsings.cs"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => isReferenced(path))
            .Select(path => MetadataReference.CreateFromFile(path));
        var options = new CSharpCompilationOptions(
            kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable, checkOverflow: true,
            optimizationLevel: OptimizationLevel.Release);
        var house = CSharpCompilation.Create(name, trees, references, options);
        CSharpGeneratorDriver.Create(Generators(), parseOptions: Language)
            .RunGeneratorsAndUpdateCompilation(house, out var whole, out _);
        return (CSharpCompilation)whole;
    }

    /// <summary>
    /// The room of a namespace: the longest name of the plan it begins with. Null if it is none of ours.
    /// </summary>
    public static string? RoomOf(ISymbol? space)
    {
        var name = space?.ToDisplayString() ?? "";
        return name.StartsWith("Postroom.", StringComparison.Ordinal) ? name["Postroom.".Length..] : null;
    }

    /// <summary>Fails with every complaint in full: the one who reads it has to act on each.</summary>
    public static void None(IEnumerable<string> complaints)
    {
        var all = complaints.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    // The SDK's own generators (regular expressions, JSON, log messages, P/Invoke), from the packs beside the runtime.
    private static IEnumerable<ISourceGenerator> Generators()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var dotnet = Path.GetFullPath(Path.Combine(runtime, "..", "..", ".."));
        var version = Environment.Version.Major + ".";
        foreach (var pack in (string[])["Microsoft.NETCore.App.Ref", "Microsoft.AspNetCore.App.Ref"])
        {
            var newest = Directory.EnumerateDirectories(Path.Combine(dotnet, "packs", pack))
                .Where(path => Path.GetFileName(path).StartsWith(version, StringComparison.Ordinal)).Max()!;
            var files = Directory.EnumerateFiles(Path.Combine(newest, "analyzers", "dotnet", "cs"), "*.dll");
            foreach (var reference in files.Select(file => new AnalyzerFileReference(file, new Loader())))
                foreach (var generator in reference.GetGenerators(LanguageNames.CSharp))
                    yield return generator;
        }
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = File.Exists(here) ? Path.GetDirectoryName(here) : AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Postroom.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException(
            "no Postroom.slnx above the tests: run them from a checkout");
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
