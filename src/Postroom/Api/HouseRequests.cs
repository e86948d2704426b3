using System.Globalization;
using System.Text.Json;
using Postroom.Api.Letters;

namespace Postroom.Api;

/// <summary>Answers what is asked about the relay itself: how it stands, its routes, secrets and tokens.</summary>
internal sealed class HouseRequests(ApiDoors doors, Witness witness)
{
    private readonly SecretActions _secrets = new(doors);
    private readonly TokenActions _tokens = new(doors, witness);

    public static Task Health(Call call) => call.WriteAsync(new HealthAnswer("ok"), ApiJson.Default.HealthAnswer);

    public Task Ready(Call call) => doors.Spool is { HasRoom: true, Failed.IsCompleted: false }
        ? call.WriteAsync(new HealthAnswer("ok"), ApiJson.Default.HealthAnswer)
        : throw new ApiProblem(503, "no mail is accepted now", "The disk has failed or is at its floor: see the log.");

    public Task MetricsAsync(Call call) => MetricsPage.WriteAsync(call.Context, doors.Metrics);

    public Task StatusAsync(Call call) => call.WriteAsync(doors.Status(), ApiJson.Default.StatusAnswer);

    public Task CalendarAsync(Call call) => call.WriteAsync(doors.Calendar(), ApiJson.Default.CalendarAnswer);

    public async Task LogWordAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.LogWordRequest) ?? new LogWordRequest();
        await call.WriteAsync(doors.LogWord(LetterWriter.Address(request.Address ?? "")),
            ApiJson.Default.LogWordAnswer);
    }

    public async Task ReloadAsync(Call call)
    {
        var answer = await doors.Reload(call.Caller.Name, call.Aborted);
        if (answer.Reloaded)
            await call.WriteAsync(answer, ApiJson.Default.ReloadAnswer);
        else
            await Call.WriteProblemAsync(call.Context, new ProblemAnswer(
                "the configuration is wrong and was refused whole", 422,
                "What ran before still runs. Correct the mistakes and reload again.", answer.Mistakes));
    }

    public async Task TryOutAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.TrialRequest) ?? new TrialRequest();
        var answer = await doors.TryOut(call.Names[0], request, call.Aborted)
            ?? throw new ApiProblem(404, $"there is no route {call.Names[0]}", "Look with: postroom status");
        witness.RouteTried(answer, call.Caller.Name);
        await call.WriteAsync(answer, ApiJson.Default.TrialAnswer);
    }

    public Task SecretsAsync(Call call) => call.WriteAsync(_secrets.List(), ApiJson.Default.SecretsAnswer);

    public async Task SetSecretAsync(Call call)
    {
        SecretRequest? request;
        try
        {
            request = await call.ReadAsync(ApiJson.Default.SecretRequest);
        }
        catch (JsonException e)
        {
            // What the reader says of a mistake may quote what it read, and that may be the secret.
            throw ApiProblem.Bad("the body is not the JSON expected", string.Create(CultureInfo.InvariantCulture,
                $"Line {e.LineNumber + 1}, octet {e.BytePositionInLine}."));
        }

        await call.WriteAsync(_secrets.Set(call.Names[0], request, call.Caller.Name), ApiJson.Default.SecretAnswer);
    }

    public Task DeleteSecretAsync(Call call) =>
        call.WriteAsync(_secrets.Delete(call.Names[0], call.Caller.Name), ApiJson.Default.SecretsAnswer);

    public Task RotateAsync(Call call) =>
        call.WriteAsync(_secrets.Rotate(call.Caller.Name), ApiJson.Default.RotationAnswer);

    public Task TokensAsync(Call call) => call.WriteAsync(_tokens.List(), ApiJson.Default.TokensAnswer);

    public async Task MakeTokenAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.TokenRequest) ?? new TokenRequest([]);
        await call.WriteAsync(_tokens.Make(call.Names[0], request, call.Caller), ApiJson.Default.NewTokenAnswer);
    }

    public Task DeleteTokenAsync(Call call) =>
        call.WriteAsync(_tokens.Delete(call.Names[0], call.Caller.Name), ApiJson.Default.TokensAnswer);
}
