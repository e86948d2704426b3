using System.Security.Cryptography;
using System.Text;
using Postroom.Api.Letters;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Spool;

namespace Postroom.Api.Inbox;

/// <summary>To whom the bytes of a mail are handed over once more, and by whom.</summary>
/// <param name="From">Whom failures go to; empty: nobody.</param>
/// <param name="Key">What was asked under the same key of the same person is done once; null: each time.</param>
internal sealed record CopyOrder(IReadOnlyList<string> To, string From, string Who, string? Why, string? Key);

/// <summary>
/// Hands the bytes of a mail over once more, as a mail of its own with another envelope: it goes the whole road of any
/// mail, and the timelines of both name the other.
/// </summary>
/// <remarks>
/// It keeps the origin of the mail it is of: the listener, the client and the login by which the sandbox tells sources
/// apart. So a copy may go where its source might have sent it, and nowhere else; and that is asked twice: here, by the
/// reverse-path of the original too, which the copy has not, and when its turn comes.
/// </remarks>
internal sealed class Copies(ApiDoors doors)
{
    private const int Shown = 10;

    private readonly HashSet<string> _underWay = [];

    /// <summary>Refuses what the rules would not let go to every one of these.</summary>
    /// <exception cref="ApiProblem">Which, and by which rule. Nothing was handed over.</exception>
    public void Check(MailRecord mail, CopyOrder order)
    {
        var (policy, facts, kept) = (doors.Modes.Policy(), FactsOf(mail), doors.KeptBy(mail));
        foreach (var to in order.To)
            if (policy.Judge(facts, new ForwardPath(to), doors.Time.GetUtcNow(), kept)
                is { Mode: not Mode.Live } verdict)
                throw new ApiProblem(422,
                    $"mail {mail.Id} may not go to {to}: {SandboxPolicy.NameOf(verdict.Mode)} by {verdict.Rule}",
                    "Nothing was sent. A copy may go where the source of the mail may send: allow the address in a "
                    + "[[sandbox]] rule, or set a mode for it.");
    }

    /// <summary>Hands one over; completes when it is on stable storage, and the trail says by whom.</summary>
    /// <exception cref="ApiProblem">Its bytes are not kept, or it is not taken.</exception>
    public async Task<CopyAnswer> HandOverAsync(MailRecord mail, CopyOrder order, CancellationToken cancel)
    {
        var key = order.Key is null ? null : new OwnKey(Hash(order.Who, order.Key, mail.Id.ToString()),
            Hash([order.From, .. order.To]));
        if (key is not null && !Begin(key.Text))
            throw new ApiProblem(409, "the same is being released just now", "Ask again in a moment.")
            {
                Field = ("Retry-After", "1"),
            };
        try
        {
            return await HandOverAsync(mail, order, key, cancel);
        }
        finally
        {
            if (key is not null)
                lock (_underWay)
                    _underWay.Remove(key.Text);
        }
    }

    private async Task<CopyAnswer> HandOverAsync(
        MailRecord mail, CopyOrder order, OwnKey? key, CancellationToken cancel)
    {
        var index = doors.Spool.Index;
        if (key is not null)
            await index.CaughtUpAsync(cancel); // one that ended just before us may not be in it yet
        if (key is not null && index.FindKey(mail.Origin.Source, key.Text) is { } known
            && index.Show(known) is { } copy)
        {
            if (copy.Origin.Key?.Digest != key.Digest)
                throw new ApiProblem(422, $"under this key mail {mail.Id} was released to others: {known}",
                    "Give each release a key of its own, and repeat it with the same one only as it was.");
            await TellAsync(mail, known, order, copy.Trail);
            return new CopyAnswer(known.ToString(), mail.Id.ToString()) { Repeated = true };
        }

        using var bytes = new ContentStream(index.Content(mail.Id) ?? throw new ApiProblem(410,
            $"the bytes of mail {mail.Id} are no longer kept", "Its record is: postroom queue show."));
        var taken = await TakeAsync(mail, order, key, bytes, cancel);
        await TellAsync(mail, taken, order, []);
        return new CopyAnswer(taken.ToString(), mail.Id.ToString());
    }

    private async Task<MailId> TakeAsync(
        MailRecord mail, CopyOrder order, OwnKey? key, ContentStream bytes, CancellationToken cancel)
    {
        var envelope = LetterWriter.EnvelopeOf(order.From, order.To);
        envelope = envelope with
        {
            Recipients = [.. envelope.Recipients.Select(static one => one with { Notify = Notify.Never })],
        };
        try
        {
            var taken = await doors.Take(envelope, () => mail.Origin with { Key = key }, bytes, cancel);
            return taken.Id ?? throw new ApiProblem(taken.Reply.Code >= 500 ? 422 : 503, taken.Reply.ToString(),
                $"Nothing of mail {mail.Id} was sent.");
        }
        catch (DamagedBodyException e)
        {
            throw new ApiProblem(410, $"the bytes of mail {mail.Id} are not as they were accepted", e.Message);
        }
    }

    // Between the two there may have been a kill: whoever asks again under the key has it told.
    private async Task TellAsync(MailRecord mail, MailId copy, CopyOrder order, IReadOnlyList<TrailEvent> told)
    {
        if (told.Any(static happened => happened.Kind == EventKind.Copied))
            return;
        var more = order.To.Count > Shown ? $" and {order.To.Count - Shown} more" : "";
        var why = order.Why is null ? "" : $": {order.Why}";
        var now = doors.Time.GetUtcNow();
        doors.Spool.Note(new TrailEvent(now, EventKind.Copied, mail.Id, null)
        {
            Who = order.Who, Text = $"{copy} to {string.Join(", ", order.To.Take(Shown))}{more}{why}",
        });
        await doors.Spool.NoteAsync(new TrailEvent(now, EventKind.Copied, copy, null)
        {
            Who = order.Who, Text = $"of {mail.Id}{why}",
        });
    }

    /// <summary>What the rules look at.</summary>
    public LastingFacts FactsOf(MailRecord mail) => new(
        mail.From.Length == 0 ? ReversePath.Null : new ReversePath(mail.From), mail.Origin, mail.Header,
        doors.Spool.Index.Content(mail.Id)?.Length ?? mail.Size);

    private bool Begin(string key)
    {
        lock (_underWay)
            return _underWay.Add(key);
    }

    private static string Hash(params IEnumerable<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, 16));
}
