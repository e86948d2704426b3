using Postroom.Mail;

namespace Postroom.Configuration;

/// <summary>The values of one table, each of its setting's type; what was not written has its default.</summary>
public sealed class TableValues
{
    private readonly Dictionary<Setting, object> _values = [];
    private readonly HashSet<Setting> _idle = [];
    private readonly RawTable _raw;

    private TableValues(RawTable raw) => _raw = raw;

    public string Name => _raw.Name;

    public Place Place => _raw.Place;

    /// <summary>Reads a table by the settings declared for it; whatever is wrong goes to the mistakes.</summary>
    public static TableValues Read(RawTable raw, List<Mistake> mistakes)
    {
        var values = new TableValues(raw);
        var settings = SettingTable.Of(raw.Name);
        foreach (var entry in raw.Entries.Values)
            values.ReadEntry(entry, settings, mistakes);
        foreach (var setting in settings)
            if (setting.Required && !raw.Entries.ContainsKey(setting.Key))
                mistakes.Add(new Mistake(raw.Place, $"[[{raw.Name}]] has no \"{setting.Key}\"", "add it: "
                    + setting.Manual));
        return values;
    }

    public T Get<T>(Setting<T> setting) => _values.TryGetValue(setting, out var value) ? (T)value : setting.Default;

    /// <summary>True if somebody wrote it, rightly or wrongly.</summary>
    public bool IsWritten(Setting setting) => _raw.Entries.ContainsKey(setting.Key);

    /// <summary>Another default: what holds where nothing is written depends on another setting.</summary>
    public void Assume<T>(Setting<T> setting, T value)
    {
        if (!IsWritten(setting))
            _values[setting] = value!;
    }

    /// <summary>A setting that says nothing in this table: without a value where nobody wrote one.</summary>
    public void LeaveOut(Setting setting) => _idle.Add(setting);

    /// <summary>Where the value stands; the table's place if it was not written.</summary>
    public Place PlaceOf(Setting setting) =>
        _raw.Entries.TryGetValue(setting.Key, out var entry) ? entry.ValuePlace : _raw.Place;

    /// <summary>The value as TOML; null where there is none.</summary>
    public string? Print(Setting setting) => _idle.Contains(setting) && !IsWritten(setting) ? null
        : _values.TryGetValue(setting, out var value) ? setting.Print(value) : setting.DefaultText;

    private void ReadEntry(RawEntry entry, IReadOnlyList<Setting> settings, List<Mistake> mistakes)
    {
        if (settings.FirstOrDefault(s => s.Key == entry.Key) is not { } setting)
        {
            mistakes.Add(Unknown(entry, settings));
            return;
        }
        var (value, wrong) = setting.Read(entry.Value);
        if (value is null)
            mistakes.Add(new Mistake(entry.ValuePlace, $"{entry.Key}: {wrong}"));
        else
            _values[setting] = value!;
    }

    private Mistake Unknown(RawEntry entry, IReadOnlyList<Setting> settings)
    {
        var where = Name.Length == 0 ? "at the top" : SettingTable.TableNamed(Name)!.Several ? $"in [[{Name}]]"
            : $"in [{Name}]";
        var what = $"unknown key \"{entry.Key}\" {where}";
        if (entry.Key is "password" or "pass" or "secret")
            return new Mistake(entry.KeyPlace, what, "a secret never stands in the configuration: a route names one "
                + "that is kept with `postroom secret set NAME`, as password = \"secret:NAME\"");
        var keys = settings.Select(s => s.Key).ToList();
        if (Nearest.To(entry.Key, keys) is { } near)
            return new Mistake(entry.KeyPlace, what, $"did you mean \"{near}\"?");
        if (SettingTable.All.FirstOrDefault(s => s.Key == entry.Key) is { } elsewhere)
            return new Mistake(entry.KeyPlace, what, elsewhere.Table.Length == 0
                ? "it belongs at the top, before the first table"
                : $"it belongs in {SettingTable.TableNamed(elsewhere.Table)!.Heading}");
        return new Mistake(entry.KeyPlace, what, Nearest.Advice(entry.Key, keys, k => k));
    }
}
