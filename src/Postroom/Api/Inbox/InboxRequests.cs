using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Api.Inbox;

/// <summary>Answers what is asked about captured mail, and does what a person asks for with it.</summary>
internal sealed class InboxRequests
{
    private const int UsualBoxes = 100;

    private readonly ApiDoors _doors;
    private readonly InboxActions _actions;
    private readonly Releases _releases;
    private readonly QueueReader _reader;

    public InboxRequests(ApiDoors doors)
    {
        (_doors, _actions) = (doors, new InboxActions(doors));
        _releases = new Releases(doors, _actions);
        _reader = new QueueReader(doors.Spool.Index.FindAndCount, doors.Spool.Index.Count);
    }

    public async Task BoxesAsync(Call call)
    {
        var most = TrailRequests.WholeOf(call, "most", UsualBoxes, QueueReader.Most);
        await _doors.Spool.Index.CaughtUpAsync(call.Aborted);
        var list = _doors.Spool.Index.Boxes();
        await call.WriteAsync(new BoxesAnswer([.. list.Boxes.Take(most).Select(static box => new BoxAnswer(
                box.Name, box.Total, box.Unread, box.Newest.ToString(), box.Newest.At))],
            list.Boxes.Count, Marks.Write(list.Mark)), ApiJson.Default.BoxesAnswer);
    }

    public async Task ListAsync(Call call)
    {
        if (!QueueReader.TryCursor(call.Query("after"), out var after))
            throw ApiProblem.Bad("after is no cursor", "Give what \"next\" of the page before says.");
        var filter = QueueActions.ReadFilter(call.Query("filter"), _doors.Time);
        filter = new Filter([.. filter.Terms, new Term(Field.State, "captured") { States = [State.Captured] }]);
        await _doors.Spool.Index.CaughtUpAsync(call.Aborted);
        await call.WriteAsync(_reader.Page(filter, after, TrailRequests.WholeOf(call, "most", 50, QueueReader.Most)),
            ApiJson.Default.QueueAnswer);
    }

    public async Task ActAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.InboxRequest) ?? new InboxRequest();
        var (action, who) = (call.Names[0], call.Caller.Name);
        var answer = action switch
        {
            "read" or "unread" or "tag" or "untag" => await _actions.MarkAsync(action, request, who, call.Aborted),
            "delete" => await _actions.DeleteAsync(request, who, call.Aborted),
            "release" => await _releases.ReleaseAsync(request, who, MessageRequests.KeyOf(call), call.Aborted),
            _ => throw ApiProblem.NotFound(
                $"there is no action \"{action}\": read, unread, tag, untag, delete, release"),
        };
        await call.WriteAsync(answer, ApiJson.Default.InboxAnswer);
    }

    public async Task ResetAsync(Call call) => await call.WriteAsync(
        await _actions.ResetAsync(call.Names[0], call.Caller.Name, call.Aborted), ApiJson.Default.ResetAnswer);

    public Task ExpectAsync(Call call) => new Expectation(_doors, _reader).AnswerAsync(call);
}
