using Postroom.Api.Access;
using Postroom.Mail.Audit;
using Postroom.Relay.Vault;

namespace Postroom.Api;

/// <summary>What a person can do to tokens: make, list, take away. Never: see one again.</summary>
internal sealed class TokenActions(ApiDoors doors, Witness witness)
{
    public TokensAnswer List() => Of(doors.Tokens);

    public NewTokenAnswer Make(string name, TokenRequest request, Caller caller)
    {
        var scopes = Check(name, request, doors.Time);
        var (token, shown) = doors.Tokens.Make(name, scopes, request.Expires);
        witness.Note(EventKind.TokenChanged, caller.Name,
            $"token {name} made, for {string.Join(", ", ScopeNames.Of(scopes))}");
        doors.TokensChanged();
        return new NewTokenAnswer(shown, AnswerOf.Token(token, isOver: false));
    }

    public TokensAnswer Delete(string name, string who)
    {
        if (!doors.Tokens.Remove(name))
            throw new ApiProblem(404, $"there is no token {name}", "Look with: postroom token list");
        witness.Note(EventKind.TokenChanged, who, $"token {name} taken away");
        doors.TokensChanged();
        return List();
    }

    /// <summary>The same for the command line while no service runs.</summary>
    public static TokensAnswer Of(ApiTokens tokens) =>
        new([.. tokens.List().Select(token => AnswerOf.Token(token, tokens.IsOver(token)))]);

    /// <exception cref="ApiProblem">The name or the request cannot be.</exception>
    public static Scopes Check(string name, TokenRequest request, TimeProvider time)
    {
        if (!SecretVault.IsName(name))
            throw ApiProblem.Bad($"{name} is no name of a token", "It has small letters, digits, dots, hyphens and "
                + "underscores, begins with a letter or digit, and is at most 64 characters long.");
        if (!ScopeNames.TryRead(request.Scopes, out var scopes))
            throw ApiProblem.Bad("scopes are what a token is for",
                $"Give one or more of {string.Join(", ", ScopeNames.Names)}.");
        if (request.Expires < DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime))
            throw ApiProblem.Bad($"{request.Expires:yyyy-MM-dd} is over", "Give the last day on which it is to hold.");
        return scopes;
    }
}
