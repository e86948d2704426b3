using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.House;

/// <summary>The house rules that no compiler and no analyser keeps.</summary>
public sealed partial class TidyTests
{
    // Where a rule is broken on purpose: a part of the complaint, and why.
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["MailData says how, not what"] = "\"mail data\" is the term of RFC 5321 §2.3.1 and §4.1.1.4",
    };

    [Fact]
    public void The_house_is_tidy()
    {
        var untidy = from path in Sources.Files("src", "*.cs").Concat(Sources.Files("tests", "*.cs"))
                     from complaint in Untidy(path, Sources.Read(path))
                     where !Exceptions.Keys.Any(known => complaint.Contains(known, StringComparison.Ordinal))
                     select complaint;
        Sources.None(untidy);
    }

    [Fact]
    public void Every_exception_is_still_needed()
    {
        var complaints = Sources.Files("src", "*.cs").Concat(Sources.Files("tests", "*.cs"))
            .SelectMany(path => Untidy(path, Sources.Read(path))).ToList();
        var idle = Exceptions.Keys.Where(known => !complaints.Any(c => c.Contains(known, StringComparison.Ordinal)));
        Sources.None(idle);
    }

    [Fact]
    public void No_room_is_too_large_to_know()
    {
        var rooms = from path in Sources.Files("src", "*.cs")
                    group Sources.Read(path).Count(c => c == '\n') by Path.GetDirectoryName(path) into room
                    where room.Sum() > 3_000
                    select $"{room.Key}: {room.Sum()} lines, of 3,000";
        Sources.None(rooms);
    }

    [Fact]
    public void The_root_shows_what_is_here_at_a_glance()
    {
        var entries = Directory.EnumerateFileSystemEntries(Sources.Root).Select(Path.GetFileName)
            .Where(name => !name!.StartsWith('.') && name is not ("artifacts" or "TestResults" or "bin" or "obj"));
        Assert.InRange(entries.Count(), 1, 15);
    }

    [Fact]
    public void No_file_names_a_machine_or_a_registry()
    {
        var named = from path in Sources.Files(".", "*")
                    where Path.GetExtension(path) is not (".jar" or ".png" or ".gif" or ".class" or ".pyc")
                    let text = Sources.Read(path)
                    from Match hit in MachinePath().Matches(text).Concat(Registry().Matches(text))
                    select $"{path}: {hit.Value}";
        Sources.None(named);
    }

    [Fact]
    public void Lock_files_hold_no_addresses()
    {
        var locks = Sources.Files(".", "packages.lock.json").ToList();
        Assert.NotEmpty(locks);
        Assert.All(locks, path => Assert.DoesNotMatch("https?:|//[a-z]", Sources.Read(path)));
    }

    [Theory]
    [InlineData("MimeKit", "4.15.1")] // CVE-2026-30227: CRLF in a quoted local part
    [InlineData("MailKit", "4.16.0")] // CVE-2026-41319: plaintext injected after STARTTLS counted
    public void No_package_is_older_than_its_known_hole(string package, string least)
    {
        var resolved = from path in Sources.Files(".", "packages.lock.json")
                       from Match found in Regex.Matches(Sources.Read(path), Resolved(package))
                       select Version.Parse(found.Groups[1].Value);
        Assert.All(resolved, version => Assert.True(version >= Version.Parse(least), $"{package} {version} < {least}"));
    }

    [Theory]
    [InlineData("class MailManager;", "MailManager says how, not what")]
    [InlineData("sealed class A { async void B() { await C(); } }", "async void")]
    [InlineData("sealed class A { void B() { try { } catch (System.Exception) { } } }", "an empty catch")]
    [InlineData("sealed class A { void B() { try { } catch { throw; } } }", "a catch of everything")]
    [InlineData("sealed class A { void B(int a, int b, int c, int d, int e, int f) { } }", "B has 6 parameters, of 5")]
    [InlineData("sealed partial class A { }", "partial")]
    [InlineData("class A { }", "A is not sealed")]
    [InlineData("namespace Postroom.Mail.Models; sealed class A { }", "Postroom.Mail.Models is not the folder")]
    [InlineData("#region A\n#endregion\nsealed class A { }", "a region")]
    public void What_is_untidy_is_seen(string planted, string complaint) =>
        Assert.Contains(Untidy("src/Postroom.Mail/Smtp/A.cs", planted), c =>
            c.Contains(complaint, StringComparison.Ordinal));

    private static string Resolved(string package) => $"\"{package}\": \\{{[^}}]*?\"resolved\": \"([0-9.]+)";

    private static IEnumerable<string> Untidy(string path, string text)
    {
        var lines = text.Split('\n');
        if (lines.Length > 401)
            yield return $"{path}: {lines.Length - 1} lines, of 400";
        var product = path.StartsWith("src/", StringComparison.Ordinal);
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].Length > 120 && (product || !IsTranscript(lines[i])))
                yield return $"{path}:{i + 1}: {lines[i].Length} columns, of 120";

        foreach (var node in CSharpSyntaxTree.ParseText(text).GetRoot().DescendantNodes(descendIntoTrivia: true))
            if ((Complaint(node) ?? (product ? ProductComplaint(node, path) : null)) is { } complaint)
                yield return $"{path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {complaint}";
    }

    // What goes over the wire is read in one piece, in a test.
    private static bool IsTranscript(string line) =>
        line.Contains("\\r\\n", StringComparison.Ordinal) && line.Length <= 180;

    private static string? Complaint(SyntaxNode node) => node switch
    {
        BaseMethodDeclarationSyntax m when Lines(m) > 70 => $"{Lines(m)} lines in a method, of 70",
        MethodDeclarationSyntax m when IsAsync(m) && m.ReturnType.ToString() == "void" => "async void",
        CatchClauseSyntax { Block.Statements.Count: 0 } c when !c.Block.DescendantTrivia().Any(IsComment) =>
            "an empty catch",
        CatchClauseSyntax { Declaration: null, Filter: null } => "a catch of everything",
        RegionDirectiveTriviaSyntax => "a region",
        _ => null,
    };

    private static string? ProductComplaint(SyntaxNode node, string path) => node switch
    {
        BaseMethodDeclarationSyntax m when m.ParameterList.Parameters.Count > 5 && !IsExtern(m) =>
            $"{Name(m)} has {m.ParameterList.Parameters.Count} parameters, of 5: is there a record in them?",
        CatchClauseSyntax { Block.Statements.Count: 0 } => "an empty catch",
        BaseTypeDeclarationSyntax t when Vague().IsMatch(t.Identifier.Text) =>
            $"{t.Identifier.Text} says how, not what",
        ClassDeclarationSyntax c when c.Modifiers.Any(SyntaxKind.PartialKeyword) && !IsGenerated(c) =>
            "partial, but nothing generated",
        TypeDeclarationSyntax t when IsOpen(t) => $"{t.Identifier.Text} is not sealed",
        BaseNamespaceDeclarationSyntax n when n.Name.ToString() != Folder(path) =>
            $"{n.Name} is not the folder: {Folder(path)}",
        _ => null,
    };

    private static bool IsAsync(MethodDeclarationSyntax method) => method.Modifiers.Any(SyntaxKind.AsyncKeyword);

    private static bool IsOpen(TypeDeclarationSyntax type) =>
        type.Kind() is SyntaxKind.ClassDeclaration or SyntaxKind.RecordDeclaration
        && !type.Modifiers.Any(m =>
            m.Kind() is SyntaxKind.SealedKeyword or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword);

    // src/Postroom.Mail/Smtp/A.cs is in Postroom.Mail.Smtp.
    private static string Folder(string path) => Path.GetDirectoryName(path)!["src/".Length..].Replace('/', '.');

    // A class may be partial so that a generator of the SDK can write the other part.
    private static bool IsGenerated(ClassDeclarationSyntax type) =>
        type.BaseList?.Types.Any(t => t.ToString() == "JsonSerializerContext") == true
        || type.DescendantNodes().OfType<AttributeSyntax>()
            .Any(a => a.Name.ToString() is "LoggerMessage" or "GeneratedRegex" or "LibraryImport");

    private static bool IsExtern(BaseMethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(list => list.Attributes)
            .Any(a => a.Name.ToString() is "LibraryImport" or "DllImport" or "LoggerMessage");

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);

    private static string Name(BaseMethodDeclarationSyntax method) =>
        method is MethodDeclarationSyntax named ? named.Identifier.Text : method.Kind().ToString();

    private static int Lines(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Utility|Service|Impl|Base|Common|Processor|Info|Data)$")]
    private static partial Regex Vague();

    [GeneratedRegex(@"(?<![\w.~$}>*])/(home|root|work|Users)/[\w.]+")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"(api\.nuget|registry\.npmjs|pypi|proxy\.golang|repo1?\.maven)\.(org|apache)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Registry();
}
