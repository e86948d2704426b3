using System.Net;
using System.Net.Sockets;
using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class DescriptorsRunOut
{
    private const int Descriptors = 128;
    private const int Connections = 200;

    // The configuration allows many more than there are descriptors.
    private const string Many = "connections = 10000\nconnections_per_source = 10000";

    [Fact]
    public async Task Whoever_is_one_too_many_is_told_to_come_back_and_the_mail_of_the_others_goes_through()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay { By = ["prlimit", $"--nofile={Descriptors}:{Descriptors}"] };
        await relay.StartAsync(relay.Live(sink.Port, listener: Many));
        var load = new Load(relay);
        await using (var early = await SmtpClient.ConnectAsync(relay.Port))
        {
            var crowd = new List<Socket>();
            var greetings = new List<string>();
            for (var i = 0; i < Connections; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                crowd.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, relay.Port, TestContext.Current.CancellationToken);
                greetings.Add(await GreetingAsync(socket));
            }

            Assert.Contains("220", greetings);
            Assert.Contains("421", greetings);
            Assert.All(greetings, g => Assert.Contains(g, (string[])["220", "421"]));
            Assert.Equal("cut", await load.OnceAsync()); // it was told so instead of a greeting

            // Who was there before them is served, his mail delivered, and the operator's questions are answered.
            Assert.StartsWith("250", await early.SendAsync(Mails.Notification("EARLY")), StringComparison.Ordinal);
            await sink.WaitAsync(1, relay);
            await relay.FindAsync("state:delivered", 1);
            crowd.ForEach(socket => socket.Dispose());
        }

        while (!(await load.OnceAsync()).StartsWith("250", StringComparison.Ordinal))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await sink.WaitAsync(2, relay);
        Assert.Equal(0, await relay.StopAsync());
    }

    private static async Task<string> GreetingAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        var greeting = new byte[256];
        var count = await socket.ReceiveAsync(greeting, limit.Token);
        return Encoding.ASCII.GetString(greeting, 0, Math.Min(count, 3));
    }
}
