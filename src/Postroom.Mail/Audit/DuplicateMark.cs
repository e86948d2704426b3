using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Postroom.Mail.Audit;

/// <summary>Of which mail another one is the repetition, as the trail says it.</summary>
/// <param name="Original">The one that was handed over first.</param>
/// <param name="Seconds">How much later it was handed over again.</param>
public readonly record struct DuplicateMark(MailId Original, long Seconds)
{
    /// <summary>The mark of a mail; the id of the first is in it.</summary>
    public static DuplicateMark Of(MailId original, MailId again) =>
        new(original, (long)Math.Max(0, (again.At - original.At).TotalSeconds));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DuplicateMark mark)
    {
        mark = default;
        if (text?.Split(' ') is not [var id, "again", "after", var seconds, "s"]
            || !MailId.TryParse(id, out var original)
            || !long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var after))
            return false;
        mark = new DuplicateMark(original, after);
        return true;
    }

    /// <summary>What a trail says of one recipient; null where it was not handed over before.</summary>
    public static DuplicateMark? Find(IEnumerable<TrailEvent> trail, int? recipient)
    {
        foreach (var happened in trail)
            if (happened.Kind == EventKind.DuplicateOf && TryParse(happened.Text, out var mark)
                && (happened.Recipient is null || recipient is null || happened.Recipient == recipient))
                return mark;
        return null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Original} again after {Seconds} s");
}
