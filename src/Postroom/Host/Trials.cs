using System.Text;
using Postroom.Api;
using Postroom.Api.Letters;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Relay.Submission;

namespace Postroom.Host;

/// <summary>Tries routes out for a person: <c>postroom route test NAME</c>.</summary>
internal static class Trials
{
    /// <summary>Goes the way of a mail and turns back before sending; null if there is no such route.</summary>
    /// <exception cref="ApiProblem">The sender is no address.</exception>
    public static async Task<TrialAnswer?> RunAsync(
        string name, TrialRequest request, Wiring wiring, CourierNeeds needs, CancellationToken cancel)
    {
        if (needs.All.Routes.FirstOrDefault(route => route.Name == name) is not { } route)
            return null;
        var from = request.From ?? needs.All.SenderOf(route);
        if (route.Account?.OAuth is { } account)
            needs.Tokens.AskAnew(account); // a person waits: what was refused a minute ago is asked again
        var report = await wiring.TryOut(route, new ReversePath(LetterWriter.Address(from)), needs, cancel);
        return new TrialAnswer(name, from, [.. report.Steps.Select(step =>
            new TrialStepAnswer(step.Step.Name, step.Step.Milliseconds, step.Words))])
        {
            Failure = AnswerOf.Failure(report.Failure),
            Explanation = AnswerOf.Explanation(report.Failure),
        };
    }

    /// <summary>Hands a small mail over, to go the usual way.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="ApiProblem">It would go another way, or is not taken.</exception>
    public static async Task<string> SendAsync(string name, string from, string to, RelayConfiguration all,
        Func<Envelope, Func<Origin>, Stream, CancellationToken, Task<Taken>> take)
    {
        var envelope = new Envelope(new ReversePath(LetterWriter.Address(from)),
            [new Recipient(new ForwardPath(LetterWriter.Address(to)), Notify.Never)]);
        var lane = all.Table().LaneOf(envelope.From, envelope.Recipients[0].Path, named: null);
        if (lane != name)
            throw new ApiProblem(422, $"mail from {from} to {to} does not take the route {name}", lane.Length > 0
                ? $"It takes {lane}, which comes first and fits."
                : "No route fits it: look at recipients and senders of the routes.");
        var text = Encoding.UTF8.GetBytes($"From: <{from}>\r\nTo: <{to}>\r\nSubject: Postroom tries the route {name}"
            + $"\r\n\r\nThis mail was sent by `postroom route test {name}` on {all.HostName}.\r\n");
        using var mail = new MemoryStream(text);
        var taken = await take(envelope, static () => new Origin("postroom", "route test", null, null, "local"), mail,
            CancellationToken.None);
        return taken.Id?.ToString()
            ?? throw new ApiProblem(503, $"the mail was not taken: {taken.Reply}", "See `postroom status`.");
    }
}
