using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Relay.Postmaster;

namespace Postroom.Api;

/// <summary>Answers what is asked about alarms and who is told of them.</summary>
internal sealed class AlarmRequests(ApiDoors doors, Witness witness)
{
    public Task AlarmsAsync(Call call) => call.WriteAsync(
        new AlarmsAnswer(
            [.. doors.Alarms.Raised.Select(Of)],
            [.. doors.Alarms.Settings.Alarms.Select(Of)],
            [.. doors.Alarms.Settings.Receivers.Select(receiver => receiver.Name)]),
        ApiJson.Default.AlarmsAnswer);

    public Task NoticesAsync(Call call) => call.WriteAsync(new NoticesAnswer([.. doors.Alarms.Notices.Select(Of)]),
        ApiJson.Default.NoticesAnswer);

    public async Task TestAsync(Call call)
    {
        var name = call.Names[0];
        var (isTold, words) = await doors.Alarms.TestAsync(name, call.Caller.Name, call.Aborted)
            ?? throw new ApiProblem(404, $"there is no receiver {name}",
                doors.Alarms.Settings.Receivers is { Count: > 0 } known
                    ? $"Those there are: {string.Join(", ", known.Select(one => one.Name))}."
                    : "Add a [[receiver]] to the configuration: docs/alarms.md.");
        witness.Note(EventKind.ReceiverTried, call.Caller.Name, $"receiver {name}: {words}");
        await call.WriteAsync(new ReceiverTestAnswer(name, isTold, words), ApiJson.Default.ReceiverTestAnswer);
    }

    /// <summary>Of an alarm that is raised.</summary>
    public static RaisedAnswer Of(RaisedAlarm one) =>
        new(one.Alarm, one.Subject, AnswerOf.Name(one.Severity), one.Since, one.Text, one.Now, one.Cure);

    private static AlarmAnswer Of(Alarm alarm) =>
        new(alarm.Name, alarm.Measure.Name, AlarmWords.ConditionOf(alarm), AnswerOf.Name(alarm.Severity), alarm.Cure);

    private static NoticeAnswer Of(Notice notice) =>
        new(notice.Id, notice.Receiver, notice.At, StateOf(notice), notice.Tries)
        {
            Alarm = notice.News.Alarm, Subject = notice.News.Subject, Raised = notice.News.IsRaised,
            Text = notice.News.Text, NextTry = notice.NextTry, Last = notice.Last, ToldAt = notice.ToldAt,
        };

    private static string StateOf(Notice notice) =>
        notice.IsOpen ? "waiting" : notice.ToldAt is null ? "given up" : "told";
}
