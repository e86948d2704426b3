using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>One mail's way through Graph.</summary>
internal sealed class GraphTry(GraphLink link, GraphSettings settings, TimeProvider time, Assignment assignment)
{
    private readonly Transcript _log = new();
    private readonly List<string> _remarks = [];
    private readonly List<Step> _steps = [];

    /// <exception cref="OperationCanceledException">Given up before anything could be in doubt.</exception>
    public async Task<Outcome> RunAsync(CancellationToken cancel)
    {
        var paths = assignment.Recipients.Select(to => to.Clearance.Path.Address).Where(Addresses.IsWritable).ToList();
        if (paths.Count == 0)
            return Ended(new GraphAnswer(0, null), "");
        if (await HeaderAsync(cancel) is not { } header)
            return Ended(Refused(new EnhancedStatus(5, 3, 4),
                $"its header is larger than {settings.LargestHeader} octets"), "");
        if (Readdressed.Of(header, paths) is not { } to)
            return Ended(Refused(new EnhancedStatus(5, 6, 0),
                "no header can be made of its own that surely names these recipients and nobody else"), "");
        if (to.Remark is { } remark)
            _remarks.Add(remark);

        var length = assignment.Content.Length - header.Length + to.Header.Length;
        if (length <= settings.LargestStraight)
        {
            var answer = await StraightAsync(to, header.Length, (int)length, cancel);
            if (answer.Status != 413)
                return Ended(answer, "");
            _remarks.Add("Graph found the mail too large for one request");
        }

        return await ByDraftAsync(to, cancel);
    }

    private async Task<GraphAnswer> StraightAsync(Readdressed to, int from, int length, CancellationToken cancel)
    {
        var mail = new byte[length];
        to.Header.CopyTo(mail, 0);
        await using var rest = new ContentStream(assignment.Content) { Position = from };
        await rest.ReadExactlyAsync(mail.AsMemory(to.Header.Length), cancel);
        var began = time.GetTimestamp();
        var answer = await link.AskAsync(
            new GraphRequest(GraphStep.Send, HttpMethod.Post, link.At("sendMail"), 202)
            {
                Body = mail,
                AsBase64 = true,
                ContentType = "text/plain",
                AtWire = assignment.AtWire,
            }, _log, cancel);
        _steps.Add(new Step("send", time.GetElapsedTime(began).TotalMilliseconds));
        return answer;
    }

    private async Task<Outcome> ByDraftAsync(Readdressed to, CancellationToken cancel)
    {
        _remarks.Add("sent by a draft: Graph made the mail anew from its parts");
        var (mail, failure) = await LargeMail.ReadAsync(assignment.Content, settings, cancel);
        if (mail is null)
            return Ended(new GraphAnswer(0, failure), "");
        using var message = mail.Message;
        var draft = new GraphDraft(link, settings, mail, to, _log);
        var began = time.GetTimestamp();
        var answer = await draft.SendAsync(assignment.AtWire, cancel);
        _steps.Add(new Step("draft", time.GetElapsedTime(began).TotalMilliseconds));
        return Ended(answer, draft.Id.Length > 0 ? $", message {draft.Id}" : "");
    }

    // The header with its empty line; null if it is longer than any should be.
    private async Task<byte[]?> HeaderAsync(CancellationToken cancel)
    {
        await using var stream = new ContentStream(assignment.Content);
        var header = new byte[Math.Min(16 * 1024, (int)Math.Min(assignment.Content.Length, settings.LargestHeader))];
        var length = 0;
        while (true)
        {
            length += await stream.ReadAtLeastAsync(
                header.AsMemory(length), header.Length - length, throwOnEndOfStream: false, cancel);
            var isWhole = length == assignment.Content.Length;
            if (HeaderLines.EndOf(header.AsSpan(0, length), isWhole) is >= 0 and var end)
                return header[..end];
            if (length < header.Length || length >= settings.LargestHeader)
                return null;
            Array.Resize(ref header, (int)Math.Min(
                Math.Min(header.Length * 4L, settings.LargestHeader), assignment.Content.Length));
        }
    }

    private static GraphAnswer Refused(EnhancedStatus status, string why) =>
        new(0, new Failure(Fault.Message, status, why, null));

    private Outcome Ended(GraphAnswer answer, string also)
    {
        var reply = answer.Failure is null && answer.Status != 0 ? answer.Reply(also) : null;
        var results = new List<RecipientResult>(assignment.Recipients.Count);
        foreach (var recipient in assignment.Recipients)
            results.Add(Addresses.IsWritable(recipient.Clearance.Path.Address)
                ? new RecipientResult(recipient.Index, reply, answer.Failure, DsnPassedOn: false)
                : new RecipientResult(recipient.Index, null, new Failure(
                    Fault.Recipient, new EnhancedStatus(5, 1, 3),
                    "the address cannot stand in a header field, and Graph takes it from nowhere else", null), false));
        var facts = new AttemptFacts(
            reply is null && answer.Status == 0 ? null : link.Remote, null, link.IsLoopback ? null : "https",
            Reused: false, _steps, TranscriptOf(isPlain: results.TrueForAll(result => result.Failure is null)));
        return new Outcome(results, facts, null) { InDoubt = answer.InDoubt };
    }

    // The dialogue where somebody will want to read it; what was changed in the mail always.
    private string? TranscriptOf(bool isPlain)
    {
        if (isPlain && _remarks.Count == 0)
            return null;
        var all = new Transcript();
        if (!isPlain)
            all.Include(_log);
        foreach (var remark in _remarks)
            all.Noted(remark);
        return all.ToString();
    }
}
