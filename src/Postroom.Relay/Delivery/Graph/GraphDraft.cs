using System.Globalization;
using MimeKit;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>The long way, for a mail that is too large for one request.</summary>
/// <remarks>
/// <list type="number">
/// <item>a draft, with the text and what attachments fit along with it;</item>
/// <item>each further attachment in a request of its own;</item>
/// <item>or, from 3 MB on, in an upload session, piece after piece;</item>
/// <item>then the request that sends it.</item>
/// </list>
/// Whatever fails before the last step, the draft is deleted, if Graph can be asked.
/// </remarks>
internal sealed class GraphDraft(
    GraphLink link, GraphSettings settings, LargeMail mail, Readdressed to, Transcript log)
{
    // What the JSON around an attachment's octets may take.
    private const int Around = 1_500;

    private readonly List<LargeMail.File> _along = [];
    private readonly List<LargeMail.File> _alone = [];
    private string? _id;

    /// <summary>The draft's own id, for the trail.</summary>
    public string Id => _id ?? "";

    public async Task<GraphAnswer> SendAsync(Action atWire, CancellationToken cancel)
    {
        var isOver = false;
        try
        {
            // 1.
            if (await PlanAsync(cancel) is { } tooLarge)
                return new GraphAnswer(0, tooLarge);
            var answer = await AskAsync("messages", DraftJson.Message(mail, to, _along), cancel);
            if (answer.Failure is not null)
                return answer;
            if ((_id = answer.Text("id")) is null)
                return NoSense("a draft without an id");

            // 2. and 3.
            foreach (var file in _alone)
            {
                answer = await AttachAsync(file, cancel);
                if (answer.Failure is not null)
                    return answer;
            }

            // 4.
            answer = await link.AskAsync(
                new GraphRequest(GraphStep.Draft, HttpMethod.Post, At("/send"), 202) { AtWire = atWire }, log, cancel);
            isOver = answer.Failure is null || answer.InDoubt; // it may be on its way: not ours any more
            return answer;
        }
        finally
        {
            if (!isOver && _id is not null)
                await DeleteAsync();
        }
    }

    // Who travels along, and who alone. The text has to travel along.
    private async Task<Failure?> PlanAsync(CancellationToken cancel)
    {
        if (mail.Text is { } text)
        {
            var length = await LargeMail.SizeOfAsync(text, cancel);
            if (length > settings.LargestRequest)
                return LargeMail.TooLarge($"its text alone has {length} octets, and Graph takes no text over 4 MB");
            var octets = await OctetsAsync(text, length, cancel);
            text.Content = new MimeContent(new MemoryStream(octets)); // what makes text of it reads without waiting
        }

        var room = settings.LargestRequest - DraftJson.Message(mail, to, []).Length;
        for (var i = 0; i < mail.Attachments.Count; i++)
        {
            var part = mail.Attachments[i];
            var size = await LargeMail.SizeOfAsync(part, cancel);
            if (size > settings.LargestMail)
                return LargeMail.TooLarge($"an attachment of {size} octets");
            var needs = size / 3 * 4 + Around;
            if (needs > room)
            {
                _alone.Add(new LargeMail.File(part, i + 1, size, default));
                continue;
            }

            room -= (int)needs;
            _along.Add(new LargeMail.File(part, i + 1, size, await OctetsAsync(part, size, cancel)));
        }

        return null;
    }

    private static async Task<byte[]> OctetsAsync(MimeEntity part, long size, CancellationToken cancel)
    {
        using var octets = new MemoryStream((int)size);
        await LargeMail.WriteAsync(part, octets, cancel);
        return octets.ToArray();
    }

    private async Task<GraphAnswer> AttachAsync(LargeMail.File file, CancellationToken cancel)
    {
        if (file.Size <= settings.LargestAttachment)
            return await AskAsync(
                $"messages/{Uri.EscapeDataString(Id)}/attachments",
                DraftJson.Attachment(file with { Octets = await OctetsAsync(file.Part, file.Size, cancel) }), cancel);
        var answer = await AskAsync(
            $"messages/{Uri.EscapeDataString(Id)}/attachments/createUploadSession", DraftJson.Session(file), cancel);
        if (answer.Failure is not null)
            return answer;
        return Uri.TryCreate(answer.Text("uploadUrl"), UriKind.Absolute, out var address) && IsSafe(address)
            ? await UploadAsync(file, address, cancel)
            : NoSense("an upload session without a safe address");
    }

    private async Task<GraphAnswer> UploadAsync(LargeMail.File file, Uri address, CancellationToken cancel)
    {
        var answer = new GraphAnswer(0, null);
        await using var pieces = new PieceStream(settings.UploadPiece, async (piece, from) =>
        {
            if (answer.Failure is not null)
                return; // the rest is only read to its end
            answer = await link.AskAsync(
                new GraphRequest(GraphStep.Upload, HttpMethod.Put, address, 200)
                {
                    OrElse = 201,
                    Body = piece,
                    ContentType = "application/octet-stream",
                    Range = string.Create(CultureInfo.InvariantCulture,
                        $"bytes {from}-{from + piece.Length - 1}/{file.Size}"),
                }, log, cancel);
        });
        await LargeMail.WriteAsync(file.Part, pieces, cancel);
        await pieces.EndAsync();
        return answer;
    }

    private Task<GraphAnswer> AskAsync(string path, ReadOnlyMemory<byte> json, CancellationToken cancel) =>
        link.AskAsync(
            new GraphRequest(GraphStep.Draft, HttpMethod.Post, link.At(path), 201) { Body = json }, log, cancel);

    // Best effort: a draft that stays is seen by whoever owns the mailbox, and sends nothing.
    private async Task DeleteAsync()
    {
        try
        {
            await link.AskAsync(
                new GraphRequest(GraphStep.Draft, HttpMethod.Delete, At(""), 204), log, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            log.Noted("the draft could not be deleted");
        }
    }

    private Uri At(string action) => link.At($"messages/{Uri.EscapeDataString(Id)}{action}");

    // Graph answers with an address on another host of Microsoft's; what is never right is one in the clear.
    private bool IsSafe(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps
        || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback && link.IsLoopback);

    private GraphAnswer NoSense(string what) => new(0, new Failure(
        Fault.NextHop, new Mail.EnhancedStatus(4, 5, 0), $"Graph answered with {what}", link.Root.Host));
}
