using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>
/// A filter as a condition on <c>recipient r</c> and <c>mail m</c>. What a person wrote goes in as parameters only.
/// </summary>
/// <remarks>
/// The unary + keeps a column from choosing an index: which one drives the query is decided here, by
/// <see cref="Road"/>, and not by a planner that has no figures.
/// </remarks>
internal sealed class FilterSql
{
    private readonly StringBuilder _condition = new("1");
    private readonly List<object> _values = [];
    private readonly List<string> _applications = [];

    private FilterSql(Filter filter)
    {
        Road = RoadOf(filter);
        foreach (var term in filter.Terms)
            Add(term);
    }

    /// <summary>How the rows are reached.</summary>
    public enum Way
    {
        /// <summary>By the table itself, newest mail first.</summary>
        Table,

        /// <summary>By the address of a recipient.</summary>
        Address,

        /// <summary>By state; the caller asks for one state after the other.</summary>
        State,

        /// <summary>By what the mail is about.</summary>
        Item,

        /// <summary>By application; the caller asks for one after the other, of <see cref="Applications"/>.</summary>
        Application,
    }

    public Way Road { get; }

    /// <summary>No mail after this one can match: where the walk begins.</summary>
    public long NewestMail { get; private set; } = long.MaxValue;

    /// <summary>Its parameters are numbered from 1.</summary>
    public string Condition => _condition.ToString();

    public IReadOnlyList<object> Values => _values;

    /// <summary>
    /// The condition on <c>application</c>, where <see cref="Road"/> is <see cref="Way.Application"/>.
    /// </summary>
    public string Applications => string.Join(" AND ", _applications);

    public static FilterSql Of(Filter filter) => new(filter);

    public void BindTo(Statement statement)
    {
        for (var i = 0; i < Math.Min(_values.Count, statement.Parameters); i++)
            _ = _values[i] is long number ? statement.Bind(i + 1, number) : statement.Bind(i + 1, (string)_values[i]);
    }

    private static bool IsPattern(string value) => value.Contains('*', StringComparison.Ordinal);

    /// <summary>
    /// True of <c>alice@example.com</c>, false of <c>alice</c>, <c>@example.com</c> and <c>a*@example.com</c>.
    /// </summary>
    private static bool IsWholeAddress(string value) =>
        value.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < value.Length - 1
        && !IsPattern(value);

    private static Way RoadOf(Filter filter)
    {
        var road = Way.Table;
        foreach (var term in filter.Terms)
        {
            if (term.Not)
                continue;
            if (term.Field == Field.Id)
                return Way.Table;
            var way = WayOf(term);
            road = Array.IndexOf(Preferred, way) < Array.IndexOf(Preferred, road) ? way : road;
        }

        return road;
    }

    private static readonly Way[] Preferred = [Way.Item, Way.Address, Way.State, Way.Application, Way.Table];

    private static Way WayOf(Term term) => term.Field switch
    {
        Field.Issue when !IsPattern(term.Value) => Way.Item,
        Field.To when IsWholeAddress(term.Value) => Way.Address,
        Field.State when !term.States.Contains(State.Delivered) => Way.State,
        Field.App or Field.Instance or Field.Node or Field.Project => Way.Application,
        _ => Way.Table,
    };

