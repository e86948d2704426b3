using System.Globalization;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;
using Postroom.Mail;

namespace Postroom.Configuration;

/// <summary>Reads a TOML text into raw tables, from the syntax tree: all its mistakes at once, each with its
/// place.</summary>
public static class TomlSource
{
    public static List<RawTable> Read(string text, string name, List<Mistake> mistakes)
    {
        var root = new RawTable("", new Place(name, 1, 1));
        var tables = new List<RawTable> { root };
        if (Parsed(text, name, mistakes) is not { } document)
            return tables;
        foreach (var diagnostic in document.Diagnostics)
            mistakes.Add(new Mistake(PlaceOf(diagnostic.Span, name), Plain(diagnostic.Message)));

        foreach (var pair in document.KeyValues)
            AddPair(root, pair, name, mistakes);
        foreach (var table in document.Tables)
            AddTable(tables, table, name, mistakes);
        return tables;
    }

    // The library throws where a text ends behind a backslash, and says neither that nor where.
    private static DocumentSyntax? Parsed(string text, string name, List<Mistake> mistakes)
    {
        try
        {
            return SyntaxParser.Parse(text, name);
        }
        catch (ArgumentOutOfRangeException)
        {
            var end = text.Split('\n');
            mistakes.Add(new Mistake(new Place(name, end.Length, end[^1].Length + 1),
                "not TOML: a text with a backslash is not ended", "close its quotes, or write 'single' ones"));
            return null;
        }
        catch (TomlException e)
        {
            mistakes.Add(new Mistake(Deepest(text, name), $"not TOML that can be read: {e.Message.Split(". ")[0]}",
                "no setting needs brackets within brackets within brackets"));
            return null;
        }
    }

    // Where more brackets are open than the library follows; the end of the text if it meant something else.
    private static Place Deepest(string text, string name)
    {
        const int most = 64;
        var (depth, line, column) = (0, 1, 0);
        foreach (var c in text)
        {
            column++;
            depth += c is '[' or '{' ? 1 : c is ']' or '}' ? -1 : 0;
            if (depth > most)
                break;
            if (c == '\n')
                (line, column) = (line + 1, 0);
        }

        return new Place(name, line, Math.Max(column, 1));
    }

    private static void AddTable(List<RawTable> tables, TableSyntaxBase syntax, string name, List<Mistake> mistakes)
    {
        var place = PlaceOf(syntax.Span, name);
        var key = syntax.Name is null ? "" : TextOf(syntax.Name);
        var several = syntax is TableArraySyntax;
        if (SettingTable.TableNamed(key) is not { } known)
        {
            mistakes.Add(new Mistake(place, $"unknown table {Brackets(key, several)}",
                Nearest.Advice(key, SettingTable.TableNames, n => Brackets(n, SettingTable.TableNamed(n)!.Several))));
            return;
        }
        if (known.Several != several)
            mistakes.Add(new Mistake(place, $"{Brackets(key, several)} has the wrong brackets",
                $"write {Brackets(key, known.Several)}"));
        else if (!several && tables.Exists(t => t.Name == key))
            mistakes.Add(new Mistake(place, $"a second {Brackets(key, false)}", "put its keys into the first"));

        var table = new RawTable(key, place);
        foreach (var pair in syntax.Items)
            AddPair(table, pair, name, mistakes);
        tables.Add(table);
    }

    private static void AddPair(RawTable table, KeyValueSyntax pair, string name, List<Mistake> mistakes)
    {
        if (pair.Key is null || pair.Value is null)
            return; // the parser has said what is wrong with this line
        var entry = new RawEntry(TextOf(pair.Key), ValueOf(pair.Value),
            PlaceOf(pair.Key.Span, name), PlaceOf(pair.Value.Span, name));
        // The parser itself reports a key that stands twice in some places; say it once.
        if (!table.Add(entry) && !mistakes.Exists(m => m.Place == entry.KeyPlace))
            mistakes.Add(new Mistake(entry.KeyPlace, $"\"{entry.Key}\" stands here a second time", "keep one"));
    }

    private static RawValue ValueOf(ValueSyntax value) => value switch
    {
        StringValueSyntax s => new RawValue(RawKind.Text, s.Value ?? ""),
        IntegerValueSyntax i => new RawValue(RawKind.Whole, i.Value.ToString(CultureInfo.InvariantCulture)),
        BooleanValueSyntax b => new RawValue(RawKind.Switch, b.Value ? "true" : "false"),
        ArraySyntax a => new RawValue(RawKind.List, "",
            [.. a.Items.Where(i => i.Value is not null).Select(i => ValueOf(i.Value!))]),
        _ => new RawValue(RawKind.Other, value.ToString().Trim()),
    };

    private static string TextOf(KeySyntax key)
    {
        var text = TextOf(key.Key);
        foreach (var dotted in key.DotKeys)
            text += "." + TextOf(dotted.Key);
        return text;
    }

    private static string TextOf(BareKeyOrStringValueSyntax? part) => part switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax quoted => quoted.Value ?? "",
        _ => "",
    };

    private static string Brackets(string name, bool several) => several ? $"[[{name}]]" : $"[{name}]";

    private static Place PlaceOf(SourceSpan span, string name) => new(name, span.Start.Line + 1, span.Start.Column + 1);

    // The library ends its messages with a full stop or a line break now and then; ours never do.
    private static string Plain(string message) =>
        "not TOML: " + message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
