using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Postroom.Api.Access;

namespace Postroom.Api;

/// <summary>One request that was let in: who asks, for what, and how it is answered.</summary>
/// <param name="Names">What stands in the path where the operation's path has braces, in order.</param>
internal sealed record Call(HttpContext Context, Caller Caller, IReadOnlyList<string> Names)
{
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>A parameter of the query; null if it is not there, or empty.</summary>
    /// <exception cref="ApiProblem">It is there twice.</exception>
    public string? Query(string name) => Context.Request.Query[name] switch
    {
        [] => null,
        [{ Length: > 0 } one] => one,
        [_] => null,
        _ => throw ApiProblem.Bad($"{name} is given twice", "Give it once."),
    };

    /// <summary>Reads a body of JSON; null where there is none.</summary>
    /// <exception cref="ApiProblem">It is of another kind.</exception>
    /// <exception cref="JsonException">It is not what was expected.</exception>
    public async Task<T?> ReadAsync<T>(JsonTypeInfo<T> type) where T : class
    {
        var request = Context.Request;
        if (request.ContentLength is null or 0 && request.Headers.TransferEncoding.Count == 0)
            return null;
        if (MediaType is not "application/json")
            throw new ApiProblem(415, $"the body is {MediaType ?? "of no kind"}, and JSON is read here",
                "Send it with Content-Type: application/json");
        return await JsonSerializer.DeserializeAsync(request.Body, type, Aborted);
    }

    /// <summary>The kind of the body, without parameters; null if it is not said.</summary>
    public string? MediaType => Context.Request.ContentType?.Split(';')[0].Trim().ToLowerInvariant();

    public Task WriteAsync<T>(T answer, JsonTypeInfo<T> type) => WriteAsync(Context, answer, type, "application/json");

    /// <summary>Answers with a problem of RFC 9457.</summary>
    public static Task WriteProblemAsync(HttpContext context, ProblemAnswer problem)
    {
        context.Response.StatusCode = problem.Status;
        return WriteAsync(context, problem, ApiJson.Default.ProblemAnswer, "application/problem+json");
    }

    private static Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type, string contentType)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, type);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, 0, bytes.Length, context.RequestAborted);
    }
}
