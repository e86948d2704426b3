using Postroom.Mail;
using Postroom.Mail.Audit;

namespace Postroom.Api;

/// <summary>What a person can do to secrets: set, list, delete, seal anew. Never: read (promise 6).</summary>
internal sealed class SecretActions(ApiDoors doors)
{
    public SecretsAnswer List() => new([.. doors.Vault.List().Select(AnswerOf.Secret)]);

    /// <summary>Sets it; mail that waited for it goes on at once.</summary>
    public SecretAnswer Set(string name, SecretRequest? request, string who)
    {
        if (request is null || string.IsNullOrEmpty(request.Value))
            throw ApiProblem.Bad("a secret without a value", "Send {\"value\":\"…\"}.");
        doors.Vault.Put(name, new Secret(request.Value), request.RotateBy, request.Expires);
        Note(who, $"secret {name} set");
        doors.SecretChanged(name);
        return AnswerOf.Secret(doors.Vault.Find(name)!);
    }

    public SecretsAnswer Delete(string name, string who)
    {
        if (!doors.Vault.Delete(name))
            throw new ApiProblem(404, $"there is no secret {name}", "Look with: postroom secret list");
        Note(who, $"secret {name} deleted");
        doors.SecretChanged(name);
        return List();
    }

    public RotationAnswer Rotate(string who)
    {
        var done = doors.Vault.Rotate();
        Note(who, $"all secrets sealed with the key {done.KeyId}");
        return AnswerOf.Rotation(done);
    }

    private void Note(string who, string what) => doors.Spool.Note(
        new TrailEvent(doors.Time.GetUtcNow(), EventKind.SecretChanged, null, null) { Who = who, Text = what });
}
