using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary>What a verification found, for people.</summary>
internal static class AuditView
{
    public static void Show(Screen screen, AuditAnswer answer)
    {
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"{answer.Segments} segments, {answer.Records} records, {answer.Bodies} bodies of "
                + $"{Screen.Size(answer.BodyOctets)} are right")
            + (answer.FirstAt is { } first ? $", from {first:u} to {answer.LastAt:u}." : "."));
        if (answer.Forgotten > 0)
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"Of {answer.Forgotten} of the records something is forgotten, and the chain says that it was to go."));
        if (answer.FirstSegment > 1)
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"What was before segment {answer.FirstSegment} is gone: the record begins there."));
        if (answer.Chain.Length > 0)
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"The chain ends at segment {answer.Head.Segment}, {answer.Head.Offset}: {answer.Chain}"));
        if (answer.Running)
            screen.Line("The relay runs: what came since is not in this.");
        else if (answer.EndsInOrder == false)
            screen.Line("It ends without an orderly stop; what was unfinished then counts for nothing"
                + (answer.Unfinished > 0 ? $" ({Screen.Size(answer.Unfinished)})." : "."));
        Tally(screen, "Checkpoints in the journal", answer.Checkpoints);
        if (answer.Kept is { } kept)
            Tally(screen, "Checkpoints kept elsewhere", kept);
        if (answer.Sound)
            return;
        for (var i = 0; i < answer.Breaks.Count; i++)
            Break(screen, answer.Breaks[i], isFirst: i == 0);
    }

    private static void Tally(Screen screen, string which, TallyAnswer tally) => screen.Line(string.Create(
        CultureInfo.InvariantCulture, $"{which}: {tally.Right} right, {tally.Wrong} wrong")
            + Part(tally.Unknown, "of a key not known here") + Part(tally.Gone, "of a past that is gone")
            + Part(tally.Foreign, "of another installation") + ".");

    private static string Part(int count, string what) =>
        count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {count} {what}");

    private static void Break(Screen screen, BreakAnswer found, bool isFirst)
    {
        var where = found.At is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"segment {at.Segment} at {at.Offset}: ")
            : "";
        var when = (found.After, found.Before) switch
        {
            ({ } after, { } before) => $" (between {after:u} and {before:u})",
            ({ } after, null) => $" (after {after:u})",
            (null, { } before) => $" (before {before:u})",
            _ => "",
        };
        screen.Error.WriteLine($"{(isFirst ? "FIRST BREAK" : "damaged")}: {where}{SafeText.Of(found.What)}"
            + (found.Mail is { } mail ? $", mail {SafeText.Of(mail)}" : "") + when);
    }
}
