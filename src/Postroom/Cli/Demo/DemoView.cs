using System.Globalization;
using Postroom.Api;
using Postroom.Host;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Postroom.Cli.Demo;

/// <summary>What the demo shows while it runs: a live picture on a terminal, a line now and then otherwise.</summary>
internal sealed class DemoView(Func<StatusAnswer> status, FailingHop hop, DemoApplication application)
{
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(200);
    private const int Lines = 8;
    private readonly Queue<string> _latest = new();

    /// <summary>Shows until told to stop.</summary>
    public Task ShowAsync(Screen screen, CancellationToken until) => screen.Width is null
        ? PlainAsync(screen, until)
        : AnsiConsole.Live(Picture()).AutoClear(false).StartAsync(context => LiveAsync(context, until));

    private async Task LiveAsync(LiveDisplayContext context, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            context.UpdateTarget(Picture());
            await PauseAsync(Blink, until);
        }
        context.UpdateTarget(Picture());
    }

    private async Task PlainAsync(Screen screen, CancellationToken until)
    {
        for (var last = ""; !until.IsCancellationRequested; await PauseAsync(Blink * 5, until))
        {
            while (hop.Happened.TryDequeue(out var happened))
                if (happened.StartsWith("next hop", StringComparison.Ordinal))
                    screen.Line("  " + happened);
            var line = Summary(status());
            if (line != last)
                screen.Line(line);
            last = line;
        }
    }

    private string Summary(StatusAnswer now) => $"handed over {application.HandedOver}; "
        + string.Join(", ", now.Counts.Where(c => c.Value > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value}")))
        + string.Concat(now.Routes.Where(r => r.Paused).Select(r => $"; {r.Route} paused: {SafeText.Of(r.Cause?.Diagnostic)}"));

    private Rows Picture()
    {
        var now = status();
        while (hop.Happened.TryDequeue(out var happened))
        {
            _latest.Enqueue(happened);
            if (_latest.Count > Lines)
                _latest.Dequeue();
        }
        var states = new Table().Border(TableBorder.Rounded).AddColumns("handed over", "waiting", "trying", "delivered", "failed", "expired");
        states.AddRow(Cell("white", application.HandedOver), Cell("yellow", now.Counts["waiting"]), Cell("aqua", now.Counts["trying"]),
            Cell("green", now.Counts["delivered"]), Cell("red", now.Counts["failed"]), Cell("red", now.Counts["expired"]));
        var parts = new List<IRenderable> { states };
        foreach (var route in now.Routes)
            parts.Add(new Markup(route.Paused
                ? $"[yellow]route {Markup.Escape(route.Route)}: paused, probing every second: {Markup.Escape(SafeText.Of(route.Cause?.Diagnostic))}[/]"
                : $"[green]route {Markup.Escape(route.Route)}: open[/], {route.InFlight} under way"));
        parts.Add(new Markup("[bold]What the next hop does to us[/]"));
        foreach (var line in _latest)
            parts.Add(new Markup("  " + Markup.Escape(SafeText.Of(line))));
        for (var i = _latest.Count; i < Lines; i++)
            parts.Add(new Text(""));
        return new Rows(parts);
    }

    private static string Cell(string colour, long number) => string.Create(CultureInfo.InvariantCulture, $"[{colour}]{number}[/]");

    private static async Task PauseAsync(TimeSpan time, CancellationToken until)
    {
        try
        {
            await Task.Delay(time, until);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            return; // one last look, then the end
        }
    }
}
