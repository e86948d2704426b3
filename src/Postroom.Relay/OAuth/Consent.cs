using System.Text.Json;
using System.Text.Json.Serialization;
using Postroom.Mail;

namespace Postroom.Relay.OAuth;

/// <summary>What a person's consent gave us, as it lies sealed in the vault.</summary>
/// <param name="RefreshToken">RFC 6749 §1.5.</param>
/// <param name="ConsentedAt">When the person agreed.</param>
/// <param name="RenewedAt">When it last brought an access token: from then on it idles.</param>
public sealed record Consent(string RefreshToken, DateTimeOffset ConsentedAt, DateTimeOffset RenewedAt)
{
    /// <summary>The scope that was granted, as the server said it.</summary>
    public string? Scope { get; init; }

    /// <summary>The instant of its end, where the server names one; null if it says nothing.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>The day on which it ends if nobody uses it until then; null if nobody says.</summary>
    public DateOnly? Expires(TimeSpan? idleLife)
    {
        DateTimeOffset? idle = idleLife is { } life ? RenewedAt + life : null;
        var end = EndsAt is { } said && (idle is null || said < idle) ? said : idle;
        return end is { } day ? DateOnly.FromDateTime(day.UtcDateTime) : null;
    }

    /// <summary>As a secret for the vault.</summary>
    public Secret Seal() => new(JsonSerializer.Serialize(this, ConsentJson.Default.Consent));

    /// <summary>Out of the vault. What is no JSON is a refresh token that somebody brought along.</summary>
    /// <exception cref="TokenException">It holds no refresh token.</exception>
    public static Consent Of(Secret secret, DateTimeOffset setAt)
    {
        var text = secret.Reveal().Trim();
        if (!text.StartsWith('{'))
            return new Consent(text, setAt, setAt);
        try
        {
            return JsonSerializer.Deserialize(text, ConsentJson.Default.Consent) is { RefreshToken.Length: > 0 } consent
                ? consent
                : throw NoConsent();
        }
        catch (JsonException)
        {
            throw NoConsent(); // without the reader's words: they may quote what it read
        }
    }

    private static TokenException NoConsent() =>
        new("what is kept as this account's consent is no refresh token", isAccount: true);

    /// <summary>As with any secret: whoever prints it by mistake prints nothing of it.</summary>
    public override string ToString() => "•••";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Consent))]
internal sealed partial class ConsentJson : JsonSerializerContext;
