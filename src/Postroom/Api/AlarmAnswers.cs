namespace Postroom.Api;

/// <summary>What is wrong now, and what is looked at: <c>GET /api/v1/alarms</c>.</summary>
/// <param name="Raised">The alarms that are raised, the oldest first.</param>
/// <param name="Known">Every alarm there is, shipped or configured.</param>
/// <param name="Receivers">The names of those who are told.</param>
public sealed record AlarmsAnswer(
    IReadOnlyList<RaisedAnswer> Raised, IReadOnlyList<AlarmAnswer> Known, IReadOnlyList<string> Receivers);

/// <summary>An alarm that is raised.</summary>
/// <param name="Subject">Whom it is about: a route, a listener, an application; empty where there is one only.</param>
/// <param name="Severity"><c>warning</c> or <c>critical</c>.</param>
/// <param name="Text">What was told when it was raised.</param>
/// <param name="Now">What it says now.</param>
/// <param name="Cure">What to do about it.</param>
public sealed record RaisedAnswer(
    string Alarm, string Subject, string Severity, DateTimeOffset Since, string Text, string Now, string Cure);

/// <summary>Something that people are told of.</summary>
/// <param name="Measure">What is looked at: docs/reference/alarms.md.</param>
/// <param name="Condition">When it is raised, in words.</param>
public sealed record AlarmAnswer(string Name, string Measure, string Condition, string Severity, string Cure);

/// <summary>What receivers are told, oldest first: <c>GET /api/v1/notices</c>. What waits, and the last 200 that were
/// told or given up.</summary>
public sealed record NoticesAnswer(IReadOnlyList<NoticeAnswer> Notices);

/// <summary>What one receiver is told of one alarm.</summary>
/// <param name="State"><c>waiting</c>, <c>told</c> or <c>given up</c>.</param>
/// <param name="Tries">How often it was tried in vain.</param>
public sealed record NoticeAnswer(string Id, string Receiver, DateTimeOffset At, string State, int Tries)
{
    public required string Alarm { get; init; }

    public required string Subject { get; init; }

    /// <summary>False: it tells that the alarm is over.</summary>
    public bool Raised { get; init; }

    public required string Text { get; init; }

    /// <summary>When it is tried again, while it waits.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>What the receiver answered last, or why it could not be asked.</summary>
    public string? Last { get; init; }

    public DateTimeOffset? ToldAt { get; init; }
}

/// <summary>How a receiver took a test: <c>POST /api/v1/receivers/{name}/test</c>.</summary>
/// <param name="Told">Whether it took it.</param>
/// <param name="Words">What it answered, or why it could not be asked.</param>
public sealed record ReceiverTestAnswer(string Receiver, bool Told, string Words);
