using System.Text;
using System.Text.Json;

namespace Postroom.Configuration;

/// <summary>The table of settings as text: the effective configuration, and the reference page.</summary>
public static class ConfigurationText
{
    /// <summary>The whole effective configuration as TOML that can be read again; what has no value is commented
    /// out.</summary>
    public static string Print(Reading reading)
    {
        var text = new StringBuilder();
        foreach (var kind in SettingTable.Tables)
        {
            foreach (var table in reading.Tables.Where(t => t.Name == kind.Name))
                PrintTable(text, kind, table);
            if (!kind.Several && !reading.Tables.Any(t => t.Name == kind.Name))
                PrintTable(text, kind, null);
        }
        return text.ToString();
    }

    /// <summary>The same as JSON, into the object that is open. A value is written in JSON as in TOML: texts, numbers,
    /// switches and lists look alike in both.</summary>
    public static void WriteJson(Reading reading, Utf8JsonWriter json)
    {
        foreach (var kind in SettingTable.Tables)
        {
            if (kind.Name.Length == 0)
                WriteSettings(kind, reading.Tables[0], json);
            else if (kind.Several)
            {
                json.WriteStartArray(kind.Name);
                foreach (var table in reading.Tables.Where(t => t.Name == kind.Name))
                    WriteObject(kind, table, json);
                json.WriteEndArray();
            }
            else
            {
                json.WritePropertyName(kind.Name);
                WriteObject(kind, reading.Tables.FirstOrDefault(t => t.Name == kind.Name), json);
            }
        }
    }

    /// <summary>docs/reference/configuration.md; a test holds the file to this.</summary>
    public static string Manual()
    {
        var text = new StringBuilder();
        text.Append("""
            # Configuration

            Made from the table of settings in `src/Postroom/Configuration`; a test holds this page to it.

            One TOML file is the source of truth: `--config FILE`, else `$XDG_CONFIG_HOME/postroom/postroom.toml`
            (`~/.config/postroom/postroom.toml`), else `/etc/postroom/postroom.toml`, else the defaults below:
            they capture.
            Every key can also be given by an environment variable, which wins over the file: `POSTROOM__MODE`,
            `POSTROOM__QUEUE__GIVE_UP`, `POSTROOM__ROUTE__0__HOST` (lists with commas between).
            `postroom config check` shows all mistakes at once; `postroom config print` shows what holds, and
            when a mail is tried again by it;
            `postroom reload` takes a changed file into use, or refuses it whole.

            Durations: `"500ms"`, `"30s"`, `"5m"`, `"2h"`, `"5d"`.
            Sizes: `"50MB"` (in thousands), `"64MiB"` (in 1,024s), or octets.

            The smallest live configuration:

            ```toml
            mode = "live"

            [[listener]]
            address = "127.0.0.1:2525"

            [[route]]
            name = "upstream"
            host = "127.0.0.1"
            port = 2526
            tls = "none"
            ```

            """);
        foreach (var kind in SettingTable.Tables)
            ManualOf(text, kind);
        return text.ToString();
    }

    private static void PrintTable(StringBuilder text, TableKind kind, TableValues? table)
    {
        if (kind.Name.Length > 0)
            text.Append('\n').Append(kind.Heading).Append('\n');
        foreach (var setting in SettingTable.Of(kind.Name))
        {
            var value = ValueOf(setting, table);
            text.Append(value is null ? $"# {setting.Key} =\n" : $"{setting.Key} = {value}\n");
        }
    }

    private static void WriteObject(TableKind kind, TableValues? table, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteSettings(kind, table, json);
        json.WriteEndObject();
    }

    private static void WriteSettings(TableKind kind, TableValues? table, Utf8JsonWriter json)
    {
        foreach (var setting in SettingTable.Of(kind.Name))
            if (ValueOf(setting, table) is { } value)
            {
                json.WritePropertyName(setting.Key);
                json.WriteRawValue(value);
            }
    }

    private static string? ValueOf(Setting setting, TableValues? table) =>
        table is null ? setting.DefaultText : table.Print(setting);

    private static void ManualOf(StringBuilder text, TableKind kind)
    {
        text.Append(kind.Name.Length == 0 ? "\n## At the top\n"
            : $"\n## `{kind.Heading}`\n").Append('\n').Append(kind.Manual);
        text.Append("\n\n| key | type | default | what for |\n|---|---|---|---|\n");
        foreach (var setting in SettingTable.Of(kind.Name))
        {
            var standard = setting.Required ? "*must be given*" : setting.DefaultText is { } d ? $"`{d}`" : "–";
            text.Append($"| `{setting.Key}` | {setting.TypeName} | {standard} | {setting.Manual} |\n");
        }
    }
}
