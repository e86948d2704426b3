using Microsoft.IdentityModel.JsonWebTokens;

namespace Postroom.Relay.OAuth;

/// <summary>What an access token says of itself, where it is a JWT. For people: nothing is decided by it.</summary>
public static class Claims
{
    /// <summary>The object id of Microsoft's enterprise application; null if the token does not say.</summary>
    public static string? ObjectIdOf(AccessToken token)
    {
        var text = token.Value.Reveal();
        return Read(text)?.TryGetClaim("oid", out var id) == true && Guid.TryParse(id.Value, out _)
            ? id.Value
            : null;
    }

    private static JsonWebToken? Read(string text)
    {
        try
        {
            return new JsonWebToken(text);
        }
        catch (ArgumentException)
        {
            return null; // opaque, as Google's are
        }
    }
}
