using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>Normalisation Form KC: one way to write what people take for the same text (Unicode, UAX #15).</summary>
/// <remarks>
/// Decomposes, sorts the marks, composes again. The runtime's own would need ICU beside the program
/// (docs/decisions/0006).
/// </remarks>
public static class Nfkc
{
    // Hangul is composed by arithmetic: The Unicode Standard, §3.12.
    private const int Syllables = 0xAC00;
    private const int Leads = 0x1100;
    private const int Vowels = 0x1161;
    private const int Tails = 0x11A7; // one before the first: no tail is tail 0
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;

    /// <summary>The text in this form.</summary>
    public static string Of(string text)
    {
        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, points);
        var composed = new StringBuilder(text.Length);
        foreach (var point in Composed(InOrder(points)))
            composed.Append(new Rune(point).ToString());
        return composed.ToString();
    }

    private static void Decompose(int point, List<int> into)
    {
        var syllable = point - Syllables;
        if (syllable is >= 0 and < LeadCount * VowelCount * TailCount)
        {
            into.Add(Leads + syllable / (VowelCount * TailCount));
            into.Add(Vowels + syllable / TailCount % VowelCount);
            if (syllable % TailCount > 0)
                into.Add(Tails + syllable % TailCount);
        }
        else if (NfkcTable.Parts(point) is { } parts)
        {
            foreach (var part in parts)
                Decompose(part, into);
        }
        else
        {
            into.Add(point);
        }
    }

    // Marks that follow each other stand in the order of their classes; those of one class stay as they were.
    private static List<int> InOrder(List<int> points)
    {
        var sorted = new List<int>(points.Count);
        for (var at = 0; at < points.Count;)
        {
            var end = at + 1;
            while (end < points.Count && NfkcTable.ClassOf(points[end]) > 0)
                end++;
            if (end - at > 1)
                sorted.AddRange(points[at..end].OrderBy(NfkcTable.ClassOf)); // a stable sort; a starter has class 0
            else
                sorted.AddRange(points[at..end]);
            at = end;
        }
        return sorted;
    }

    // Each point joins the last starter if there is a composed form and nothing between them is in the way.
    private static List<int> Composed(List<int> points)
    {
        var composed = new List<int>(points.Count);
        var (starter, lastClass) = (-1, 0);
        foreach (var point in points)
        {
            var itsClass = NfkcTable.ClassOf(point);
            var isFree = starter >= 0 && (starter == composed.Count - 1 || lastClass < itsClass);
            if (isFree && Pair(composed[starter], point) is { } whole)
            {
                composed[starter] = whole;
                continue;
            }
            if (itsClass == 0)
                starter = composed.Count;
            lastClass = itsClass;
            composed.Add(point);
        }
        return composed;
    }

    private static int? Pair(int first, int second)
    {
        var (lead, vowel) = (first - Leads, second - Vowels);
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
            return Syllables + (lead * VowelCount + vowel) * TailCount;
        var (syllable, tail) = (first - Syllables, second - Tails);
        if (syllable is >= 0 and < LeadCount * VowelCount * TailCount && syllable % TailCount == 0
            && tail is > 0 and < TailCount)
            return first + tail;
        return NfkcTable.Composed(first, second);
    }
}
