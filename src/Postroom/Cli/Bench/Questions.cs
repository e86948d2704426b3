using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Postroom.Api;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Cli.Bench;

/// <summary>How long the answers to some kinds of question take.</summary>
/// <param name="Worst">Of all rounds, as the others: milliseconds.</param>
/// <param name="Rows">Of the last answer.</param>
internal sealed record Asked(string Kind, string Example, double Median, double NinetyNine, double Worst, int Rows)
{
    /// <summary>The first, when little of the file was in memory.</summary>
    public double First { get; init; }
}

/// <summary>The generated code for that.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Asked[]))]
internal sealed partial class BenchJson : JsonSerializerContext;

/// <summary>What people ask about the traffic of <see cref="Traffic"/>, each time about another mail of it.</summary>
internal static class Questions
{
    private static readonly (string Kind, Func<Traffic.Sent, string> Of)[] Common =
    [
        ("did she get it", sent => $"to:{sent.To} issue:{sent.Mail.Header.App!.Item}"),
        ("all about an issue", sent => $"issue:{sent.Mail.Header.App!.Item}"),
        ("all to a person", sent => $"to:{sent.To}"),
        ("a part of an address", sent => $"to:{sent.To[..sent.To.IndexOf('.', StringComparison.Ordinal)]}"),
        ("a whole domain", _ => "to:@example.com"),
        ("by what a person did", sent => $"from:\"{sent.Mail.Header.App!.Actor}\""),
        ("a word of the subject", sent => $"subject:{LastWord(sent)}"),
        ("two words that follow each other", sent => $"subject:\"{LastWords(sent)}\""),
        ("a word alone", LastWord),
        ("by our id", sent => $"id:{sent.Mail.Id}"),
        ("by the Message-ID", sent => $"id:{sent.Mail.Header.MessageId}"),
        ("by the next hop's queue id", sent => $"reply:{Traffic.QueuedAs(sent)}"),
        ("an application and a person", sent => $"app:{sent.Mail.Header.App!.App} to:{sent.To}"),
        ("a project in a week", sent => $"project:{sent.Mail.Header.App!.Project} {Week(sent)}"),
        ("what waits", _ => "state:waiting"),
        ("what was refused", _ => "state:failed"),
        ("what was refused to a person", sent => $"state:failed to:{sent.To}"),
        ("the newest", _ => ""),
    ];

    private static readonly (string Kind, Func<Traffic.Sent, string> Of)[] Hard =
    [
        ("a refusal by its words", _ => "reply:\"no such user\""),
        ("words, application, state and time", sent =>
            $"state:failed app:jenkins subject:{LastWord(sent)} {Week(sent)}"),
        ("the beginning of a word", sent => $"subject:{LastWord(sent)[..^1]}*"),
        ("any part of the subject", sent => $"subject:*{LastWord(sent)[1..]}*"),
        ("large mail", _ => "larger:10M"),
        ("all but one domain: nothing", _ => "-to:@example.com"),
        ("a kind of fault", _ => "fault:message"),
        ("words that nothing has", _ => "subject:\"never said\""),
    ];

    private static readonly (string Kind, Func<Traffic.Sent, string> Of)[] Inbox =
    [
        ("a box", sent => $"box:{BoxOf(sent)}"),
        ("what is unread in a box", sent => $"box:{BoxOf(sent)} is:unread"),
        ("a word in a box", sent => $"box:{BoxOf(sent)} subject:{LastWord(sent)}"),
        ("a person in a box", sent => $"box:{BoxOf(sent)} to:{sent.To}"),
        ("all that is unread", _ => "is:unread"),
        ("all that was read", _ => "is:read"),
        ("a tag", _ => "tag:checked"),
        ("what is captured, by a word", sent => $"state:captured subject:{LastWord(sent)}"),
        ("boxes by a pattern", _ => "box:run1*"),
    ];

    /// <summary>The list of all boxes.</summary>
    public static Asked AskForBoxes(ISpoolIndexReader index, int rounds)
    {
        var (took, rows) = (new double[rounds], 0);
        for (var i = 0; i < rounds; i++)
        {
            var began = Stopwatch.GetTimestamp();
            rows = index.Boxes().Boxes.Count;
            took[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return AskedOf("the boxes", "postroom inbox", took, rows);
    }

    /// <param name="rounds">Of each kind.</param>
    public static IEnumerable<Asked> Ask(ISpoolIndexReader index, Traffic traffic, int rounds, DateTimeOffset now)
    {
        var reader = new QueueReader(index.FindAndCount, index.Count);
        var dice = new Random(11);
        var isOfBoxes = index.Boxes().Boxes.Count > 0;
        if (isOfBoxes)
            yield return AskForBoxes(index, rounds);
        foreach (var (kind, of) in Common.Concat(Hard).Concat(isOfBoxes ? Inbox : []))
        {
            var (took, text, rows) = (new double[rounds], "", 0);
            for (var i = 0; i < rounds; i++)
            {
                text = of(traffic[dice.NextInt64(traffic.Count)]);
                if (!FilterParser.TryParse(text, now, out var filter, out var error))
                    throw new InvalidOperationException(error);
                var began = Stopwatch.GetTimestamp();
                rows = reader.Page(filter, null, 50).Recipients.Count;
                took[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }

            yield return AskedOf(kind, text, took, rows);
        }
    }

    private static Asked AskedOf(string kind, string text, double[] took, int rows)
    {
        var first = took[0];
        Array.Sort(took);
        var nearlyAll = took[(int)Math.Ceiling(took.Length * 0.99) - 1];
        return new Asked(kind, text, took[took.Length / 2], nearlyAll, took[^1], rows) { First = first };
    }

    private static string BoxOf(Traffic.Sent sent) => sent.To[(sent.To.IndexOf('+', StringComparison.Ordinal) + 1)
        ..sent.To.IndexOf('@', StringComparison.Ordinal)];

    private static string LastWord(Traffic.Sent sent) =>
        sent.Mail.Header.Subject![(sent.Mail.Header.Subject!.LastIndexOf(' ') + 1)..];

    private static string LastWords(Traffic.Sent sent) => string.Join(' ', sent.Mail.Header.Subject!.Split(' ')[^2..]);

    private static string Week(Traffic.Sent sent) => string.Create(CultureInfo.InvariantCulture,
        $"after:{sent.Mail.At:yyyy-MM-dd} before:{sent.Mail.At.AddDays(7):yyyy-MM-dd}");
}
