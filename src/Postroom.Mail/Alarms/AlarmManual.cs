using System.Text;

namespace Postroom.Mail.Alarms;

/// <summary>The reference page of measures and alarms, made from their tables.</summary>
public static class AlarmManual
{
    public static string Write()
    {
        var page = new StringBuilder("# Alarms and what they look at\n\n");
        page.Append("Made from the tables in `src/Postroom.Mail/Alarms`; how to be told of them is in ")
            .Append("[alarms.md](../alarms.md).\n\n## Shipped alarms\n\n")
            .Append("Each is there without anybody writing it. An `[[alarm]]` of the same name changes it, with ")
            .Append("`enabled = false` it is never raised.\n");
        foreach (var alarm in ShippedAlarms.All)
            page.Append("\n### `").Append(alarm.Name).Append("`\n\n*")
                .Append(alarm.Severity == Severity.Critical ? "critical" : "warning").Append("*, raised when: ")
                .Append(AlarmWords.ConditionOf(alarm)).Append(".\n\n> ").Append(alarm.Text).Append("\n>\n> ")
                .Append(alarm.Cure).Append('\n');
        page.Append("\n## Measures\n\nWhat an `[[alarm]]` of your own can be about: `measure = \"…\"`.\n\n")
            .Append("| measure | counted in | one for each | what it says |\n|---|---|---|---|\n");
        foreach (var measure in Measures.All)
            page.Append("| `").Append(measure.Name).Append("` | ").Append(UnitOf(measure.Unit)).Append(" | ")
                .Append(measure.Subject).Append(" | ").Append(measure.Manual).Append(" |\n");
        return page.ToString();
    }

    private static string UnitOf(Unit unit) => unit switch
    {
        Unit.Duration => "time: `\"10m\"`",
        Unit.Share => "percent: `\"20%\"`",
        Unit.Times => "times: `\"1.5\"`",
        _ => "number: `100`",
    };
}
