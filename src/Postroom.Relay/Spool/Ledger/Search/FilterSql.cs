using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>
/// A filter as a condition on <c>recipient r</c> and <c>mail m</c>. What a person wrote goes in as parameters only.
/// </summary>
/// <remarks>
/// The unary + keeps a column from choosing an index: how the rows are reached is decided by <see cref="Roads"/>, and
/// not by a planner that has no figures.
/// </remarks>
internal sealed class FilterSql
{
    private readonly StringBuilder _condition = new();
    private readonly StringBuilder _ofRecipient = new();
    private readonly List<object> _values = [];
    private readonly List<Phrase> _phrases = [];

    private FilterSql(Filter filter, IEnumerable<Filter> but)
    {
        foreach (var term in filter.Terms)
            Add(term);
        foreach (var other in but)
        {
            _condition.Append(" AND NOT (1");
            foreach (var term in other.Terms)
                _condition.Append(" AND coalesce((").Append(ConditionOf(term)).Append("), 0)");
            _condition.Append(')');
        }
    }

    /// <summary>No mail after this one can match: where the walk begins.</summary>
    public MailId Newest { get; private set; } = new(long.MaxValue);

    /// <summary>None before this one: where it ends.</summary>
    public MailId Oldest { get; private set; }

    /// <summary>Its parameters are numbered from 1; empty where all match, and else it begins with AND.</summary>
    public string Condition => _condition.ToString();

    /// <summary>What of it can be told by a row of <c>recipient r</c> alone.</summary>
    public string OfRecipient => _ofRecipient.ToString();

    public IReadOnlyList<object> Values => _values;

    /// <summary>What <c>has(text, n)</c> looks for in its text.</summary>
    public IReadOnlyList<Phrase> Phrases => _phrases;

    public static FilterSql Of(Filter filter) => new(filter, []);

    /// <summary>What matches, and none of the others does.</summary>
    public static FilterSql Of(Filter filter, IEnumerable<Filter> but) => new(filter, but);

    public void BindTo(Statement statement)
    {
        for (var i = 0; i < Math.Min(_values.Count, statement.Parameters); i++)
            _ = _values[i] is long number ? statement.Bind(i + 1, number) : statement.Bind(i + 1, (string)_values[i]);
    }

    public static bool IsPattern(string value) => value.Contains('*', StringComparison.Ordinal);

    /// <summary>
    /// True of <c>alice@example.com</c>, false of <c>alice</c>, <c>@example.com</c> and <c>a*@example.com</c>.
    /// </summary>
    public static bool IsWholeAddress(string value) =>
        value.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < value.Length - 1
        && !IsPattern(value);

    /// <summary>A pattern with * as one of LIKE, to be escaped with a backslash.</summary>
    public static string Pattern(string value) => Escaped(value).Replace('*', '%');

