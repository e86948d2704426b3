using System.Text.Json.Serialization;
using Postroom.Mail.Alarms;

namespace Postroom.Relay.Postmaster;

/// <summary>What one receiver is to be told, and how that goes.</summary>
/// <param name="Id">The same at every try, so that whoever gets it twice can tell.</param>
/// <param name="Receiver">Who.</param>
/// <param name="At">When it happened.</param>
/// <param name="News">What.</param>
public sealed record Notice(string Id, string Receiver, DateTimeOffset At, News News)
{
    /// <summary>How often it was tried in vain.</summary>
    public int Tries { get; init; }

    /// <summary>When it is tried again, while it waits.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>What the receiver answered last, or why it could not be asked.</summary>
    public string? Last { get; init; }

    /// <summary>When it was told; null if it was not.</summary>
    public DateTimeOffset? ToldAt { get; init; }

    /// <summary>When it was given up; null if it was not.</summary>
    public DateTimeOffset? GivenUpAt { get; init; }

    [JsonIgnore]
    public bool IsOpen => ToldAt is null && GivenUpAt is null;

    /// <summary>With a word in the place of a text, in whatever letters it is written; itself where that is
    /// nowhere.</summary>
    internal Notice Reword(string text, string word)
    {
        var reworded = this with
        {
            News = News with
            {
                Subject = Of(News.Subject)!, Text = Of(News.Text)!, Cure = Of(News.Cure)!, Now = Of(News.Now),
            },
            Last = Of(Last),
        };
        return reworded == this ? this : reworded;

        string? Of(string? words) => words?.Replace(text, word, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>What happened to an alarm.</summary>
/// <param name="Alarm">Its name; <c>test</c> for one that a person asked for.</param>
/// <param name="Subject">Whom it is about; empty where there is one subject only.</param>
/// <param name="IsRaised">False: it is over.</param>
/// <param name="Since">When it was raised.</param>
/// <param name="Text">A sentence.</param>
public sealed record News(
    string Alarm, string Subject, Severity Severity, bool IsRaised, DateTimeOffset Since, string Text)
{
    public string Cure { get; init; } = "";

    /// <summary>How it stands now, where it is over.</summary>
    public string? Now { get; init; }

    /// <summary>Of a change.</summary>
    public static News Of(AlarmChange change) => new(change.Of.Alarm, change.Of.Subject, change.Of.Severity,
        change.IsRaised, change.Of.Since, change.Of.Text)
    {
        Cure = change.Of.Cure,
        Now = change.IsRaised || change.Of.Now == change.Of.Text ? null : change.Of.Now,
    };
}

/// <summary>What the room keeps in the data folder.</summary>
/// <param name="Raised">The alarms that are raised.</param>
/// <param name="Notices">What waits, and the last that were told.</param>
internal sealed record KeptAlarms(IReadOnlyList<RaisedAlarm> Raised, IReadOnlyList<Notice> Notices)
{
    public static KeptAlarms None { get; } = new([], []);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptAlarms))]
internal sealed partial class KeptJson : JsonSerializerContext;
