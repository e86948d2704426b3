using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Postroom.Mail;
using Postroom.Relay.Vault;

namespace Postroom.Relay.Postmaster.Receivers;

/// <summary>Posts notices to a webhook, Slack or Teams.</summary>
/// <remarks>
/// <para>Signed as Standard Webhooks 1.0 asks: <c>webhook-id</c>, the same at every try; <c>webhook-timestamp</c>,
/// seconds of UNIX time of this try; <c>webhook-signature: v1,</c> and the base64 of HMAC-SHA256 over
/// <c>id.timestamp.body</c>. A key that begins with <c>whsec_</c> is base64 from there on, any other is its
/// octets.</para>
/// <para>Address and key are fetched from the vault for each try: a corrected one heals without a restart.</para>
/// </remarks>
internal static class WebReceiver
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const int LongestAnswer = 300;

    /// <summary>Tries once.</summary>
    public static async Task<Told> TellAsync(
        Receiver receiver, Notice notice, ReceiverNeeds needs, CancellationToken stop)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        var cancel = either.Token; // of all of it: who sends a header and then nothing holds up nobody
        try
        {
            if (AddressOf(receiver, needs.Vault) is not { } url)
                return new Told(false, $"The secret {receiver.UrlSecret} is no http or https address.");
            if (IPAddress.TryParse(url.DnsSafeHost, out var literal) && !GuardedHttp.MayBe(literal))
                return new Told(false, GuardedHttp.NoPlace(url.DnsSafeHost)); // a proxy would go there for us
            var body = receiver.Kind switch
            {
                ReceiverKind.Slack => Bodies.OfSlack(notice, needs.HostName),
                ReceiverKind.Teams => Bodies.OfTeams(notice, needs.HostName),
                _ => Bodies.OfWebhook(notice, needs.HostName),
            };
            using var http = GuardedHttp.Make(receiver.TrustFile, Patience);
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            request.Headers.TryAddWithoutValidation("User-Agent", "Postroom");
            if (receiver.Kind == ReceiverKind.Webhook)
                Sign(request, notice.Id, body, receiver.Key is { } key ? needs.Vault.Open(key) : null,
                    needs.Time.GetUtcNow());
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return await ReadAsync(answer, receiver.UrlSecret is null ? null : url, cancel);
        }
        catch (VaultException e)
        {
            return new Told(false, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or CryptographicException
            || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return new Told(false, e is OperationCanceledException
                ? $"No answer within {Patience.TotalSeconds:0} seconds."
                : AppFacts.Text(e.InnerException?.Message ?? e.Message) ?? "no answer");
        }
    }

    private static void Sign(
        HttpRequestMessage request, string id, byte[] body, Secret? key, DateTimeOffset now)
    {
        var stamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", stamp);
        if (key is null)
            return;
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{stamp}."), .. body];
        request.Headers.Add("webhook-signature",
            $"v1,{Convert.ToBase64String(HMACSHA256.HashData(KeyOf(key.Reveal()), signed))}");
    }

    private static byte[] KeyOf(string key)
    {
        const string prefix = "whsec_";
        if (!key.StartsWith(prefix, StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(key);
        var octets = new byte[key.Length];
        return Convert.TryFromBase64String(key[prefix.Length..], octets, out var length)
            ? octets[..length]
            : Encoding.UTF8.GetBytes(key);
    }

    private static Uri? AddressOf(Receiver receiver, SecretVault vault) =>
        receiver.Url ?? (receiver.UrlSecret is { } name
            && Uri.TryCreate(vault.Open(name).Reveal().Trim(), UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https" ? url : null);

    // What it answers is a stranger's: a line of it, for people.
    private static async Task<Told> ReadAsync(HttpResponseMessage answer, Uri? hidden, CancellationToken cancel)
    {
        var words = AppFacts.Text(await WordsOfAsync(answer, cancel));
        if (hidden is not null && words is not null) // it may answer what it was asked
            foreach (var part in hidden.Segments.Select(one => one.Trim('/')).Append(hidden.Query)
                .Where(one => one.Length > 3))
                words = words.Replace(part, "•••", StringComparison.OrdinalIgnoreCase);
        var told = answer.IsSuccessStatusCode;
        return new Told(told, $"{(int)answer.StatusCode} {words ?? answer.ReasonPhrase}".TrimEnd())
        {
            // This notice is not wanted: another try would be the same. What is wrong with the address or the key a
            // person may correct, and it is tried on.
            IsHopeless = answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge
                or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity,
            RetryAfter = answer.Headers.RetryAfter?.Delta,
        };
    }

    // The status has decided: words that do not come, or break off, are no words.
    private static async Task<string?> WordsOfAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var octets = new byte[LongestAnswer];
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            var read = await body.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, cancel);
            return Encoding.UTF8.GetString(octets, 0, read);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}

/// <summary>How a try went.</summary>
/// <param name="IsTold">Whether the receiver took it.</param>
/// <param name="Words">What it said, or why it could not be asked.</param>
internal sealed record Told(bool IsTold, string Words)
{
    /// <summary>It refuses this one for good.</summary>
    public bool IsHopeless { get; init; }

    /// <summary>When it wants to be asked again.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
