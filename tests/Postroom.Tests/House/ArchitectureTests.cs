using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.House;

/// <summary>
/// Holds the sources to the plan of the house, as the compiler sees them: constants and nameof count too.
/// </summary>
public sealed class ArchitectureTests
{
    private static readonly Lazy<CSharpCompilation> House = new(Sources.Compile);

    [Fact]
    public void The_sources_compile_as_one() =>
        Sources.None(House.Value.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString()));

    [Fact]
    public void Every_arrow_is_on_the_plan() => Sources.None(Strays(House.Value));

    [Fact]
    public void Only_the_room_that_can_promise_makes_a_permit() => Sources.None(ForgedPermits(House.Value));

    [Fact]
    public void The_plan_has_no_circles()
    {
        var open = Plan.Rooms.ToDictionary(room => room.Name, room => room.Uses);
        while (open.FirstOrDefault(room => room.Value.All(to => !open.ContainsKey(to))) is { Key: not null } leaf)
            open.Remove(leaf.Key);
        Assert.Empty(open.Keys);
    }

    [Fact]
    public void On_the_plan_arrows_go_down_the_floors()
    {
        var upwards = from room in Plan.Rooms
                      from to in room.Uses
                      where Floor(to) > Floor(room.Name)
                      select $"{room.Name} -> {to}";
        Sources.None(upwards);
        Assert.All(Plan.Rooms.SelectMany(room => room.Uses), to =>
            Assert.Contains(Plan.Rooms, room => room.Name == to));
    }

    [Fact]
    public void Each_floor_is_an_assembly_that_knows_only_those_below()
    {
        var mail = typeof(Postroom.Mail.Receipt).Assembly.GetReferencedAssemblies().Select(a => a.Name);
        var relay = typeof(Postroom.Relay.Spool.ISpool).Assembly.GetReferencedAssemblies().Select(a => a.Name);
        Assert.DoesNotContain(mail, name => name is "Postroom.Relay" or "postroom");
        Assert.DoesNotContain(relay, name => name is "postroom");
    }

    [Theory]
    [InlineData("namespace Postroom.Mail.Sandbox; class A { Postroom.Mail.Status.S s; }",
        "Mail.Sandbox -> Mail.Status")]
    [InlineData("namespace Postroom.Mail.Status; class A { object o = Postroom.Relay.Spool.P.X; }",
        "Mail.Status -> Relay.Spool")]
    [InlineData("namespace Postroom.Relay.Spool; class A { string o = nameof(Postroom.Api.P); }", "Relay.Spool -> Api")]
    [InlineData("namespace Postroom.Relay.Spool.Journal; class A { Postroom.Relay.Spool.Ledger.L l; }",
        "Relay.Spool.Journal -> Relay.Spool.Ledger")]
    [InlineData("namespace Postroom.Attic; class A { Postroom.Mail.Status.S s; }", "Attic is no room of the plan")]
    public void A_stray_arrow_is_seen(string planted, string complaint)
    {
        const string Rooms = """
            namespace Postroom.Mail.Status { public class S { } }
            namespace Postroom.Relay.Spool { public class P { public const string X = ""; } }
            namespace Postroom.Relay.Spool.Ledger { public class L { } }
            namespace Postroom.Api { public class P { } }
            """;
        var strays = Strays(Sources.Compile([("rooms.cs", Rooms), ("planted.cs", planted)]));
        Assert.Contains(strays, stray => stray.StartsWith(complaint, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("class A { object r = new Postroom.Mail.Receipt(1); }")]
    [InlineData("class A { Postroom.Mail.Receipt r = new(1); }")]
    [InlineData("class A { object Later(Postroom.Mail.Receipt r) => r with { Id = 2 }; }")]
    [InlineData("class A { System.Func<object> r = () => new Postroom.Mail.Receipt(1); }")]
    public void A_forged_permit_is_seen(string planted)
    {
        const string Permit = "namespace Postroom.Mail { public sealed record Receipt(int Id); }";
        (string, string)[] elsewhere = [("permit.cs", Permit),
            ("planted.cs", "namespace Postroom.Relay.Submission;" + planted)];
        (string, string)[] inTheSpool = [("permit.cs", Permit),
            ("planted.cs", "namespace Postroom.Relay.Spool;" + planted)];
        Assert.Single(ForgedPermits(Sources.Compile(elsewhere)));
        Assert.Empty(ForgedPermits(Sources.Compile(inTheSpool)));
    }

    [Fact]
    public void The_document_shows_the_plan()
    {
        var rows = Sources.Read("docs/ARCHITECTURE.md").Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Count(c => c == '|') == 4).ToList();
        Assert.All(Plan.Rooms, room => Assert.Contains(Row(room), rows));
        Assert.Equal(Plan.Rooms.Count, rows.Count);
    }

    private static string Row(Room room) => $"| `{room.Name}` | {room.Job} | {Uses(room)} |";

    private static string Uses(Room room) => (Plan.RoomOfAlcove(room.Name), room.Uses.Length) switch
    {
        ({ } home, 0) => $"as `{home}`",
        ({ } home, _) => $"as `{home}`; {string.Join(", ", room.Uses.Select(u => $"`{u}`"))}",
        (null, 0) => "–",
        _ => string.Join(", ", room.Uses.Select(u => $"`{u}`")),
    };

    private static int Floor(string room) => room switch
    {
        _ when room == "Mail" || room.StartsWith("Mail.", StringComparison.Ordinal) => 1,
        _ when room.StartsWith("Relay.", StringComparison.Ordinal) => 2,
        _ => 3,
    };

    private static List<string> Strays(CSharpCompilation house)
    {
        var strays = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (model, node, from) in Places(house))
        {
            if (Plan.Rooms.All(room => room.Name != from))
                strays.Add($"{from} is no room of the plan  ({Place(node)})");
            foreach (var symbol in Named(model, node))
                if (Sources.RoomOf(symbol) is { } to && !Plan.Allows(from, to))
                    strays.Add($"{from} -> {to}  ({Place(node)} {node})");
        }
        return [.. strays];
    }

    private static List<string> ForgedPermits(CSharpCompilation house) =>
        (from place in Places(house)
         where place.Node is BaseObjectCreationExpressionSyntax or WithExpressionSyntax
         let type = place.Model.GetTypeInfo(place.Node).Type?.ToDisplayString(NullableFlowState.None)
         where type != null && Plan.Permits.TryGetValue(type, out var makers)
             && !makers.Any(maker => place.Room == maker || Plan.RoomOfAlcove(place.Room) == maker)
         select $"{place.Room} makes a {type}  ({Place(place.Node)})").ToList();

    // Every node that can name or make something, with the room it stands in. Names outside types are usings.
    private static IEnumerable<(SemanticModel Model, SyntaxNode Node, string Room)> Places(CSharpCompilation house)
    {
        foreach (var tree in house.SyntaxTrees)
        {
            var model = house.GetSemanticModel(tree);
            foreach (var node in tree.GetRoot().DescendantNodes().Where(CanReach))
                if (node.FirstAncestorOrSelf<SyntaxNode>(IsType) is { } type
                    && Sources.RoomOf(model.GetDeclaredSymbol(type)?.ContainingNamespace) is { } room)
                    yield return (model, node, room);
        }
    }

    private static bool CanReach(SyntaxNode node) =>
        node is SimpleNameSyntax or BaseObjectCreationExpressionSyntax or WithExpressionSyntax;

    private static bool IsType(SyntaxNode node) => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax;

    private static IEnumerable<ISymbol?> Named(SemanticModel model, SyntaxNode node)
    {
        var symbol = node is SimpleNameSyntax ? model.GetSymbolInfo(node).Symbol : model.GetTypeInfo(node).Type;
        if (symbol is not null and not INamespaceSymbol)
            yield return symbol.ContainingNamespace;
    }

    private static string Place(SyntaxNode node) =>
        $"{node.SyntaxTree.FilePath}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";
}
