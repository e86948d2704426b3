using Microsoft.CodeAnalysis;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.House;

/// <summary>Nothing gets onto the wire without a clearance, and nobody but the sandbox makes one: the compiler holds it
/// (promise 5).</summary>
public sealed class ClearanceTests
{
    private const string Elsewhere = """
        using Postroom.Mail;
        using Postroom.Mail.Sandbox;
        using Postroom.Relay.Delivery;
        public static class Anybody
        {
            public static void Tries(ICourier courier, Clearance given, Recipient to, Assignment whole)
            {
                WORDS
            }
        }
        """;

    [Theory]
    [InlineData("_ = new Clearance(to.Path, \"mine\", null);", "CS1729")]
    [InlineData("_ = new Clearance(given);", "CS1729")]
    [InlineData("_ = given with { Path = to.Path };", "CS0200")]
    [InlineData("given.Path = to.Path;", "CS0200")]
    [InlineData("Clearance mine = new() { };", "CS1729")]
    [InlineData("_ = new SandboxVerdict(Mode.Live, new(to.Path, \"mine\", null), \"mine\");", "CS1729")]
    [InlineData("_ = new ClearedRecipient(0, to);", "CS7036")]
    [InlineData("_ = new ClearedRecipient(0, to, null);", "CS8625")] // of which the build makes an error
    [InlineData("_ = whole with { Recipients = [to] };", "CS0029")]
    [InlineData("courier.DeliverAsync(whole.Envelope, default);", "CS1503")]
    public void Whoever_makes_one_elsewhere_is_stopped_by_the_compiler(string words, string error)
    {
        var said = Compiled(words);
        Assert.Contains(error, said.Select(one => one.Id));
        Assert.All(said, one => Assert.True(one.Id == error || one.Id.StartsWith("CS86", StringComparison.Ordinal),
            $"{one}"));
    }

    [Fact]
    public void Whoever_derives_from_it_is_stopped_too() => Assert.Contains("CS0509",
        Compiled("}\n    private sealed record Mine : Clearance {").Select(one => one.Id));

    [Fact]
    public void What_was_given_may_be_handed_on() => Assert.Empty(Compiled(
        "_ = courier.DeliverAsync(whole with { Recipients = [new ClearedRecipient(0, to, given)] }, default);"));

    [Theory]
    [InlineData("new ClientTransaction(", "Transfer.cs")]              // MAIL, RCPT, DATA
    [InlineData("AtWire = ", "GraphDraft.cs", "GraphTry.cs")]          // the request that sends
    [InlineData("new GraphDraft(", "GraphTry.cs")]
    [InlineData("new GraphTry(", "GraphCourier.cs")]
    [InlineData("new Transfer(", "SmtpCourier.cs")]
    public void What_puts_mail_on_the_wire_is_reached_by_a_courier_alone(string words, params string[] files) =>
        Assert.Equal(files, Sources.Files("src", "*.cs")
            .Where(path => Sources.Read(path).Contains(words, StringComparison.Ordinal)).Select(Path.GetFileName));

    private static List<Diagnostic> Compiled(string words) =>
        [.. Sources.Compile("Elsewhere", OutputKind.DynamicallyLinkedLibrary,
            [("Elsewhere.cs", Elsewhere.Replace("WORDS", words, StringComparison.Ordinal))], static _ => true)
            .GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(one => one.Severity >= DiagnosticSeverity.Warning)];
}
