using Postroom.Api;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>The contract of the API, as text under review.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public void The_document_is_what_the_operations_are() => Golden.Equal(
        Path.Combine(Golden.Root, "docs", "reference", "openapi.json"), OpenApiDocument.Write());

    [Fact]
    public void No_two_operations_are_the_same_or_have_one_name()
    {
        Assert.Distinct(Operations.All.Select(operation => operation.Name));
        Assert.Distinct(Operations.All.Select(operation => $"{operation.Method} {operation.Path}"));
    }

    // A path that is written out must not be hidden by one with braces that stands before it.
    [Fact]
    public void Each_operation_is_found_by_its_own_path()
    {
        foreach (var operation in Operations.All)
            Assert.Same(operation, Operations.All.First(other => other.Method == operation.Method
                && other.Fits(operation.Path.Split('/', StringSplitOptions.RemoveEmptyEntries), out _)));
    }

    [Fact]
    public void Each_operation_is_on_the_page()
    {
        var page = File.ReadAllText(Path.Combine(Golden.Root, "docs", "reference", "api.md"));
        foreach (var operation in Operations.All.Where(static one =>
            !one.Path.EndsWith("/{action}", StringComparison.Ordinal)))
            Assert.Contains($"`{operation.Method} {operation.Path}", page, StringComparison.Ordinal);
    }
}
