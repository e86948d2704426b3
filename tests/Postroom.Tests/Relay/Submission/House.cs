using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Relay.Submission;

namespace Postroom.Tests.Relay.Submission;

/// <summary>A server on any free port of loopback, with a folder of its own.</summary>
public sealed class House : IAsyncDisposable
{
    public static readonly ListenerSettings Plain = new("plain", "127.0.0.1:0");

    private House(string folder, TimeProvider clock, Onlooker? onlooker, IReadOnlyList<ListenerSettings> listeners)
    {
        Folder = folder;
        Spool = new MemorySpool(clock);
        Settings = new SubmissionSettings("relay.test", Path.Combine(folder, "users"), listeners);
        Server = new SubmissionServer(Settings, Spool, clock, NullLoggerFactory.Instance)
        {
            Onlooker = onlooker ?? new Onlooker(),
        };
    }

    public string Folder { get; }

    public MemorySpool Spool { get; }

    public SubmissionSettings Settings { get; }

    public SubmissionServer Server { get; }

    public EndPoint Address => Server.Bound.Values.First();

    public static Task<House> OpenAsync(params ListenerSettings[] listeners) =>
        OpenAsync(TimeProvider.System, listeners);

    public static Task<House> OpenAsync(TimeProvider clock, params ListenerSettings[] listeners) =>
        OpenAsync(clock, null, listeners);

    public static async Task<House> OpenAsync(
        TimeProvider clock, Onlooker? onlooker, params ListenerSettings[] listeners)
    {
        var folder = Directory.CreateTempSubdirectory("postroom-submission-").FullName;
        var house = new House(folder, clock, onlooker, listeners.Length > 0 ? listeners : [Plain]);
        await house.Server.StartAsync(CancellationToken.None);
        return house;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
