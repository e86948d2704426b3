using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>A page, and what a browser is told that it may do with it.</summary>
internal sealed record Display(string Html, string? Policy = null);

/// <summary>Shows pages to a browser under the addresses they are given, and keeps what was asked for beside
/// them.</summary>
internal sealed class Kiosk : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, Display> _pages = new();
    private readonly string _at;

    public Kiosk(int port)
    {
        _at = $"http://127.0.0.1:{port}/";
        _listener.Prefixes.Add(_at);
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>What was asked for that is none of the pages.</summary>
    public ConcurrentQueue<string> Strange { get; } = new();

    /// <returns>Where it is.</returns>
    public string Put(string name, Display page)
    {
        _pages["/" + name] = page;
        return _at + name;
    }

    public ValueTask DisposeAsync()
    {
        _listener.Close();
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                var response = context.Response;
                if (!_pages.TryGetValue(context.Request.Url!.AbsolutePath, out var page))
                {
                    Strange.Enqueue(context.Request.RawUrl!);
                    response.StatusCode = 404;
                    response.Close();
                    continue;
                }

                response.ContentType = "text/html; charset=utf-8";
                if (page.Policy is { } policy)
                    response.Headers["Content-Security-Policy"] = policy;
                response.Close(Encoding.UTF8.GetBytes(page.Html), willBlock: false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The browser went on to the next page, or the kiosk is closed.
            }
        }
    }
}
