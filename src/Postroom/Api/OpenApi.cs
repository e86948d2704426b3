namespace Postroom.Api;

/// <summary>The document of the API (OpenAPI 3.1): made from <see cref="Operations"/> and approved as text, in the
/// program as it is in docs/reference.</summary>
internal static class OpenApi
{
    public static async Task WriteAsync(Call call)
    {
        await using var document = typeof(OpenApi).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("the program was built without docs/reference/openapi.json");
        call.Context.Response.ContentType = "application/json";
        call.Context.Response.ContentLength = document.Length;
        await document.CopyToAsync(call.Context.Response.Body, call.Aborted);
    }
}
