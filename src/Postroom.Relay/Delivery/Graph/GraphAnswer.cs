using System.Globalization;
using System.Text;
using System.Text.Json;
using Postroom.Mail;
using Postroom.Mail.Status;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>What came of one request.</summary>
/// <param name="Status">Of HTTP; 0 if there was no answer.</param>
/// <param name="Failure">Null if it was answered as it should be.</param>
internal sealed record GraphAnswer(int Status, Failure? Failure)
{
    /// <summary>The request may have been heard, and nobody who knows said what came of it.</summary>
    public bool InDoubt { get; init; }

    /// <summary>By what Microsoft finds the request again.</summary>
    public string Id { get; init; } = "";

    /// <summary>The beginning of the body, at most <see cref="Bound"/> octets.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Octets of a body that are read.</summary>
    public const int Bound = 64 * 1024;

    /// <summary>For the trail: <c>202 Accepted (request-id …)</c>.</summary>
    public string Reply(string also = "") => Mail.Reply.Cut(Printable.Of(string.Create(
        CultureInfo.InvariantCulture, $"{Status} {Word} (request-id {Id}{also})")));

    /// <summary>A text at the top of the body's JSON, if it stands in the part that was read.</summary>
    /// <remarks>A created draft comes back whole, and its id is among the first; so the rest may be cut off.</remarks>
    public string? Text(string name)
    {
        try
        {
            var json = new Utf8JsonReader(Body.Span, isFinalBlock: false, default);
            while (json.Read())
                if (json is { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName } && json.ValueTextEquals(name))
                    return json.Read() && json.TokenType == JsonTokenType.String ? json.GetString() : null;
        }
        catch (JsonException)
        {
            return null; // no JSON: nothing is known of it
        }

        return null;
    }

    /// <summary>Graph's own words, <c>error.code</c> and <c>error.message</c>; empty where there are none.</summary>
    public static (string Code, string Message) Words(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            if (json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
                return (Of(error, "code"), Of(error, "message"));
        }
        catch (JsonException)
        {
            return ("", Encoding.UTF8.GetString(body.Span[..Math.Min(200, body.Length)])); // a page of some proxy
        }

        return ("", "");
    }

    private string Word => Status switch { 200 => "OK", 201 => "Created", 202 => "Accepted", _ => "" };

    private static string Of(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