    public static string Escaped(string value) => value
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);

    private void Add(Term term)
    {
        var condition = ConditionOf(term);
        _condition.Append(" AND ").Append(condition);
        if (term.Field is Field.To or Field.State or Field.Route or Field.Reply or Field.Fault)
            _ofRecipient.Append(" AND ").Append(condition);
        if (!term.Not)
            Bound(term);
    }

    private string ConditionOf(Term term)
    {
        var condition = term.Field switch
        {
            Field.To => Address("+r.address", term.Value),
            Field.From => From(term.Value),
            Field.Addressed => $"({Address("+r.address", term.Value)} OR {From(term.Value)})",
            Field.Subject => Has("m.subject", term.Value),
            Field.Id => Id(term.Value),
            Field.Route => Whole("+r.lane", term.Value),
            Field.State => $"+r.state IN ({string.Join(", ", term.States.Select(state => Value((long)state)))})",
            Field.Reply => Has("r.last", term.Value),
            Field.Fault => $"+r.fault = {Value(FaultOf(term.Value))}",
            Field.Before => $"+r.mail < {Value(IdAt(term.Instant))}",
            Field.After => $"+r.mail >= {Value(IdAt(term.Instant))}",
            Field.Larger => $"m.size > {Value(term.Octets)}",
            Field.Smaller => $"m.size < {Value(term.Octets)}",
            Field.Words => $"({Has("m.subject", term.Value)} OR {Contains("+r.address", term.Value)} "
                + $"OR {Contains("m.sender", term.Value)} OR {Contains("m.header_from", term.Value)})",
            Field.Source => Whole("+m.source", term.Value),
            Field.Issue => Item(term.Value),
            Field.App => Whole("a.app", term.Value),
            Field.Instance => $"({Contains("a.instance", term.Value)} OR {Contains("a.site", term.Value)})",
            Field.Node => Whole("a.node", term.Value),
            Field.Project => Whole("a.project", term.Value),
            Field.Is => term.Value switch
            {
                "unread" => InBox("b.unread = 1"),
                "read" => InBox("b.unread = 0"),
                "replay" => "m.replay_of IS NOT NULL",
                _ => Duplicate,
            },
            Field.Replay => $"m.replay_of = {Value(MailId.TryParse(term.Value, out var of) ? of.Value : -1)}",
            Field.Box => InBox(Whole("b.box", term.Value)),
            Field.Tag => $"EXISTS (SELECT 1 FROM tag t WHERE t.mail = r.mail AND {Whole("t.tag", term.Value)})",
            Field.Came => InBox($"b.came {(term.Value == "after" ? ">" : "<=")} {Value(term.Octets)}"),
        };
        return term.Not ? $"NOT coalesce(({condition}), 0)" : condition;
    }

    private static string InBox(string what) =>
        $"EXISTS (SELECT 1 FROM inbox b WHERE b.mail = r.mail AND b.n = r.n AND {what})";

    // Only the index of terms knows: one look into it for each row, which the same index led to.
    private const string Duplicate =
        $"""
         EXISTS (SELECT 1 FROM words WHERE rowid = r.mail
             AND words MATCH ('"{Terms.Duplicate}" OR "{Terms.DuplicatePrefix}' || r.n || '"'))
         """;

    /// <summary>As it stands in the field.</summary>
    public static string MessageId(string value) => value.StartsWith('<') ? value : $"<{value}>";

    private void Bound(Term term)
    {
        if (term.Field == Field.Before)
            Newest = Min(Newest, new MailId(IdAt(term.Instant) - 1));
        else if (term.Field == Field.After)
            Oldest = Max(Oldest, new MailId(IdAt(term.Instant)));
        else if (term.Field == Field.Id && MailId.TryParse(term.Value, out var id))
            (Newest, Oldest) = (Min(Newest, id), Max(Oldest, id));
    }

    private static MailId Min(MailId a, MailId b) => a < b ? a : b;

    private static MailId Max(MailId a, MailId b) => a > b ? a : b;

    private string From(string value) =>
        $"({(value == "<>" ? "m.sender = ''" : Address("m.sender", value))} OR {Contains("m.header_from", value)})";

    // A tracker that counts its issues through writes #12, and people ask for 12.
    private string Item(string value) =>
        IsPattern(value) ? Like("+m.item", Pattern(value))
        : value.All(char.IsAsciiDigit) ? $"m.item IN ({Value(value)}, {Value("#" + value)})"
        : $"m.item = {Value(value)}";

    private string Id(string value)
    {
        if (MailId.TryParse(value, out var id))
            return $"+r.mail = {Value(id.Value)}";
        return $"m.message_id = {Value(MessageId(value))}";
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

    private string Has(string column, string value)
    {
        var phrase = Phrase.Of(value);
        if (phrase.IsPattern && Ascii.IsValid(value))
            return Contains(column, value); // the same, and no call from there to here for each row
        _phrases.Add(phrase);
        return FormattableString.Invariant($"has({column}, {_phrases.Count - 1})");
    }

    private string Contains(string column, string value) => Like(column, $"%{Pattern(value)}%");

    private string Like(string column, string pattern) => $"{column} LIKE {Value(pattern)} ESCAPE '\\'";

    private string Value(object value)
    {
        _values.Add(value);
        return FormattableString.Invariant($"?{_values.Count}");
    }

    /// <summary>The first id of that instant: ids tell their time, and the table lies in their order.</summary>
    private static long IdAt(DateTimeOffset instant) => MailId.After(default, instant).Value;

    private static long FaultOf(string name) =>
        Enum.TryParse<Fault>(name, ignoreCase: true, out var fault) ? (long)fault : 0;
}