    private void Add(Term term)
    {
        var condition = term.Field switch
        {
            Field.To => Address(Road == Way.Address ? "r.address" : "+r.address", term.Value),
            Field.From => From(term.Value),
            Field.Addressed => $"({Address("+r.address", term.Value)} OR {From(term.Value)})",
            Field.Subject => Contains("m.subject", term.Value),
            Field.Id => Id(term.Value),
            Field.Route => Whole("+r.lane", term.Value),
            Field.State => $"+r.state IN ({string.Join(", ", term.States.Select(state => Value((long)state)))})",
            Field.Reply => Contains("r.last", term.Value),
            Field.Fault => $"+r.fault = {Value(FaultOf(term.Value))}",
            Field.Before => $"+r.mail < {Value(IdAt(term.Instant))}",
            Field.After => $"{(term.Not ? "+" : "")}r.mail >= {Value(IdAt(term.Instant))}",
            Field.Larger => $"m.size > {Value(term.Octets)}",
            Field.Smaller => $"m.size < {Value(term.Octets)}",
            Field.Words => $"({Contains("m.subject", term.Value)} OR {Contains("+r.address", term.Value)} "
                + $"OR {Contains("m.sender", term.Value)} OR {Contains("m.header_from", term.Value)})",
            Field.Source => Whole("+m.source", term.Value),
            Field.Issue => Item(term.Value),
            Field.App => Application(Whole("app", term.Value), term.Not),
            Field.Instance => Application(
                $"({Contains("instance", term.Value)} OR {Contains("site", term.Value)})", term.Not),
            Field.Node => Application(Whole("node", term.Value), term.Not),
            Field.Project => Application(Whole("project", term.Value), term.Not),
        };
        if (term is { Field: Field.Before, Not: false })
            NewestMail = Math.Min(NewestMail, IdAt(term.Instant) - 1);
        _condition.Append(" AND ").Append(term.Not ? $"NOT coalesce(({condition}), 0)" : condition);
    }

    private string From(string value) =>
        $"({(value == "<>" ? "m.sender = ''" : Address("m.sender", value))} OR {Contains("m.header_from", value)})";

    // A tracker that counts its issues through writes #12, and people ask for 12.
    private string Item(string value) =>
        IsPattern(value) ? Like("+m.item", Pattern(value))
        : value.All(char.IsAsciiDigit) ? $"{ItemColumn} IN ({Value(value)}, {Value("#" + value)})"
        : $"{ItemColumn} = {Value(value)}";

    private string ItemColumn => Road == Way.Item ? "m.item" : "+m.item COLLATE NOCASE";

    private string Application(string condition, bool not)
    {
        if (!not)
            _applications.Add(condition);
        return $"+m.application IN (SELECT id FROM application WHERE {condition})";
    }

    private string Id(string value)
    {
        if (MailId.TryParse(value, out var id))
            return $"r.mail = {Value(id.Value)}";
        var messageId = value.StartsWith('<') ? value : $"<{value}>";
        return "r.mail IN (SELECT id FROM mail WHERE message_hash = "
            + $"{Value(PackedMail.HashOf(messageId))} AND message_id = {Value(messageId)})";
    }

    /// <summary>A whole address, a domain from its @ on, a pattern with *, or any part.</summary>
    private string Address(string column, string value) =>
        IsPattern(value) ? Like(column, Pattern(value))
        : IsWholeAddress(value) ? $"{column} = {Value(value)} COLLATE NOCASE"
        : value.StartsWith('@') ? Like(column, "%" + Escaped(value))
        : Contains(column, value);

    private string Whole(string column, string value) =>
        IsPattern(value)
            ? Like(column, Pattern(value)) : $"{column} = {Value(value)} COLLATE NOCASE";

    private string Contains(string column, string value) => Like(column, $"%{Pattern(value)}%");

    private string Like(string column, string pattern) => $"{column} LIKE {Value(pattern)} ESCAPE '\\'";

    private string Value(object value)
    {
        _values.Add(value);
        return FormattableString.Invariant($"?{_values.Count}");
    }

    private static string Pattern(string value) => Escaped(value).Replace('*', '%');

    private static string Escaped(string value) => value
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);

    /// <summary>The first id of that instant: ids tell their time, and the table lies in their order.</summary>
    private static long IdAt(DateTimeOffset instant) => MailId.After(default, instant).Value;

    private static long FaultOf(string name) =>
        Enum.TryParse<Fault>(name, ignoreCase: true, out var fault) ? (long)fault : 0;
}
