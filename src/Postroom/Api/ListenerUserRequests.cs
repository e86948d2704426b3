using System.Security.Cryptography;
using System.Text.Json;
using Postroom.Mail.Audit;
using Postroom.Mail.Sasl;
using Postroom.Relay.Submission;

namespace Postroom.Api;

/// <summary>A password to be kept, salted and digested: <c>PUT /api/v1/listener-users/{name}</c>.</summary>
public sealed record ListenerUserRequest(string Password)
{
    public override string ToString() => "•••";
}

/// <summary>Who may log in at listeners.</summary>
public sealed record ListenerUserAnswer(IReadOnlyList<string> Users);

/// <summary>Answers <c>/api/v1/listener-users/{name}</c>: so that it is on the trail who let whom in.</summary>
internal sealed class ListenerUserRequests(ApiDoors doors, Witness witness)
{
    public async Task SetAsync(Call call)
    {
        var user = Users.PreparedName(call.Names[0]) ?? throw ApiProblem.Bad("that is no name for a user",
            "It is not empty, begins with no # and holds neither a colon nor a control character.");
        Set(doors.UsersFile, user, (await ReadAsync(call)).Password);
        witness.Note(EventKind.ListenerUserChanged, call.Caller.Name, $"user {user} set");
        await AnswerAsync(call);
    }

    public async Task RemoveAsync(Call call)
    {
        var name = call.Names[0];
        if (!Users.Remove(doors.UsersFile, name))
            throw new ApiProblem(404, $"there is no user {name}", "Look with: postroom listener user list");
        witness.Note(EventKind.ListenerUserChanged, call.Caller.Name, $"user {name} removed");
        await AnswerAsync(call);
    }

    // What the reader says of a mistake may quote what it read, and that may be the password.
    private static async Task<ListenerUserRequest> ReadAsync(Call call)
    {
        try
        {
            return await call.ReadAsync(ApiJson.Default.ListenerUserRequest) is { Password.Length: > 0 } request
                ? request
                : throw ApiProblem.Bad("a user without a password", "Send {\"password\":\"…\"}.");
        }
        catch (JsonException)
        {
            throw ApiProblem.Bad("the body is not the JSON expected", "Send {\"password\":\"…\"}.");
        }
    }

    private static void Set(string file, string user, string password)
    {
        try
        {
            Users.Set(file, user, password, RandomNumberGenerator.GetBytes(16));
        }
        catch (SaslException e)
        {
            throw ApiProblem.Bad(e.Message, "Take another password.");
        }
    }

    private Task AnswerAsync(Call call) => call.WriteAsync(
        new ListenerUserAnswer([.. Users.Names(doors.UsersFile)]), ApiJson.Default.ListenerUserAnswer);
}
