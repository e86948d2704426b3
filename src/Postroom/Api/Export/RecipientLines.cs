using System.Globalization;
using System.Text.Json;

namespace Postroom.Api.Export;

/// <summary>Recipients as lines, in the words of the API.</summary>
public static class RecipientLines
{
    private static readonly (string Name, Func<RecipientAnswer, string?> Of)[] Columns =
    [
        ("id", r => r.Id), ("recipient", r => Number(r.Recipient)), ("state", r => r.State), ("to", r => r.To),
        ("from", r => r.From), ("acceptedAt", r => Instant(r.AcceptedAt)), ("subject", r => r.Subject),
        ("route", r => r.Route), ("failedTries", r => Number(r.FailedTries)), ("nextDue", r => Instant(r.NextDue)),
        ("size", r => Number(r.Size)), ("source", r => r.Source), ("app", r => r.App), ("item", r => r.Item),
        ("last", r => r.Last), ("box", r => r.Box), ("unread", r => r.Unread == true ? "true" : null),
        ("tags", r => r.Tags is { } tags ? string.Join(' ', tags) : null),
    ];

    /// <summary>The names of the columns, with the end of the line.</summary>
    public static string CsvHead { get; } = Csv.Line(Columns.Select(column => column.Name)) + Csv.End;

    public static string AsCsv(RecipientAnswer recipient) =>
        Csv.Line(Columns.Select(column => column.Of(recipient))) + Csv.End;

    public static string AsJson(RecipientAnswer recipient) =>
        JsonSerializer.Serialize(recipient, ApiJson.Default.RecipientAnswer) + "\n";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Instant(DateTimeOffset? at) => at?.ToString("O", CultureInfo.InvariantCulture);
}
