using System.Text.Json.Serialization.Metadata;
using Postroom.Api.Access;

namespace Postroom.Api;

/// <summary>Something that the API does: declared once, and asked, checked and documented by that.</summary>
/// <param name="Path">As in the document: <c>/api/v1/mails/{id}</c>; what stands in braces is handed on in
/// order.</param>
/// <param name="Needs">The scope that a caller must have; none: open to whoever reaches the API.</param>
/// <param name="Summary">A sentence for the document.</param>
/// <param name="Do">Answers a call that was let in.</param>
internal sealed record Operation(
    string Method, string Path, Scopes Needs, string Summary, Func<ApiRequests, Call, Task> Do)
{
    private readonly string[] _segments = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The parameters of the query.</summary>
    public IReadOnlyList<Parameter> Query { get; init; } = [];

    /// <summary>A field of the request's header that it looks at; null where there is none.</summary>
    public Parameter? Header { get; init; }

    /// <summary>The bodies it takes; none where it takes none.</summary>
    public IReadOnlyList<Content> Takes { get; init; } = [];

    /// <summary>What it answers.</summary>
    public required Content Gives { get; init; }

    /// <summary>The status of that answer.</summary>
    public int Status { get; init; } = 200;

    /// <summary>What it is called in the document, and in clients made from that: <c>getMail</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether a path is this operation's; if so, what stands for its braces.</summary>
    public bool Fits(string[] path, out List<string> names)
    {
        names = [];
        if (path.Length != _segments.Length)
            return false;
        for (var i = 0; i < path.Length; i++)
            if (_segments[i][0] == '{')
                names.Add(path[i]);
            else if (_segments[i] != path[i])
                return false;
        return true;
    }
}

/// <summary>A parameter of a query.</summary>
/// <param name="Type">A type of JSON Schema: <c>string</c>, <c>integer</c>, <c>boolean</c>.</param>
internal sealed record Parameter(string Name, string Type, string What)
{
    public bool IsRequired { get; init; }

    /// <summary>It may be given several times.</summary>
    public bool IsList { get; init; }
}

/// <summary>A body, of a request or an answer.</summary>
/// <param name="Type">What the JSON is; null where it is none.</param>
internal sealed record Content(string MediaType, JsonTypeInfo? Type)
{
    public static Content Json(JsonTypeInfo type) => new("application/json", type);
}
