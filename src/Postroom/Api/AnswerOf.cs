using Postroom.Api.Access;
using Postroom.Api.Replays;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Vault;
using Postroom.Why;

namespace Postroom.Api;

/// <summary>The spool's rows in the words of the API.</summary>
public static class AnswerOf
{
    public static RecipientAnswer Row(RecipientRow row) =>
        new(row.Mail.ToString(), row.Recipient, Name(row.State), row.To, row.From)
        {
            AcceptedAt = row.AcceptedAt,
            Subject = row.Subject,
            Route = row.Lane,
            FailedTries = row.FailedTries,
            NextDue = row.State == State.Waiting ? row.NextDue : null,
            Size = row.Size,
            Source = row.Source,
            App = row.App,
            Item = row.Item,
            Last = row.Last,
            Box = row.Box,
            Unread = row.IsUnread ? true : null,
            Tags = row.Tags?.Split(' '),
        };

    public static ReasonsAnswer Reasons(Reasons why) =>
        new(why.Verdict, why.Sentences, why.Next, [.. why.Found.Select(Row)]);

    public static MailAnswer Mail(MailRecord mail) => new(mail.Id.ToString(), mail.AcceptedAt, mail.From)
    {
        Subject = mail.Header.Subject,
        HeaderFrom = mail.Header.From,
        MessageId = mail.Header.MessageId,
        Repaired = mail.Header.Repaired,
        EnvelopeId = mail.EnvelopeId,
        Size = mail.Size,
        Listener = mail.Origin.Listener,
        Client = mail.Origin.Client,
        Helo = mail.Origin.Helo,
        User = mail.Origin.User,
        Protocol = mail.Origin.Protocol,
        Application = Application(mail.Header.App),
        DuplicateOf = DuplicateMark.Find(mail.Trail, null) is { } mark
            ? new DuplicateAnswer(mark.Original.ToString(), mark.Seconds) : null,
        ReplayOf = mail.Origin.Replay is { } replay
            ? new ReplayOfAnswer(replay.Of.ToString(), replay.Route, replay.Batch) : null,
        ReplayedAs = mail.Trail.Where(static e => e.Kind == EventKind.Replayed).Select(static e => ReplayIn(e.Text))
            .OfType<string>().ToList() is { Count: > 0 } replays ? replays : null,
        Recipients = [.. mail.Recipients.Select(Row)],
        Trail = [.. mail.Trail.Select(Event)],
    };

    /// <summary>As which mail an event says that another was replayed; null where it says something else.</summary>
    internal static string? ReplayIn(string? text) => text?.Split(' ') is ["as", var id, ..] ? id : null;

    public static TokenAnswer Token(ApiToken token, bool isOver) =>
        new(token.Name, ScopeNames.Of(token.Scopes), token.MadeOn)
        {
            Expires = token.Expires, UsedOn = token.UsedOn, IsOver = isOver ? true : null,
        };

    private static ApplicationAnswer? Application(AppFacts? app) => app is null ? null : new ApplicationAnswer(app.App)
    {
        Instance = app.Instance,
        Site = app.Site,
        Node = app.Node,
        Project = app.Project,
        Item = app.Item,
        Event = app.Event,
        Actor = app.Actor,
        Reason = app.Reason,
    };

    public static EventAnswer Event(TrailEvent happened) => new(happened.At, Name(happened.Kind), happened.Recipient)
    {
        Who = happened.Who,
        Route = happened.Lane,
        Reply = happened.Reply,
        Failure = Failure(happened.Failure),
        Explanation = Explanation(happened.Failure),
        Text = happened.Text,
        NextDue = happened.NextDue,
        Attempt = happened.Attempt is { } a
            ? new AttemptAnswer(a.Remote, a.Greeting, a.Tls, a.Reused,
                [.. a.Steps.Select(s => new StepAnswer(s.Name, s.Milliseconds))])
            {
                Transcript = a.Transcript,
            }
            : null,
    };

    public static FailureAnswer? Failure(Failure? failure) => failure is null
        ? null
        : new FailureAnswer(Name(failure.Fault), failure.Status.ToString(), failure.Diagnostic, failure.RemoteMta);

    /// <summary>What it means and what to do, as far as it is known today.</summary>
    public static ExplanationAnswer? Explanation(Failure? failure) =>
        Postroom.Mail.Status.Explanation.Of(failure) is { } known
            ? new ExplanationAnswer(known.Name, known.Cause, known.Cure)
            : null;

    public static IReadOnlyDictionary<string, long> Counts(IReadOnlyDictionary<State, long> counts) =>
        Enum.GetValues<State>().ToDictionary(Name, s => counts.GetValueOrDefault(s));

    /// <summary>The approved text of a state, event or fault: its name in small letters.</summary>
    public static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>A cursor as text: <c>ID.N</c>.</summary>
    public static string Cursor(Cursor next) =>
        next.Recipient < 0 ? $"{next.Mail}" : $"{next.Mail}.{next.Recipient}";

    public static SecretAnswer Secret(SecretFacts secret) => new(secret.Name, secret.SetAt, secret.KeyId)
    {
        UsedAt = secret.UsedAt,
        RotateBy = secret.RotateBy,
        Expires = secret.Expires,
        Trouble = secret.Trouble,
    };

    public static RotationAnswer Rotation(KeyRotation done) => new(done.KeyId, done.Secrets, done.OldIsGone);
}
