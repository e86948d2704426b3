using System.Diagnostics.CodeAnalysis;

namespace Postroom.Mail.Senders;

/// <summary>
/// A text with gaps: <c>*</c> stands for anything, <c>{item}</c> for something that is noted under that name.
/// </summary>
/// <remarks>Letters match in either case. Each gap takes as little as it can, so that reading costs one walk over the
/// text, whatever stands in it.</remarks>
public sealed class Template
{
    private readonly string[] _texts;
    private readonly string?[] _gaps; // between the texts: a name, or null for *

    private Template(string text, List<string> texts, List<string?> gaps) =>
        (Text, _texts, _gaps) = (text, [.. texts], [.. gaps]);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <param name="known">The names that may stand in braces.</param>
    /// <param name="error">What is wrong and what to write instead.</param>
    public static bool TryParse(string text, IReadOnlyList<string> known, [NotNullWhen(true)] out Template? template,
        [NotNullWhen(false)] out string? error)
    {
        template = null;
        var (texts, gaps, from) = (new List<string>(), new List<string?>(), 0);
        for (var at = text.AsSpan().IndexOfAny('*', '{', '}'); at >= 0; at = Next(text, from))
        {
            string? name = null;
            var end = at;
            if (text[at] != '*')
            {
                end = text.IndexOf('}', at);
                if (text[at] == '}' || end < 0)
                {
                    error = $"a name stands between {{ and }}, as in {{{known[0]}}}";
                    return false;
                }

                name = text[(at + 1)..end];
                if (!known.Contains(name) || gaps.Contains(name))
                {
                    error = gaps.Contains(name) ? $"{{{name}}} stands in it twice"
                        : $"there is no {{{name}}}; {Nearest.Advice(name, known, one => $"{{{one}}}")}";
                    return false;
                }
            }

            if (gaps.Count > 0 && at == from)
            {
                error = "two gaps without anything between them: put in what separates them, or leave one out";
                return false;
            }

            texts.Add(text[from..at]);
            gaps.Add(name);
            from = end + 1;
        }

        texts.Add(text[from..]);
        template = new Template(text, texts, gaps);
        error = null;
        return true;
    }

    /// <summary>Whether the text fits; then what stands in the gaps that have names.</summary>
    public bool Fits(string text, Dictionary<string, string> found)
    {
        if (_gaps.Length == 0)
            return text.Equals(_texts[0], StringComparison.OrdinalIgnoreCase);
        if (!text.StartsWith(_texts[0], StringComparison.OrdinalIgnoreCase))
            return false;
        var at = _texts[0].Length;
        for (var i = 0; i < _gaps.Length; i++)
        {
            var least = at + (_gaps[i] is null ? 0 : 1); // what has a name is not empty
            if (least > text.Length)
                return false;
            var after = _texts[i + 1];
            var isLast = i + 1 == _gaps.Length;
            var end = !isLast ? text.IndexOf(after, least, StringComparison.OrdinalIgnoreCase)
                : text.Length - after.Length >= least && text.EndsWith(after, StringComparison.OrdinalIgnoreCase)
                    ? text.Length - after.Length : -1;
            if (end < 0)
                return false;
            if (_gaps[i] is { } name)
                found[name] = text[at..end];
            at = end + after.Length;
        }

        return true;
    }

    private static int Next(string text, int from)
    {
        var at = text.AsSpan(from).IndexOfAny('*', '{', '}');
        return at < 0 ? -1 : from + at;
    }
}
