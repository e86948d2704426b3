using System.Diagnostics;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Six applications before a relay and a next hop behind it, while it is killed over and over.</summary>
/// <param name="port">Where the relay listens.</param>
/// <param name="book">Where all is entered.</param>
internal sealed class Traffic(int port, Book book) : IAsyncDisposable
{
    /// <summary>The bounds of a route as shipped: <c>connections</c> and <c>in_flight</c>.</summary>
    public const int Connections = 16, InFlight = 4;

    private readonly List<int> _inFlight = [];
    private List<Task> _clients = [];
    private bool _isOver;

    public Book Book { get; } = book;

    public LoadSink Hop { get; } = new(book);

    public int Crashes => _inFlight.Count;

    /// <summary>What every failed assertion has to say: the dice, the relay's log.</summary>
    public Func<string> Told { get; init; } = () => "";

    public void Start(Action<TimeSpan>? timed = null, int mostMissing = int.MaxValue)
    {
        Volatile.Write(ref _isOver, false);
        _clients = [.. LoadClient.Six(port, Book, timed, mostMissing)
            .Select(c => c.RunAsync(() => Volatile.Read(ref _isOver)))];
    }

    /// <summary>Lets every application finish the mail it is at.</summary>
    public async Task StopAsync()
    {
        Volatile.Write(ref _isOver, true);
        await Task.WhenAll(_clients);
        _clients = [];
    }

    /// <summary>Waits until so many more mails have their 250.</summary>
    public async Task BusyAsync(int more)
    {
        var (goal, since) = (Book.Acknowledged + more, Stopwatch.StartNew());
        for (var before = Book.Acknowledged; Book.Acknowledged < goal;
            await Task.Delay(1, TestContext.Current.CancellationToken))
        {
            if (_clients.Find(c => c.IsFaulted) is { } failed)
                await failed;
            if (Book.Acknowledged != before)
                (before, since) = (Book.Acknowledged, Stopwatch.StartNew());
            Assert.True(since.Elapsed < Shell.Limit, $"no mail is acknowledged any more\n{Told()}");
        }
    }

    /// <summary>Waits until mail is acknowledged, and then so long: the moment is random, whoever is fast.</summary>
    public async Task BusyForAsync(TimeSpan time)
    {
        await BusyAsync(1);
        await Task.Delay(time, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until so many more have arrived, or all that is acknowledged.</summary>
    public async Task ArrivedAsync(int more)
    {
        var (goal, since) = (Book.Arrived + more, Stopwatch.StartNew());
        while (Book.Arrived < goal && Book.Missing > 0)
        {
            Assert.True(since.Elapsed < Shell.Limit, $"no mail arrives any more\n{Told()}");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>To be called when the relay is gone, and before it is started again.</summary>
    public async Task CrashedAsync() => _inFlight.Add(await Hop.CrashedAsync(_inFlight.Count, InFlight));

    /// <summary>
    /// Nothing lost, torn or misnamed; twice came only what was in flight at a crash: the last mails of a connection
    /// that the crash ended, no more of each than the route's bound (promise 3).
    /// </summary>
    public IReadOnlyList<Doubled> Judge()
    {
        Assert.True(Book.Lost().Count == 0, $"lost: {string.Join(", ", Book.Lost().Take(20))}\n{Told()}");
        Assert.True(Book.Wrong.Count == 0, $"{string.Join('\n', Book.Wrong.Take(5))}\n{Told()}");
        Assert.True(Book.Misnamed().Count == 0, $"{string.Join('\n', Book.Misnamed().Take(5))}\n{Told()}");
        var doubled = Book.Doubled();
        var free = doubled.Where(d => !d.Early.Connection.WasInFlight(d.Early.Place, InFlight)).ToList();
        Assert.True(free.Count == 0, $"came twice without having been in flight at a crash: {string.Join(", ",
            free.Take(10).Select(d => $"{d.Id}, {d.Early.Place} of {d.Early.Connection.Taken}"))}\n{Told()}");
        foreach (var crash in doubled.GroupBy(d => d.Early.Connection.Crash!.Value))
            Assert.True(crash.Count() <= Math.Min(_inFlight[crash.Key], Connections * InFlight),
                $"crash {crash.Key}: {crash.Count()} came twice, {_inFlight[crash.Key]} were in flight\n{Told()}");
        return doubled;
    }

    /// <summary>The relay says of each that came twice that it is in doubt, as often as it came again.</summary>
    public async Task AnnouncedAsync(RealRelay relay)
    {
        foreach (var mail in Book.Doubled().GroupBy(d => d.Id))
        {
            var kinds = (await relay.AskAsync("queue", "show", mail.Key)).Kinds().ToList();
            Assert.True(kinds.Count(k => k == "indoubt") >= mail.Count(),
                $"{mail.Key} came {mail.Count() + 1} times, and its trail is {string.Join(", ", kinds)}\n{Told()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isOver, true);
        await Hop.DisposeAsync();
    }
}
