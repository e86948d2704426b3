using System.Globalization;
using System.Net.Sockets;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A process that is killed while its refresh token is exchanged for the next one.</summary>
public sealed class TokenIsRotated
{
    [Fact]
    public async Task A_kill_at_any_moment_leaves_a_refresh_token_that_lives() => await KillAsync(rounds: 15);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Two_hundred_kills_at_any_moment_leave_a_refresh_token_that_lives()
    {
        var (answered, cut) = await KillAsync(rounds: 200);
        Figures.Note("kill during token rotation", string.Create(CultureInfo.InvariantCulture,
            $"200 kills -9, {cut} of them between the request and its answer, {answered - cut} within 40 ms after it: "
            + $"the refresh token that was kept lived every time, and all mail was delivered"));
    }

    // The authorization server takes the old token back as soon as an access token issued beside its successor is used.
    private static async Task<(int Answered, int Cut)> KillAsync(int rounds)
    {
        await using var hop = new OAuthHop();
        hop.Write(probe: "1s");
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        await hop.SetAsync("oauth.hop", hop.Idp.Consent());
        var dice = new Random(4711);
        var (answered, cut) = (0, 0);
        await hop.Relay.StartAsync();
        for (var round = 0; answered < rounds; round++)
        {
            // Before the answer goes out, or some moments after: at the write, at the login, at the mail.
            var isBefore = dice.Next(4) == 0;
            var later = dice.NextDouble() * 40;
            var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            hop.Idp.BeforeAnswer = () =>
            {
                if (isBefore)
                    hop.Relay.Process.Kill();
                else
                    _ = Task.Delay(TimeSpan.FromMilliseconds(later)).ContinueWith(_ => hop.Relay.Process.Kill(),
                        TaskScheduler.Default);
                killed.TrySetResult();
            };
            var isAccepted = await IsAcceptedAsync(hop, round); // and then it logs in, or it has for a mail before

            // A mail that the last kill left unrecorded may have brought a token before: then nobody asks for one.
            var arrived = hop.Sink.WaitAsync(all => all.Any(a => Mails.IsAbout($"PROJ-{round}", a.Bytes)),
                $"the mail of round {round}", hop.Relay);
            if (await Task.WhenAny(killed.Task, arrived) == killed.Task)
            {
                await hop.Relay.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
                answered++;
                cut += isBefore ? 1 : 0;
                hop.Idp.BeforeAnswer = () => { };
                await hop.Relay.StartAsync();
                Assert.True(isAccepted || await IsAcceptedAsync(hop, round));
            }

            hop.Idp.BeforeAnswer = () => { };
            await arrived;
            await hop.Relay.KillAsync(); // the next life has no token, and asks for one
            await hop.Relay.StartAsync();
        }

        Assert.DoesNotContain("invalid_grant", hop.Relay.Printed, StringComparison.Ordinal);
        return (answered, cut);
    }

    // False if the kill came first.
    private static async Task<bool> IsAcceptedAsync(OAuthHop hop, int round)
    {
        try
        {
            await using var client = await SmtpClient.ConnectAsync(hop.Relay.Port);
            await client.SayAsync("EHLO app.example.test");
            return (await client.SendAsync(Mails.Notification($"PROJ-{round}"))).StartsWith('2');
        }
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            return false;
        }
    }
}
