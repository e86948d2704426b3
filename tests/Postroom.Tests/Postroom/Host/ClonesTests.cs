using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail.Alarms;
using Postroom.Mail.Sandbox;
using Postroom.Tests.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Program.Host;

public sealed class ClonesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-clones-").FullName;
    private readonly RealWorld _world = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_copy_tells_webhooks_that_it_is_one_and_nobody_anything_else()
    {
        var all = ConfigurationReader.Read(new ConfigurationSource($"""
            data = '{_folder}'
            mode = "live"
            [[route]]
            name = "upstream"
            host = "mail.example.com"
            [[receiver]]
            name = "duty"
            url = "https://hooks.example.com/x"
            [[receiver]]
            name = "only-stuck"
            url = "https://hooks.example.com/y"
            alarms = ["mail-stuck"]
            [[receiver]]
            name = "by-mail"
            kind = "mail"
            route = "upstream"
            to = ["ops@example.com"]
            """, "postroom.toml", new Dictionary<string, string>(), "machine.example", _folder));
        Assert.True(all.Configuration is not null, string.Join("\n", all.Mistakes));
        var settings = all.Configuration.Postmaster;
        var machine = new Machine("home");
        var clones = new Clones(await _world.OpenAsync(), all.Configuration, new Wiring(
            TimeProvider.System, new Random(1), NullLoggerFactory.Instance)
        {
            Machine = (_, _) => machine,
            CourierFor = (_, _) => throw new InvalidOperationException("nothing is sent"),
            TryOut = (_, _, _, _) => throw new InvalidOperationException("nobody asked"),
            Submission = (_, _, _) => throw new InvalidOperationException("nothing comes in"),
        });
        Assert.Null(await clones.WeighAsync(mayLeave: true, isLive: true));
        Assert.Same(settings, clones.Quiet(settings));

        machine = new Machine("elsewhere");
        Assert.NotNull(await clones.WeighAsync(mayLeave: true, isLive: true));
        var told = Assert.Single(clones.Quiet(settings).Receivers);
        Assert.Equal("duty", told.Name);
        Assert.True(told.Wants(ShippedAlarms.Copy, Severity.Critical));
        Assert.False(told.Wants("mail-stuck", Severity.Critical));
    }
}
