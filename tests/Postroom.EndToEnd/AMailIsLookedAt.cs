using System.Globalization;
using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Mail that means harm is shown in a real browser, for which all names of the world are one server.</summary>
public sealed class AMailIsLookedAt
{
    private static readonly string[] Shapes = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hostile.txt"))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_in_it_runs_and_nothing_is_fetched_by_either_fence_alone_or_both()
    {
        await using var world = new World();
        await using var kiosk = new Kiosk(Ports.Free());
        await using var browser = await Browser.StartAsync(world.Port);
        var pages = await ShownAsync();

        // As the sender meant it: this is what a browser does with it, and that it is noticed here.
        var ran = await LookAsync("raw", static (raw, _) => new Display(raw));
        Assert.True(ran.Count > 20, $"of {Shapes.Length} ran: {string.Join(' ', ran)}");
        Assert.True(world.Asked.Count > 30, $"of {Shapes.Length} fetched {world.Asked.Count}");
        Assert.NotEmpty(kiosk.Strange);

        var (before, strange) = (world.Asked.Count, kiosk.Strange.Count);
        Assert.Empty(await LookAsync("policy", static (raw, shown) => shown with { Html = raw }));
        Assert.Empty(await LookAsync("html", static (_, shown) => new Display(shown.Html)));
        Assert.Empty(await LookAsync("both", static (_, shown) => shown));
        Assert.All(world.Asked.Skip(before), static one => Assert.Contains("sentinel", one, StringComparison.Ordinal));
        Assert.Equal(3, world.Asked.Count - before);
        Assert.Equal(strange, kiosk.Strange.Count);

        async Task<List<int>> LookAsync(string how, Func<string, Display, Display> display)
        {
            var hit = new List<int>();
            for (var i = 0; i < Shapes.Length; i++)
            {
                await browser.OpenAsync(kiosk.Put($"{how}/{i}", display(Shapes[i], pages[i])));
                if (await browser.EvaluateAsync("window.hit") != "undefined")
                    hit.Add(i);
            }

            // What comes last tells that all before it would have come.
            var last = new Display($"<img src=http://sentinel.example/end-{how}>");
            await browser.OpenAsync(kiosk.Put($"{how}/end", last));
            await world.WaitAsync($"/end-{how}", Patience);
            return hit;
        }
    }

    // Each as a mail of its own, through the relay and back.
    private static async Task<IReadOnlyList<Display>> ShownAsync()
    {
        await using var relay = new RealRelay();
        await relay.StartAsync(relay.Live(Ports.Free()).Replace("mode = \"live\"", "mode = \"capture\"",
            StringComparison.Ordinal));
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            for (var i = 0; i < Shapes.Length; i++)
                Assert.StartsWith("250", await client.SendAsync(Encoding.UTF8.GetBytes(string.Join("\r\n",
                    "From: <app@example.com>", string.Create(CultureInfo.InvariantCulture, $"Subject: {i}"),
                    "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64",
                    "", Convert.ToBase64String(Encoding.UTF8.GetBytes(Shapes[i])), ""))), StringComparison.Ordinal);
        using var questions = new Questions(relay);
        var mails = await questions.RecipientsAsync();
        while (mails.Count < Shapes.Length)
            mails = await questions.RecipientsAsync();
        var shown = new Display[Shapes.Length];
        foreach (var mail in mails)
            shown[int.Parse(mail.GetProperty("subject").GetString()!, CultureInfo.InvariantCulture)] =
                await questions.PageAsync(mail.GetProperty("id").GetString()!);
        return shown;
    }
}
