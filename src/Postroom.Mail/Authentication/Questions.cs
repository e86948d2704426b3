namespace Postroom.Mail.Authentication;

/// <summary>The kinds of record that are asked for, by the numbers of RFC 1035 §3.2.2 and RFC 3596 §2.1.</summary>
public enum RecordType
{
    /// <summary>An address of version 4.</summary>
    A = 1,

    /// <summary>The name of an address.</summary>
    Ptr = 12,

    /// <summary>The hosts that take a domain's mail.</summary>
    Mx = 15,

    /// <summary>Text.</summary>
    Txt = 16,

    /// <summary>An address of version 6.</summary>
    Aaaa = 28,
}

/// <summary>One question to DNS.</summary>
/// <param name="Name">In small letters, without the dot at the end.</param>
public readonly record struct DnsQuestion(string Name, RecordType Type);

/// <summary>What came of a question.</summary>
public enum DnsOutcome
{
    /// <summary>There are records.</summary>
    Found,

    /// <summary>The name is there, and has none of this kind (RFC 2308 §2.2).</summary>
    NoData,

    /// <summary>The name is not there (NXDOMAIN, RFC 2308 §2.1).</summary>
    NoName,

    /// <summary>Nobody knows: no answer, or none that could be read. It may be otherwise the next time.</summary>
    Failed,
}

/// <summary>What DNS said to a question.</summary>
/// <param name="Records">As text: an address, a name without the dot at its end, the strings of a TXT record joined
/// without anything between them. Empty but for <see cref="DnsOutcome.Found"/>.</param>
/// <param name="Why">Why nobody knows, in words; empty else.</param>
public sealed record DnsAnswer(DnsOutcome Outcome, IReadOnlyList<string> Records, string Why = "")
{
    /// <summary>The name is there, and has no such records.</summary>
    public static DnsAnswer NoData { get; } = new(DnsOutcome.NoData, []);

    /// <summary>The name is not there.</summary>
    public static DnsAnswer NoName { get; } = new(DnsOutcome.NoName, []);

    /// <summary>Nobody knows, and why.</summary>
    public static DnsAnswer Failed(string why) => new(DnsOutcome.Failed, [], why);

    /// <summary>There is nothing, and that is sure: a "void lookup" of RFC 7208 §4.6.4.</summary>
    public bool IsVoid => Outcome is DnsOutcome.NoData or DnsOutcome.NoName;
}

/// <summary>The answers that are known so far, and the questions that are open.</summary>
/// <remarks>
/// Whoever judges here has neither network nor clock: it thinks with what is known, and says what it would ask.
/// Then it is asked, and all is thought again from the start; thinking is cheap and asking is not, so all that can be
/// asked at once is open at once. It ends where nothing is open.
/// </remarks>
public sealed class Known(IReadOnlyDictionary<DnsQuestion, DnsAnswer> answers)
{
    private readonly List<DnsQuestion> _open = [];

    /// <summary>What was asked for and is not known, in that order.</summary>
    public IReadOnlyList<DnsQuestion> Open => _open;

    /// <summary>What is known; null where it is to be asked. What no name can be is not there.</summary>
    public DnsAnswer? Of(string name, RecordType type)
    {
        var question = new DnsQuestion(DomainName.Of(name), type);
        if (!DomainName.IsName(question.Name))
            return DnsAnswer.NoName;
        if (answers.TryGetValue(question, out var answer))
            return answer;
        if (!_open.Contains(question))
            _open.Add(question);
        return null;
    }
}
