namespace Postroom.Api;

/// <summary>A request that cannot be answered as asked; becomes a problem of RFC 9457.</summary>
internal sealed class ApiProblem(int status, string title, string detail) : Exception(title)
{
    public ProblemAnswer Answer { get; } = new(title, status, detail);

    /// <summary>A field of the answer that belongs to its status: <c>Retry-After</c>, <c>Allow</c>…</summary>
    public (string Name, string Value)? Field { get; init; }

    public static ApiProblem NotFound(string what) =>
        new(404, what, "Look with: postroom search WORDS, or postroom queue list --all");

    public static ApiProblem Bad(string title, string detail) => new(400, title, detail);
}
