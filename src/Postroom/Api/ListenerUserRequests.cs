using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
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
internal sealed class ListenerUserRequests(ApiDoors doors)
{
    private readonly Witness _witness = new(doors);

    public async Task AnswerAsync(HttpContext context, string name)
    {
        var who = Witness.WhoIs(context);
        switch (context.Request.Method, doors.UsersFile)
        {
            case ("PUT", { } file):
                var user = Users.PreparedName(name) ?? throw ApiProblem.Bad("that is no name for a user",
                    "It is not empty, begins with no # and holds neither a colon nor a control character.");
                Set(file, user, (await ReadAsync(context)).Password);
                _witness.Note(EventKind.ListenerUserChanged, who, $"user {user} set");
                await WriteAsync(context, file);
                break;
            case ("DELETE", { } file):
                if (!Users.Remove(file, name))
                    throw new ApiProblem(404, $"there is no user {name}", "Look with: postroom listener user list");
                _witness.Note(EventKind.ListenerUserChanged, who, $"user {name} removed");
                await WriteAsync(context, file);
                break;
            default:
                throw new ApiProblem(404, $"there is no {context.Request.Method} {context.Request.Path}",
                    "The API: docs/reference/api.md");
        }
    }

    // What the reader says of a mistake may quote what it read, and that may be the password.
    private static async Task<ListenerUserRequest> ReadAsync(HttpContext context)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, ApiJson.Default.ListenerUserRequest,
                context.RequestAborted) is { Password.Length: > 0 } request
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

    private static Task WriteAsync(HttpContext context, string file) => ApiRequests.WriteAsync(context,
        new ListenerUserAnswer([.. Users.Names(file)]), ApiJson.Default.ListenerUserAnswer);
}
