using System.Globalization;
using System.Text;

namespace Postroom.Cli;

/// <summary>Where a command writes: a terminal of some width with colours, or a pipe: plain, whole, one line a
/// row.</summary>
/// <param name="Out">What was asked for.</param>
/// <param name="Error">What went wrong, and notes.</param>
/// <param name="Width">Columns of the terminal; null: no terminal, nothing is cut.</param>
public sealed record Screen(TextWriter Out, TextWriter Error, int? Width)
{
    /// <summary>The colours and marks of ECMA-48 that we use.</summary>
    public bool HasColours { get; init; }

    /// <summary>What is handed in; null: a person at the keys.</summary>
    public TextReader? Input { get; init; }

    /// <summary>Standard input, output and error of this process.</summary>
    public static Screen Standard()
    {
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
        var isTerminal = !Console.IsOutputRedirected;
        return new Screen(output, Console.Error, isTerminal ? Math.Max(40, Console.WindowWidth) : null)
        {
            Input = Console.IsInputRedirected ? Console.In : null,
            // https://no-color.org and TERM=dumb: the two ways people say no.
            HasColours = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
                && Environment.GetEnvironmentVariable("TERM") is not "dumb",
        };
    }

    /// <summary>A line; on a terminal one that is too long breaks between words.</summary>
    /// <param name="hang">Where its further lines begin; else where the first does.</param>
    public void Line(string text = "", int? hang = null)
    {
        if (Width is { } width)
            text = Lines.Wrap(text, width, hang ?? text.Length - text.AsSpan().TrimStart(' ').Length);
        Out.WriteLine(text);
    }

    /// <summary>Asks for what nobody should see, twice, without echo. Backspace takes one back; Enter ends.</summary>
    /// <exception cref="CliException">The two are not the same.</exception>
    public string AskTwice(string prompt)
    {
        var typed = Ask(prompt);
        return Ask("Once more: ") == typed
            ? typed
            : throw new CliException(ExitCode.Usage, "the two are not the same; nothing was changed");
    }

    private string Ask(string prompt)
    {
        Error.Write(prompt);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        Error.WriteLine();
        return typed.ToString();
    }

    public string Bold(string text) => Coloured("1", text);

    public string Faint(string text) => Coloured("2", text);

    /// <summary>A state in its colour: green ended well, red ended badly, yellow needs a look.</summary>
    public string State(string state) => state.Trim() switch
    {
        "delivered" or "captured" => Coloured("32", state),
        "failed" or "expired" or "damaged" or "critical" => Coloured("31", state),
        "held" or "deferred" or "indoubt" or "warning" => Coloured("33", state),
        "trying" => Coloured("36", state),
        _ => state,
    };

    private string Coloured(string code, string text) => HasColours ? $"\e[{code}m{text}\e[0m" : text;

    /// <summary>Rows under headings. On a terminal they are cut to its width, least important column first.</summary>
    public void Table(IReadOnlyList<Column> columns, IReadOnlyList<string[]> rows)
    {
        var widths = new int[columns.Count];
        for (var c = 0; c < widths.Length; c++)
            widths[c] = Math.Max(columns[c].Title.Length, rows.Count == 0 ? 0 : rows.Max(r => r[c].Length));
        if (Width is { } width)
            Fit(columns, widths, width);
        Line(Bold(RowText(columns, widths, [.. columns.Select(c => c.Title)], isTitle: true)));
        foreach (var row in rows)
            Line(RowText(columns, widths, row, isTitle: false));
    }

    // First the elastic columns give way down to a width that still says something, the widest first; then columns go.
    private static void Fit(IReadOnlyList<Column> columns, int[] widths, int screen)
    {
        const int least = 12;
        int Needed() => widths.Sum() + 2 * Math.Max(0, widths.Count(w => w > 0) - 1);
        while (Needed() > screen)
        {
            var widest = -1;
            for (var c = 0; c < widths.Length; c++)
                if (columns[c].IsElastic && widths[c] > least && (widest < 0 || widths[c] > widths[widest]))
                    widest = c;
            if (widest >= 0)
            {
                widths[widest]--;
                continue;
            }
            var gone = Enumerable.Range(0, widths.Length).Where(c => widths[c] > 0).MaxBy(c => columns[c].GoesFirst);
            if (columns[gone].GoesFirst == 0)
                return; // what is left is what must be seen: let the terminal wrap it
            widths[gone] = 0;
        }
    }

    private string RowText(IReadOnlyList<Column> columns, int[] widths, string[] cells, bool isTitle)
    {
        var line = new StringBuilder();
        for (var c = 0; c < cells.Length; c++)
        {
            if (widths[c] == 0)
                continue;
            if (line.Length > 0)
                line.Append("  ");
            var cell = cells[c].Length <= widths[c] ? cells[c] : string.Concat(cells[c].AsSpan(0, widths[c] - 1), "…");
            cell = columns[c].IsNumber ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]);
            line.Append(columns[c].IsState && !isTitle ? State(cell) : cell);
        }
        return line.ToString().TrimEnd();
    }

    /// <summary>A time for people: of today without the date.</summary>
    public static string Time(DateTimeOffset at, DateTimeOffset now)
    {
        var local = at.ToOffset(now.Offset);
        return local.ToString(local.Date == now.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss",
            CultureInfo.InvariantCulture);
    }

    /// <summary>How long, in the unit that fits: <c>850 ms</c>, <c>12 s</c>, <c>5 min</c>, <c>3 h</c>, <c>2
    /// d</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture,
            $"{Math.Max(0, span.TotalMilliseconds):0} ms"),
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} d"),
    };

    public static string Size(long octets) => octets switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{octets} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{octets / 1e3:0.#} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{octets / 1e6:0.#} MB"),
    };
}

/// <summary>A column of a table.</summary>
/// <param name="GoesFirst">Where there is no room, the highest goes first; 0 never goes.</param>
public sealed record Column(string Title, int GoesFirst = 0, bool IsElastic = false, bool IsNumber = false,
    bool IsState = false);
