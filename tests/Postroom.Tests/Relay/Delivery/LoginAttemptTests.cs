using System.Text;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>A provider counts logins: how many are tried, and when.</summary>
public sealed class LoginAttemptTests : IDisposable
{
    private readonly string _password = Path.GetTempFileName();
    private int _logins;
    private string _right = "right";
    private string _refusal = "535 5.7.8 Bad credentials";

    private Route Busy => CourierHouse.Plain with
    {
        Connections = 16,
        InFlight = 1,
        AllowClearTextPassword = true,
        Account = new AccountReference("app", _password, null),
    };

    public void Dispose() => File.Delete(_password);

    [Fact]
    public async Task However_much_waits_a_wrong_password_is_tried_once_and_then_only_by_probes()
    {
        await File.WriteAllTextAsync(_password, "wrong", TestContext.Current.CancellationToken);
        var peer = Peer();
        await using var house = new CourierHouse(peer, Busy);
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 500).Select(_ => house.SendAsync("x\r\n", "a@example.org")));
        Assert.All(outcomes, outcome => Assert.Equal(Fault.Account, outcome.Results[0].Failure!.Fault));
        Assert.Equal(1, Volatile.Read(ref _logins));

        Assert.NotNull(await house.Courier.ProbeAsync(CancellationToken.None));
        using var again = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal("5.7.8", again.Results[0].Failure!.Status.ToString());
        Assert.Equal(2, Volatile.Read(ref _logins));

        _right = "wrong"; // the provider came round
        Assert.Null(await house.Courier.ProbeAsync(CancellationToken.None));
        using var taken = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Null(taken.Results[0].Failure);
    }

    [Fact]
    public async Task A_password_that_is_refused_beside_connections_that_work_stops_the_account_too()
    {
        await File.WriteAllTextAsync(_password, "right", TestContext.Current.CancellationToken);
        var peer = Peer();
        await using var house = new CourierHouse(peer, Busy);
        using var first = await house.SendAsync("x\r\n", "a@example.org"); // its slot is taken until it is recorded
        _right = "changed";
        using var second = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(Fault.Account, second.Results[0].Failure!.Fault);
        using var third = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(Fault.Account, third.Results[0].Failure!.Fault);
        Assert.Equal(2, Volatile.Read(ref _logins));
    }

    [Fact]
    public async Task A_login_refused_for_now_beside_connections_that_work_means_only_no_more_of_them()
    {
        await File.WriteAllTextAsync(_password, "right", TestContext.Current.CancellationToken);
        var peer = Peer();
        await using var house = new CourierHouse(peer, Busy);
        using var first = await house.SendAsync("x\r\n", "a@example.org");
        (_right, _refusal) = ("changed", "454 4.7.0 Too many login attempts, please try again later");
        var second = house.SendAsync("x\r\n", "a@example.org");
        while (Volatile.Read(ref _logins) < 2)
            await Task.Yield();
        first.Dispose(); // recorded: its connection takes the next
        using var outcome = await second;
        Assert.Null(outcome.Results[0].Failure);
        Assert.Equal(2, Volatile.Read(ref _logins));
    }

    [Fact]
    public async Task Once_a_login_was_taken_there_are_as_many_connections_as_the_route_allows()
    {
        await File.WriteAllTextAsync(_password, "right", TestContext.Current.CancellationToken);
        var peer = Peer();
        await using var house = new CourierHouse(peer, Busy);
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => house.SendAsync("x\r\n", "a@example.org")));
        Assert.All(outcomes, outcome => Assert.Null(outcome.Results[0].Failure));
        Assert.Equal(16, Volatile.Read(ref _logins)); // none is recorded yet, so each has its own
    }

    [Fact]
    public async Task Where_all_connections_have_ended_a_login_that_was_taken_once_proves_nothing()
    {
        await File.WriteAllTextAsync(_password, "right", TestContext.Current.CancellationToken);
        var peer = Peer();
        await using var house = new CourierHouse(peer, Busy);
        using (await house.SendAsync("x\r\n", "a@example.org"))
        {
        }

        house.Time.Advance(TimeSpan.FromSeconds(31)); // idle: closed
        while (!peer.Lines.ToArray().Contains("QUIT"))
            await Task.Yield();
        (_right, _logins) = ("changed", 0);
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(_ => house.SendAsync("x\r\n", "a@example.org")));
        Assert.All(outcomes, outcome => Assert.Equal(Fault.Account, outcome.Results[0].Failure!.Fault));
        Assert.Equal(1, Volatile.Read(ref _logins));
    }

    private ScriptedPeer Peer() => new()
    {
        Offer = ["PIPELINING", "AUTH PLAIN"],
        Script = line => !line.StartsWith("AUTH", StringComparison.Ordinal) ? null
            : Interlocked.Increment(ref _logins) > 0
                && line == "AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0app\0{_right}"))
                ? "235 2.7.0 Welcome"
                : _refusal,
    };
}
