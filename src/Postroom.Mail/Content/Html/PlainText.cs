using System.Text;
using AngleSharp.Dom;

namespace Postroom.Mail.Content.Html;

/// <summary>HTML as plain text, for who reads no HTML and for what looks at its words.</summary>
public static class PlainText
{
    private static readonly HashSet<string> Blocks = new(
    [
        "address", "article", "aside", "blockquote", "caption", "center", "dd", "dir", "div", "dl", "dt", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
        "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
    ], StringComparer.Ordinal);

    /// <summary>The text that a reader sees: blocks on lines of their own, a link's address behind its text where that
    /// says another.</summary>
    public static string Of(string html, ContentLimits? limits = null)
    {
        limits ??= new ContentLimits();
        using var tree = SafeHtml.Parse(html, limits);
        if (tree is null)
            return WithoutTags(html, limits.TextOctets);
        var text = new TextOf(limits);
        text.Add(tree.Body, 0, isPre: false);
        return text.Done();
    }

    /// <summary>What is left where all between angle brackets is left out, without looking at it.</summary>
    internal static string WithoutTags(string html, int most)
    {
        var text = new StringBuilder();
        var isInside = false;
        foreach (var c in html)
        {
            isInside = c == '<' || (isInside && c != '>');
            if (!isInside && c != '>' && (!char.IsControl(c) || c is '\n' or '\t'))
                text.Append(c);
            if (text.Length >= most)
                break;
        }

        return text.ToString();
    }

    private sealed class TextOf(ContentLimits limits)
    {
        private readonly StringBuilder _text = new();
        private bool _isSpaceDue;
        private int _linesDue;

        public string Done() => _text.ToString();

        public void Add(INode? node, int depth, bool isPre)
        {
            if (node is null || depth > limits.ElementDepth + 2 || _text.Length > limits.TextOctets)
                return;
            foreach (var child in node.ChildNodes)
                if (child is IText words)
                    Words(words.Data, isPre);
                else if (child is IElement element && element.NamespaceUri == NamespaceNames.HtmlUri
                    && !SafeList.Opaque.Contains(element.LocalName))
                    Element(element, depth, isPre);
        }

        private void Element(IElement element, int depth, bool isPre)
        {
            var name = element.LocalName;
            var isBlock = Blocks.Contains(name);
            if (isBlock)
                _linesDue = Math.Max(_linesDue, name is "p" or "h1" or "h2" or "h3" or "table" or "ul" or "ol" ? 2 : 1);
            if (name == "br")
                Line();
            else if (name is "td" or "th")
                _isSpaceDue = true;
            else if (name == "li")
                Words("- ", isPre: true);
            else if (name == "img" && element.GetAttribute("alt") is { Length: > 0 } alt)
                Words(alt, isPre: false);
            var from = _text.Length;
            Add(element, depth + 1, isPre || name == "pre");
            if (name == "a" && Target(element) is { } target
                && !_text.ToString(from, _text.Length - from).Contains(target, StringComparison.Ordinal))
                Words($" <{target}>", isPre: true);
            if (isBlock)
                _linesDue = Math.Max(_linesDue, 1);
        }

        private static string? Target(IElement link) =>
            SafeWriter.Url(link.GetAttribute("href") ?? "", SafeList.LinkSchemes) is { } url ? url : null;

        private void Words(string words, bool isPre)
        {
            foreach (var c in words)
                if (isPre && c == '\n')
                    Line();
                else if (char.IsWhiteSpace(c) && !isPre)
                    _isSpaceDue = true;
                else if (!char.IsControl(c))
                    Letter(c);
        }

        private void Letter(char c)
        {
            if (_linesDue > 0 && _text.Length > 0)
                _text.Append('\n', _linesDue);
            else if (_isSpaceDue && _text.Length > 0 && _text[^1] != '\n')
                _text.Append(' ');
            (_linesDue, _isSpaceDue) = (0, false);
            _text.Append(c);
        }

        private void Line()
        {
            if (_linesDue > 0)
                _linesDue = Math.Min(_linesDue + 1, 3);
            else
                _linesDue = 1;
            _isSpaceDue = false;
        }
    }
}
