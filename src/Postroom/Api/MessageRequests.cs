using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Postroom.Api.Letters;
using Postroom.Mail;
using Postroom.Relay.Spool;

namespace Postroom.Api;

/// <summary>Takes mail that is handed over by HTTP instead of SMTP.</summary>
internal sealed class MessageRequests(ApiDoors doors, ILogger log)
{
    /// <summary>How long a key keeps the same mail from being taken again.</summary>
    public static readonly TimeSpan KeyHolds = TimeSpan.FromDays(7);

    /// <summary>Octets of JSON, which is read into memory whole; larger mail comes as it is.</summary>
    public const int LargestJson = 10 << 20;

    private const int AtOnce = 4;

    // As an answer after mail data: who waits longer has given up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    // Of the whole process, as its memory is.
    private static readonly SemaphoreSlim Letters = new(AtOnce);

    private readonly HashSet<(string Source, string Key)> _underWay = [];

    public async Task SubmitAsync(Call call)
    {
        var key = KeyOf(call);
        var isFree = key is null;
        if (key is not null)
            lock (_underWay)
                isFree = _underWay.Add((call.Caller.Name, key));
        if (!isFree)
            throw new ApiProblem(409, "the same mail is being handed over just now", "Ask again in a moment.")
            {
                Field = ("Retry-After", "1"),
            };
        try
        {
            await SubmitAsync(call, key);
        }
        finally
        {
            if (key is not null)
                lock (_underWay)
                    _underWay.Remove((call.Caller.Name, key));
        }
    }

    private async Task SubmitAsync(Call call, string? key)
    {
        switch (call.MediaType)
        {
            case "message/rfc822":
                Allow(call, doors.MessageSize);
                using (var digest = new DigestingStream(call.Context.Request.Body))
                    await TakeAsync(call, key, EnvelopeOf(call), digest, digest.Finish);
                break;
            case "application/json":
                Allow(call, LargestJson);
                await Letters.WaitAsync(call.Aborted); // each is in memory more than once
                try
                {
                    await WriteAndTakeAsync(call, key);
                }
                finally
                {
                    Letters.Release();
                }
                break;
            default:
                throw new ApiProblem(415, $"the body is {call.MediaType ?? "of no kind"}, and a mail is read here",
                    "Send Content-Type: message/rfc822 for a mail as it is, or application/json to have one written.");
        }
    }

    private async Task WriteAndTakeAsync(Call call, string? key)
    {
        using var body = new MemoryStream();
        await call.Context.Request.Body.CopyToAsync(body, call.Aborted);
        var octets = body.GetBuffer().AsMemory(0, (int)body.Length);
        var letter = JsonSerializer.Deserialize(octets.Span, ApiJson.Default.Letter)
            ?? throw ApiProblem.Bad("there is no mail", "Send {\"from\":\"…\",\"to\":[\"…\"],…}.");
        using var mail = new MemoryStream(LetterWriter.Write(letter));
        await TakeAsync(call, key, LetterWriter.EnvelopeOf(letter), mail, () => SHA256.HashData(octets.Span));
    }

    /// <param name="digest">Of the body, when all of it was read.</param>
    private async Task TakeAsync(Call call, string? key, Envelope envelope, Stream mail, Func<byte[]> digest)
    {
        var query = Encoding.UTF8.GetBytes(call.Context.Request.QueryString.Value ?? "");
        if (key is not null && await FindAsync(call, key) is { } known)
        {
            await mail.CopyToAsync(Stream.Null, call.Aborted);
            Check(known, KeyFor(key)!);
            await AnswerAsync(call, known.Id, known.Recipients.Count, isRepeated: true);
            return;
        }

        var taken = await doors.Take(envelope,
            () => new Origin("api", call.Caller.Client, null, call.Caller.Name, Protocol(call)) { Key = KeyFor(key) },
            mail, call.Aborted);
        if (taken.Id is not { } id)
            throw Refused(taken.Reply);
        ApiLog.Taken(log, id, call.Caller.Name, envelope.Recipients.Count);
        await AnswerAsync(call, id, envelope.Recipients.Count, isRepeated: false);

        OwnKey? KeyFor(string? text) => text is null ? null
            : new OwnKey(text, Convert.ToHexStringLower(SHA256.HashData([.. digest(), .. query]).AsSpan(0, 16)));
    }

    private async Task<MailRecord?> FindAsync(Call call, string key)
    {
        var index = doors.Spool.Index;
        using var patience = new CancellationTokenSource(Patience, doors.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, patience.Token);
        try
        {
            await index.CaughtUpAsync(either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new ApiProblem(503, "the index is behind: whether this mail was taken before cannot be told yet",
                "Nothing was taken: hand it over again in a while, under the same key.")
            {
                Field = ("Retry-After", "10"),
            };
        }

        return index.FindKey(call.Caller.Name, key) is { } id && index.Show(id) is { } mail
            && mail.AcceptedAt > doors.Time.GetUtcNow() - KeyHolds ? mail : null;
    }

    private static void Check(MailRecord known, OwnKey key)
    {
        if (known.Origin.Key?.Digest != key.Digest)
            throw new ApiProblem(422, $"under the key {key.Text} another mail was handed over: {known.Id}",
                "Give each mail a key of its own, and repeat it with the same one only as it was.");
    }

    private static async Task AnswerAsync(Call call, MailId id, int recipients, bool isRepeated)
    {
        var response = call.Context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.Location = $"/api/v1/mails/{id}";
        await call.WriteAsync(new MessageAnswer(id.ToString(), recipients) { Repeated = isRepeated ? true : null },
            ApiJson.Default.MessageAnswer);
    }

    private static Envelope EnvelopeOf(Call call)
    {
        var query = call.Context.Request.Query;
        if (query["from"] is not [{ } from])
            throw ApiProblem.Bad("from is missing, or there twice",
                "Say who failures go to: ?from=jira@example.com&to=alice@example.com; from= alone means nobody.");
        return LetterWriter.EnvelopeOf(from, [.. query["to"].OfType<string>().Where(to => to.Length > 0)]);
    }

    private static void Allow(Call call, long octets)
    {
        if (call.Context.Request.ContentLength > octets)
            throw new ApiProblem(413, "the mail is too large", $"At most {octets} octets are taken this way.");
        if (call.Context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bound)
            bound.MaxRequestBodySize = octets;
    }

    /// <exception cref="ApiProblem">It is none.</exception>
    public static string? KeyOf(Call call) => call.Context.Request.Headers["Idempotency-Key"] switch
    {
        [] => null,
        [{ Length: > 0 and <= OwnKey.Longest } key] when key.All(c => c is > ' ' and < '\x7f') => key,
        _ => throw ApiProblem.Bad("Idempotency-Key is no key",
            $"Give one, of 1 to {OwnKey.Longest} visible characters of ASCII."),
    };

    // RFC 3848 has no word for HTTP; S as there, where it came by TLS.
    private static string Protocol(Call call) => call.Context.Request.IsHttps ? "HTTPS" : "HTTP";

    private static ApiProblem Refused(Reply reply) => reply.Code switch
    {
        552 => new ApiProblem(413, reply.ToString(), "[api] message_size in the configuration."),
        >= 500 => new ApiProblem(422, reply.ToString(), "The mail cannot be taken as it is."),
        _ => new ApiProblem(503, reply.ToString(), "Nothing was taken: hand it over again in a while.")
        {
            Field = ("Retry-After", "60"),
        },
    };
}
