using System.Text.Json.Serialization;

namespace Postroom.Relay.Vault;

/// <summary>How a secret lies in its file.</summary>
internal sealed record SecretFile(string Name, DateTimeOffset SetAt, string KeyId, byte[] Key, byte[] Content)
{
    public const int Newest = 1;

    public int Version { get; init; } = Newest;

    public DateOnly? RotateBy { get; init; }

    public DateOnly? Expires { get; init; }

    [JsonIgnore]
    public Seal Seal => new(KeyId, Key, Content);

    public SecretFile With(Seal seal) => this with { KeyId = seal.KeyId, Key = seal.Key, Content = seal.Content };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SecretFile))]
internal sealed partial class VaultJson : JsonSerializerContext;

/// <summary>What may be known of a secret.</summary>
/// <param name="Name">By which routes name it: <c>secret:NAME</c>.</param>
/// <param name="SetAt">When it got its value.</param>
/// <param name="KeyId">The root key that it is sealed with.</param>
public sealed record SecretFacts(string Name, DateTimeOffset SetAt, string KeyId)
{
    /// <summary>When it was last opened, to the hour; null if never.</summary>
    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>The day by which somebody means to change it.</summary>
    public DateOnly? RotateBy { get; init; }

    /// <summary>The day on which it ends by itself.</summary>
    public DateOnly? Expires { get; init; }

    /// <summary>Why it cannot be opened, and what to do; null if it can.</summary>
    public string? Trouble { get; init; }
}
