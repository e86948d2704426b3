using System.Globalization;
using Postroom.Mail;
using Postroom.Mail.Audit;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>
/// What the index of terms can say about a filter: questions to it that find every mail which matches, and others.
/// </summary>
internal sealed class Narrowing
{
    /// <summary>With more names than that a question takes as long as a walk.</summary>
    private const int MostNames = 200;

    /// <summary>Of shorter beginnings there are too many words, and a walk soon meets one.</summary>
    private const int ShortestBeginning = 3;

    private readonly Database _database;
    private readonly List<string> _words = [];
    private readonly List<string> _said = [];

    private Narrowing(Database database, Filter filter)
    {
        _database = database;
        foreach (var term in filter.Terms.Where(static term => !term.Not))
            Add(term);
        Add(Applications(filter));
    }

    /// <summary>Asks the table <c>words</c>; null where nothing in the filter can be asked there.</summary>
    public string? Words => Question(_words);

    /// <summary>Asks the table <c>said</c>, which knows recipients that have come to an end.</summary>
    public string? Said => Question(_said);

    /// <summary>It names what no mail has.</summary>
    public bool IsEmpty { get; private set; }

    public static Narrowing Of(Database database, Filter filter) => new(database, filter);

    private void Add(Term term)
    {
        var value = term.Value;
        var isPattern = FilterSql.IsPattern(value);
        switch (term.Field)
        {
            case Field.To: Add(Names(Receiving(value), Terms.To)); break;
            case Field.From: Add(Names(Sending(value), Terms.From)); break;
            case Field.Addressed:
                Add(Both(Names(Receiving(value), Terms.To), Names(Sending(value), Terms.From)));
                break;
            case Field.Words: AddWords(value); break;
            case Field.Subject: Add(_words, OfPhrase(value)); break;
            case Field.Reply: Add(_said, OfPhrase(value)); break;
            case Field.App when !isPattern: Add([Terms.App(value)]); break;
            case Field.Project when !isPattern: Add([Terms.Project(value)]); break;
            case Field.Issue when !isPattern: Add(Items(value)); break;
            case Field.Source when !isPattern: Add([Terms.Source(value)]); break;
            case Field.Id when !MailId.TryParse(value, out _):
                Add([Terms.MessageId(FilterSql.MessageId(value))]);
                break;
            case Field.Is when value == "duplicate": Add([Terms.AnyDuplicate]); break;
            case Field.Is when value == "replay": Add([Terms.Replay]); break;
            case Field.Replay when MailId.TryParse(value, out var of): Add([Terms.ReplayOf(of.Value)]); break;
            case Field.Larger when Terms.LargerThan(term.Octets) is { } size: Add([size]); break;
            default: break; // in no list of this index: looked at mail by mail
        }
    }

    /// <summary>One of them has to be there. Null: there is nothing to say; empty: nothing matches.</summary>
    private void Add(IReadOnlyList<string>? alternatives)
    {
        IsEmpty |= alternatives is { Count: 0 };
        if (alternatives is { Count: > 0 })
            Add(_words, $"({string.Join(" OR ", alternatives.Select(Quoted))})");
    }

    private static void Add(List<string> to, string? question)
    {
        if (question is not null)
            to.Add(question);
    }

    /// <summary>Words alone are in the subject, or are part of an address.</summary>
    private void AddWords(string value)
    {
        var part = Like($"%{FilterSql.Pattern(value)}%");
        if (OfPhrase(value) is { } inSubject && Both(Names(part, Terms.To), Names(part, Terms.From)) is { } names)
            Add(_words, $"(({inSubject}){string.Concat(names.Select(static name => " OR " + Quoted(name)))})");
    }

    private static string? OfPhrase(string value)
    {
        var phrase = Phrase.Of(value);
        var terms = phrase.Terms.Distinct().Select(Quoted);
        if (phrase.Beginning is { Length: >= ShortestBeginning } beginning)
            terms = terms.Append(Quoted(beginning) + " *");
        return Question([.. terms]);
    }

    private static string[] Items(string value) => value.All(char.IsAsciiDigit)
        ? [Terms.Item(value), Terms.Item("#" + value)] : [Terms.Item(value)];

    private static List<string>? Both(List<string>? one, List<string>? other) =>
        one is null || other is null ? null : [.. one, .. other];

    private List<string>? Names((string Condition, string Value) of, Func<long, string> term) =>
        Numbers("address", of.Condition, [of.Value])?.ConvertAll(number => term(number));

    private static (string Condition, string Value) Receiving(string value) =>
        FilterSql.IsWholeAddress(value) ? ("text = ?1", value)
        : FilterSql.IsPattern(value) ? Like(FilterSql.Pattern(value))
        : value.StartsWith('@') ? Like("%" + FilterSql.Escaped(value))
        : Like($"%{FilterSql.Pattern(value)}%");

    /// <summary>The whole From field is there as one, so that any part of it may be meant.</summary>
    private static (string Condition, string Value) Sending(string value) =>
        value == "<>" ? ("(text = '' OR instr(text, ?1))", value) : Like($"%{FilterSql.Pattern(value)}%");

    private static (string Condition, string Value) Like(string pattern) => (@"text LIKE ?1 ESCAPE '\'", pattern);

    /// <summary>
    /// What is said of the application and is no term of its own: all of that holds for one of these.
    /// </summary>
    private List<string>? Applications(Filter filter)
    {
        var (conditions, values) = (new List<string>(), new List<string>());
        foreach (var term in filter.Terms.Where(static term => !term.Not))
        {
            var number = string.Create(CultureInfo.InvariantCulture, $"?{values.Count + 1}");
            var condition = term.Field switch
            {
                Field.Instance => $@"(instance LIKE {number} ESCAPE '\' OR site LIKE {number} ESCAPE '\')",
                Field.Node => $@"node LIKE {number} ESCAPE '\'",
                Field.App or Field.Project when FilterSql.IsPattern(term.Value) =>
                    $@"{term.Field} LIKE {number} ESCAPE '\'",
                _ => null,
            };
            if (condition is null)
                continue;
            conditions.Add(condition);
            var pattern = FilterSql.Pattern(term.Value);
            values.Add(term.Field == Field.Instance ? $"%{pattern}%" : pattern);
        }

        return conditions.Count == 0 ? null
            : Numbers("application", string.Join(" AND ", conditions), values)
                ?.ConvertAll(static number => Terms.Application(number));
    }

    private List<long>? Numbers(string table, string condition, List<string> values)
    {
        using var rows = _database.Prepare(string.Create(
            CultureInfo.InvariantCulture, $"SELECT id FROM {table} WHERE {condition} LIMIT {MostNames + 1}"));
        for (var i = 0; i < values.Count; i++)
            rows.Bind(i + 1, values[i]);
        var numbers = new List<long>();
        while (rows.Step())
            numbers.Add(rows.Long(0));
        return numbers.Count > MostNames ? null : numbers;
    }

    private static string? Question(List<string> all) => all.Count == 0 ? null : string.Join(" AND ", all);

    private static string Quoted(string term) => $"\"{term}\"";
}
