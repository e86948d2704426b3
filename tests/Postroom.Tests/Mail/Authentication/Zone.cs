using System.Text.RegularExpressions;
using Postroom.Mail.Authentication;

namespace Postroom.Tests.Mail.Authentication;

/// <summary>What DNS says in a test: lines of <c>NAME TYPE DATA</c>, or <c>NAME FAILED</c>.</summary>
internal sealed class Zone
{
    private readonly Dictionary<DnsQuestion, List<string>> _records = [];
    private readonly HashSet<string> _failing = [];
    private readonly HashSet<string> _names = [];

    private Zone(IEnumerable<string> lines)
    {
        foreach (var line in lines.Where(line => line.Trim().Length > 0))
        {
            var words = line.Split(' ', 3);
            var name = DomainName.Of(Plain(words[0]));
            _names.Add(name);
            if (words[1] == "FAILED")
                _failing.Add(name);
            else if (words[1] == "CNAME")
                Add(new(name, 0), DomainName.Of(Plain(words[2])));
            else
                Add(new(name, Enum.Parse<RecordType>(words[1], ignoreCase: true)), Plain(words[2]));
        }
    }

    /// <summary>How many rounds of questions there were.</summary>
    public int Rounds { get; private set; }

    /// <summary>What was asked.</summary>
    public List<DnsQuestion> Asked { get; } = [];

    public static Zone Of(string text) => new(text.Split('\n').Select(line => line.Trim('\r')));

    /// <summary>An escape of the tables: <c>\x20</c>.</summary>
    public static string Plain(string text) => Regex.Replace(text, @"\\x([0-9a-f]{2})|\\\\",
        match => match.Groups[1].Success ? ((char)Convert.ToByte(match.Groups[1].Value, 16)).ToString() : "\\");

    /// <summary>Thinks, asks, and thinks again, until nothing is open.</summary>
    public T Think<T>(Func<Known, T?> think)
        where T : class
    {
        var answers = new Dictionary<DnsQuestion, DnsAnswer>();
        while (true)
        {
            var known = new Known(answers);
            var thought = think(known);
            if (known.Open.Count == 0)
                return thought ?? throw new InvalidOperationException("nothing is open, and nothing was thought");
            Rounds++;
            Asked.AddRange(known.Open);
            foreach (var question in known.Open)
                answers.Add(question, Answer(question));
        }
    }

    private DnsAnswer Answer(DnsQuestion question)
    {
        for (var i = 0; i < 5; i++)
        {
            if (_records.TryGetValue(question, out var records))
                return new DnsAnswer(DnsOutcome.Found, records);
            if (_failing.Contains(question.Name))
                return DnsAnswer.Failed("no server answers");
            if (!_records.TryGetValue(new(question.Name, 0), out var alias))
                return _names.Contains(question.Name) ? DnsAnswer.NoData : DnsAnswer.NoName;
            question = question with { Name = alias[0] };
        }

        return DnsAnswer.Failed("a name leads to itself");
    }

    private void Add(DnsQuestion question, string data)
    {
        if (!_records.TryGetValue(question, out var those))
            _records.Add(question, those = []);
        those.Add(data);
    }
}
