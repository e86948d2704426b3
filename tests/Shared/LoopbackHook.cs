using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Postroom.Shared;

/// <summary>A receiver of webhooks on this machine: keeps what comes, and answers as it is told to.</summary>
internal sealed class LoopbackHook : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<Posted> _posted = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LoopbackHook(int port)
    {
        Port = port;
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        _ = TakeAsync();
    }

    public int Port { get; }

    /// <summary>The status of the next answers, and what they say.</summary>
    public (int Status, string Words) Answer { get; set; } = (200, "ok");

    /// <summary>Where an answer of 3xx points.</summary>
    public string? Location { get; set; }

    public IReadOnlyList<Posted> Posted
    {
        get
        {
            lock (_gate)
                return [.. _posted];
        }
    }

    /// <summary>Waits until so many have come.</summary>
    public async Task<IReadOnlyList<Posted>> WaitAsync(int count, TimeSpan within)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(within);
        while (true)
        {
            Task news;
            lock (_gate)
            {
                if (_posted.Count >= count)
                    return [.. _posted];
                news = _news.Task;
            }

            try
            {
                await news.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{Posted.Count} of {count} came: {string.Join('\n', Posted.Select(one => one.Body))}");
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Close();
        return ValueTask.CompletedTask;
    }

    private async Task TakeAsync()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                var body = await reader.ReadToEndAsync();
                var (status, words) = Answer;
                context.Response.StatusCode = status;
                if (Location is { } elsewhere)
                    context.Response.Headers["Location"] = elsewhere;
                context.Response.Close(Encoding.UTF8.GetBytes(words), willBlock: false);
                lock (_gate)
                {
                    _posted.Add(new Posted(context.Request.Url!.AbsolutePath, body, status)
                    {
                        Id = context.Request.Headers["webhook-id"],
                        Stamp = context.Request.Headers["webhook-timestamp"],
                        Signature = context.Request.Headers["webhook-signature"],
                    });
                    _news.TrySetResult();
                    _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                if (!_listener.IsListening)
                    return;
            }
        }
    }
}

/// <summary>Something that was posted.</summary>
internal sealed record Posted(string Path, string Body, int Answered)
{
    public string? Id { get; init; }

    public string? Stamp { get; init; }

    public string? Signature { get; init; }

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>A text within the body.</summary>
    public string? Text(params string[] path) => path.Aggregate(Json, (at, name) => at.GetProperty(name)).GetString();

    /// <summary>Whether it is signed with this key, as Standard Webhooks says it: written down here on its
    /// own.</summary>
    public bool IsSignedWith(byte[] key)
    {
        using var mac = new HMACSHA256(key);
        var sum = mac.ComputeHash(Encoding.UTF8.GetBytes($"{Id}.{Stamp}.{Body}"));
        return Signature == "v1," + Convert.ToBase64String(sum);
    }
}
