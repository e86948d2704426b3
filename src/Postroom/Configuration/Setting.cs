namespace Postroom.Configuration;

/// <summary>One setting, declared once: the parser, <c>config print</c> and the reference page are made from it.</summary>
/// <param name="Table">The table it stands in; <c>""</c> for the root.</param>
/// <param name="Key">Its name there.</param>
/// <param name="Manual">What it is for, in a sentence or two, for the reference page.</param>
public abstract record Setting(string Table, string Key, string Manual)
{
    public abstract string TypeName { get; }

    /// <summary>The default as TOML; null where there is none.</summary>
    public abstract string? DefaultText { get; }

    /// <summary>Must be given.</summary>
    public bool Required { get; init; }

    /// <summary>The value in a table, or null and why not.</summary>
    public abstract (object? Value, string Wrong) Read(RawValue raw);

    /// <summary>A value as TOML.</summary>
    public abstract string Print(object value);
}

/// <param name="Default">What holds when nothing is written; null: nothing.</param>
public sealed record Setting<T>(string Table, string Key, SettingType<T> Type, T Default, string Manual)
    : Setting(Table, Key, Manual)
{
    public override string TypeName => Type.Name;

    public override string? DefaultText => Default is null || Required ? null : Type.Print(Default);

    public override (object? Value, string Wrong) Read(RawValue raw)
    {
        var (ok, value, wrong) = Type.Read(raw);
        return ok ? (value, "") : (null, wrong);
    }

    public override string Print(object value) => Type.Print((T)value);
}

/// <summary>A table of settings.</summary>
/// <param name="Several">Written <c>[[name]]</c>, any number of times.</param>
public sealed record TableKind(string Name, bool Several, string Manual);
