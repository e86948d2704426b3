using System.Globalization;
using Postroom.Mail;

namespace Postroom.Configuration;

/// <summary>Lays variables such as <c>POSTROOM__MODE</c> or <c>POSTROOM__ROUTE__0__HOST</c> over the tables of the
/// file.</summary>
public static class EnvironmentSource
{
    private const string Prefix = "POSTROOM__";

    /// <summary>The variable for a setting, for messages and the manual.</summary>
    public static string VariableOf(Setting setting, int index = 0) =>
        Prefix + (setting.Table.Length == 0 ? "" : setting.Table.ToUpperInvariant() + "__"
            + (SettingTable.TableNamed(setting.Table)!.Several ? index.ToString(CultureInfo.InvariantCulture) + "__"
                : ""))
        + setting.Key.ToUpperInvariant();

    public static void Apply(IReadOnlyDictionary<string, string> environment, List<RawTable> tables,
        List<Mistake> mistakes)
    {
        // In order of the names, and by number: so that ROUTE__2 finds ROUTE__1 already there, however they were set.
        var ours = environment.Where(v => v.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(v => (Name: v.Key, Parts: v.Key[Prefix.Length..].ToLowerInvariant().Split("__"), v.Value))
            .OrderBy(v => v.Parts[0], StringComparer.Ordinal)
            .ThenBy(v => v.Parts.Length > 1 && int.TryParse(v.Parts[1], CultureInfo.InvariantCulture, out var n) ? n
                : 0)
            .ThenBy(v => v.Name, StringComparer.Ordinal);
        foreach (var (name, parts, value) in ours)
        {
            var place = new Place(name);
            if (TableFor(parts, place, tables, mistakes) is { } table)
                table.Override(new RawEntry(parts[^1], new RawValue(RawKind.Written, value), place, place));
        }
    }

    private static RawTable? TableFor(string[] parts, Place place, List<RawTable> tables, List<Mistake> mistakes)
    {
        if (parts.Length == 1)
            return tables[0];
        if (SettingTable.TableNamed(parts[0]) is not { } kind || parts[0].Length == 0)
        {
            mistakes.Add(new Mistake(place, $"there is no table \"{parts[0]}\"",
                Nearest.Advice(parts[0], SettingTable.TableNames, n => Prefix + n.ToUpperInvariant() + "__…")));
            return null;
        }
        if (!kind.Several && parts.Length == 2)
        {
            var single = tables.Find(t => t.Name == kind.Name);
            return single ?? Added(tables, kind.Name, place);
        }
        var several = tables.FindAll(t => t.Name == kind.Name);
        var form = $"{Prefix}{kind.Name.ToUpperInvariant()}__{(kind.Several ? "0__" : "")}KEY";
        if (!kind.Several || parts.Length != 3
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            mistakes.Add(new Mistake(place, "it names no setting", $"the form is {form}"));
            return null;
        }
        if (index < several.Count)
            return several[index];
        if (index == several.Count)
            return Added(tables, kind.Name, place);
        mistakes.Add(new Mistake(place, $"there is no {kind.Name} number {index}",
            string.Create(CultureInfo.InvariantCulture,
                $"they count from 0, and the next free number is {several.Count}")));
        return null;
    }

    private static RawTable Added(List<RawTable> tables, string name, Place place)
    {
        var table = new RawTable(name, place);
        tables.Add(table);
        return table;
    }
}
