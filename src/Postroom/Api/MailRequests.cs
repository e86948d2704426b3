using System.Globalization;
using Microsoft.Extensions.Logging;
using Postroom.Api.Export;
using Postroom.Mail;
using Postroom.Relay.Spool;
using Postroom.Relay.Vault;
using Postroom.Why;

namespace Postroom.Api;

/// <summary>Answers what is asked about mail, and does what a person asks for with it.</summary>
internal sealed class MailRequests(ApiDoors doors, Bodies bodies, ILogger log)
{
    // A list may be this much behind rather than wait for the index; a person's next look will have it.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly QueueReader _reader = new(doors.Spool.Index.FindAndCount, doors.Spool.Index.Count);
    private readonly QueueActions _actions = new(doors);

    public async Task QueueAsync(Call call)
    {
        if (!QueueReader.TryCursor(call.Query("after"), out var after))
            throw ApiProblem.Bad("after is no cursor", "Give what \"next\" of the page before says.");
        var most = 50;
        if (call.Query("most") is { } text
            && (!int.TryParse(text, CultureInfo.InvariantCulture, out most) || most is < 1 or > QueueReader.Most))
            throw ApiProblem.Bad("most is not a number from 1 to 1000", "Ask for several pages.");
        if (call.Query("exact") is not (null or "true" or "false"))
            throw ApiProblem.Bad("exact is neither true nor false", "Leave it out, or say exact=true to count all.");
        var filter = QueueActions.ReadFilter(call.Query("filter"), doors.Time);
        await CaughtUpAsync(call.Aborted);
        var page = _reader.Page(filter, after, most, call.Query("exact") == "true");
        await call.WriteAsync(page with { ModeSet = doors.Modes.ForAll },
            ApiJson.Default.QueueAnswer);
    }

    public async Task WhyAsync(Call call)
    {
        var filter = QueueActions.ReadFilter(call.Query("filter"), doors.Time);
        await CaughtUpAsync(call.Aborted);
        var index = doors.Spool.Index;
        var known = new Known(index.Find, index.Show, index.RelayEvents, doors.Time.GetLocalNow())
        {
            PauseOf = PauseOf,
            WordOf = WordOf,
        };
        await call.WriteAsync(AnswerOf.Reasons(Inquiry.Answer(known, filter)), ApiJson.Default.ReasonsAnswer);
    }

    public async Task MailAsync(Call call) => await call.WriteAsync(
        AnswerOf.Mail(await RecordAsync(call)),
        ApiJson.Default.MailAnswer);

    public async Task RawAsync(Call call)
    {
        var body = await BodyAsync(call);
        call.Context.Response.ContentType = "message/rfc822";
        await bodies.CopyAsync(body, call.Caller.Name, call.Context.Response.Body, call.Aborted);
    }

    /// <summary>What is known of the mail that is asked for.</summary>
    /// <exception cref="ApiProblem">There is no such mail.</exception>
    public async Task<MailRecord> RecordAsync(Call call) =>
        await FindAsync(call, doors.Spool.Index.Show) ?? throw await NoMailAsync(call);

    /// <summary>The bytes of the mail that is asked for.</summary>
    /// <exception cref="ApiProblem">There is no such mail, or they are no longer kept.</exception>
    public async Task<Body> BodyAsync(Call call)
    {
        var content = await FindAsync(call, doors.Spool.Index.Content)
            ?? throw (await FindAsync(call, doors.Spool.Index.Show) is null ? await NoMailAsync(call)
                : ApiProblem.NotFound($"the bytes of mail {call.Names[0]} are no longer kept"));
        _ = MailId.TryParse(call.Names[0], out var id);
        return new Body(id, content);
    }

    public async Task ActAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.ActionRequest) ?? new ActionRequest();
        await call.WriteAsync(await _actions.DoAsync(call.Names[0], request, call.Caller.Name, call.Aborted),
            ApiJson.Default.ActionAnswer);
    }

    // Whoever was just told an id finds it, however far behind the index is.
    private async Task<T?> FindAsync<T>(Call call, Func<MailId, T?> find) where T : class
    {
        if (!MailId.TryParse(call.Names[0], out var id))
            return null;
        if (find(id) is { } found)
            return found;
        await doors.Spool.Index.CaughtUpAsync(call.Aborted);
        return find(id);
    }

    private async Task<ApiProblem> NoMailAsync(Call call) =>
        await FindAsync(call, doors.Spool.Index.Forgotten) is { } note
            ? new ApiProblem(410, string.Create(CultureInfo.InvariantCulture,
                $"what was known of mail {call.Names[0]} was erased on {note.At:u} by {note.Who}"), note.Why ?? "")
            : ApiProblem.NotFound($"there is no mail {call.Names[0]}");

    private string? WordOf(string address)
    {
        try
        {
            return doors.Vault.Has(AddressKey.Name) ? $"h:{AddressKey.Open(doors.Vault).Hash(address)}" : null;
        }
        catch (VaultException)
        {
            return null; // then nobody can say for which addresses the words stand
        }
    }

    private string? PauseOf(string route)
    {
        var lane = doors.Status().Routes.FirstOrDefault(one => one.Route == route && one.Paused);
        return lane?.Cause is not { } cause ? null
            : $"“{cause.Diagnostic}” ({cause.Status}). {lane.Explanation?.Cause} {lane.Explanation?.Cure}".TrimEnd();
    }

    private async Task CaughtUpAsync(CancellationToken aborted)
    {
        using var patience = new CancellationTokenSource(Patience, doors.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, patience.Token);
        try
        {
            await doors.Spool.Index.CaughtUpAsync(either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            ApiLog.Behind(log);
        }
    }
}
