using Microsoft.Extensions.Logging;
using Postroom.Relay.OAuth;

namespace Postroom.Host;

/// <summary>Keeps consents alive that nothing else uses.</summary>
internal static class Consents
{
    // Where nobody consented it sleeps a day all the same: accounts come with a reload.
    public static async Task KeepAsync(
        TokenBook tokens, Clones clones, TimeProvider time, ILogger log, CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                // Not a copy's: whoever renews a consent may end the one that its original has.
                if (!clones.IsForeign)
                    foreach (var refused in await tokens.KeepAliveAsync(closing))
                        HostLog.ConsentIdles(log, refused);
            }
            catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException)
            {
                HostLog.ConsentIdles(log, e.Message); // tomorrow is another day
            }

            await Task.WhenAny(Task.Delay(TimeSpan.FromDays(1), time, closing));
        }
    }
}
