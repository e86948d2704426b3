using Postroom.Mail;
using Postroom.Mail.Senders;

namespace Postroom.Configuration;

internal static class ApplicationKeys
{
    private const string T = "application";

    private static readonly SettingType<Template?> Text = new("template", ReadTemplate,
        template => SettingTypes.Text.Print(template?.Text));

    private static readonly SettingType<IReadOnlyList<FieldCondition>> FieldList = new("list of templates", ReadFields,
        fields => SettingTypes.List.Print([.. fields.Select(one => $"{one.Name}: {one.Value.Text}")]));

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "What the application is called in filters and lists.") { Required = true };
    public static readonly Setting<Template?> Listener = new(T, "listener", Text, null,
        "Its mail comes in at this listener.");
    public static readonly Setting<Template?> User = new(T, "user", Text, null, "It logs in as.");
    public static readonly Setting<Template?> Client = new(T, "client", Text, null, "Its address: `10.1.*`.");
    public static readonly Setting<Template?> From = new(T, "from", Text, null,
        "The envelope's sender or the From field: `*@erp.example.com`.");
    public static readonly Setting<Template?> Subject = new(T, "subject", Text, null,
        "The subject, decoded: `[ERP {project}] Order {item}: *`.");
    public static readonly Setting<IReadOnlyList<FieldCondition>> Fields = new(T, "fields", FieldList, [],
        "Header fields that must be there, and what they hold: `[\"X-System: {instance}\"]`.");
    public static readonly Setting<string?> Instance = new(T, "instance", SettingTypes.Text, null,
        "Which of several installations it is, where one rule is one installation.");
    public static readonly Setting<string?> Site = new(T, "site", SettingTypes.Text, null,
        "Where people reach it: `https://erp.example.com`.");

    public static Setting[] All => [Name, Listener, User, Client, From, Subject, Fields, Instance, Site];

    public static ApplicationRule RuleOf(TableValues t) => new(t.Get(Name) ?? "")
    {
        Listener = t.Get(Listener),
        User = t.Get(User),
        Client = t.Get(Client),
        From = t.Get(From),
        Subject = t.Get(Subject),
        Fields = t.Get(Fields),
        Instance = t.Get(Instance),
        Site = t.Get(Site),
    };

    /// <summary>What no single setting shows.</summary>
    public static IEnumerable<Mistake> Check(IReadOnlyList<TableValues> tables)
    {
        var rules = tables.Where(t => t.Name == T).ToList();
        foreach (var rule in rules)
            foreach (var setting in new[] { Name, Instance, Site })
                if (rule.Get(setting) is { Length: > AppFacts.Longest })
                    yield return new Mistake(rule.PlaceOf(setting),
                        $"{setting.Key}: it is longer than {AppFacts.Longest} characters");
        var isForAll = rules.FindIndex(rule => !Conditions.Any(rule.IsWritten));
        if (isForAll >= 0 && isForAll + 1 < rules.Count)
            yield return new Mistake(rules[isForAll + 1].Place,
                "this [[application]] is never asked: the one before it has no condition, and takes all mail",
                "put it first", IsWarning: true);
    }

    private static Setting[] Conditions => [Listener, User, Client, From, Subject, Fields];

    private static (bool, Template?, string) ReadTemplate(RawValue raw)
    {
        var (ok, text, wrong) = SettingTypes.Text.Read(raw);
        return !ok ? (false, null, wrong)
            : Template.TryParse(text!, ApplicationRule.Notable, out var template, out var error)
                ? (true, template, "") : (false, null, error);
    }

    private static (bool, IReadOnlyList<FieldCondition>, string) ReadFields(RawValue raw)
    {
        var (ok, texts, wrong) = SettingTypes.List.Read(raw);
        if (!ok)
            return (false, [], wrong);
        var fields = new List<FieldCondition>();
        foreach (var text in texts)
        {
            if (!FieldCondition.TryParse(text, out var field, out var error))
                return (false, [], $"\"{text}\": {error}");
            fields.Add(field);
        }

        return (true, fields, "");
    }
}
