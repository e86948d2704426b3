using System.Collections.Concurrent;
using System.Net.Sockets;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Clients that send mail after mail; what each was answered is noted.</summary>
internal sealed class Load(RealRelay relay, Func<string, byte[]>? mail = null)
{
    private readonly Func<string, byte[]> _mail = mail ?? Mails.Notification;
    private readonly ConcurrentDictionary<string, byte> _accepted = new();
    private readonly ConcurrentDictionary<string, int> _answers = new();
    private int _next;

    /// <summary>The mails that got a 250.</summary>
    public ICollection<string> Accepted => _accepted.Keys;

    /// <summary>How often each answer came, by its code; "cut" for none.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    /// <summary>Mails sent, whatever became of them.</summary>
    public int Sent => Volatile.Read(ref _next);

    public int Count(string answer) => _answers.GetValueOrDefault(answer);

    /// <summary>Sends until it is enough, over some connections; a connection that is cut is made again.</summary>
    public Task RunAsync(int clients, Func<bool> isEnough) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => SendAsync(isEnough))));

    /// <summary>One mail over a connection of its own; gives the answer, whole.</summary>
    public async Task<string> OnceAsync()
    {
        var key = $"L-{Interlocked.Increment(ref _next)}";
        try
        {
            await using var client = await SmtpClient.ConnectAsync(relay.Port);
            return Note(key, await client.SendAsync(_mail(key)));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return Note(key, "cut");
        }
    }

    /// <summary>All that was acknowledged is there, octet for octet, and nothing that was not sent.</summary>
    public async Task AllArrivesAsync(Sink sink)
    {
        var arrived = await sink.WaitAsync(
            all => Accepted.ToHashSet().IsSubsetOf(all.Select(a => Mails.KeyOf(a.Bytes))),
            $"{Accepted.Count} that were acknowledged", relay);
        Assert.All(arrived, a => Mails.ArrivedUnchanged(_mail(Mails.KeyOf(a.Bytes)), a.Bytes));
    }

    private async Task SendAsync(Func<bool> isEnough)
    {
        while (!isEnough())
            try
            {
                await using var client = await SmtpClient.ConnectAsync(relay.Port);
                while (!isEnough())
                {
                    var key = $"L-{Interlocked.Increment(ref _next)}";
                    var reply = Note(key, await client.SendAsync(_mail(key)));
                    if (reply[0] is '4' or '5')
                        await client.SayAsync("RSET");
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Note("", "cut");
                await Task.Delay(20, TestContext.Current.CancellationToken); // it may be starting again
            }
    }

    private string Note(string key, string reply)
    {
        if (reply.StartsWith("250", StringComparison.Ordinal))
            _accepted[key] = 0;
        _answers.AddOrUpdate(reply[..3], 1, (_, n) => n + 1);
        return reply;
    }
}
