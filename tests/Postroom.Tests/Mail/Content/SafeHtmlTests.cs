using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Postroom.Mail.Content.Html;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Mail.Content;

/// <summary>HTML of strangers, in the shapes by which filters were got around before.</summary>
public sealed class SafeHtmlTests
{
    private static readonly string[] Fetching = ["url", "image-set", "cross-fade", "@import", "expression", "behavior",
        "-moz-binding", "src(", "attr(", "var(", "\\", "/*"];

    public static TheoryData<string> Hostile =>
        [.. Sources.Read("tests/Postroom.Tests/Mail/Content/hostile.txt").Split('\n').Where(line => line.Length > 0)];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Nothing_outside_the_list_comes_through(string html)
    {
        foreach (var around in (string[])["{0}", "<table><tr><td>{0}", "<p><b>{0}", "<svg>{0}", "<style>{0}",
            "<a href='{0}'>x"])
        {
            var page = SafeHtml.Of(around.Replace("{0}", html, StringComparison.Ordinal));
            Check(page.Html, hasImages: false);
            Assert.Equal(page.Html, SafeHtml.Of(page.Html).Html);
            Assert.Empty(page.Cuts);
        }
    }

    [Fact]
    public void All_of_it_in_one_mail_is_no_other()
    {
        var all = string.Join('\n', Hostile.Select(row => row.Data));
        Check(SafeHtml.Of(all).Html, hasImages: false);
        var shown = SafeHtml.Of(all, new PageOptions { HasRemoteImages = true });
        Check(shown.Html, hasImages: true);
        Assert.Equal(shown.Html, SafeHtml.Of(shown.Html, new PageOptions { HasRemoteImages = true }).Html);
    }

    [Fact]
    public void What_a_mail_is_made_of_stays()
    {
        const string Mail = "<table width=\"600\" bgcolor=\"#ffffff\"><tr><td style=\"padding:10px 20px;"
            + "font-family:Arial, sans-serif\" align=\"center\"><h1>Build failed</h1><a "
                + "href=\"https://ci.example.com/1\">"
            + "See <b>why</b></a><br><img src=\"cid:logo@x\" alt=\"Logo\"></td></tr></table>";
        var html = SafeHtml.Of(Mail).Html;
        Assert.Equal("<table bgcolor=\"#ffffff\" width=\"600\"><tbody><tr><td align=\"center\" style=\""
            + "padding: 10px 20px; font-family: Arial, sans-serif\"><h1>Build failed</h1><a "
                + "href=\"https://ci.example.com/1\""
            + " rel=\"noopener noreferrer nofollow\" target=\"_blank\">See <b>why</b></a><br><img src=\"cid:logo@x\" "
            + "alt=\"Logo\"></td></tr></tbody></table>", html);
    }

    [Fact]
    public void Images_of_elsewhere_are_named_and_shown_only_when_asked()
    {
        const string Mail = "<img src=\"https://a.example/1.png\" alt=one><img src='http://a.example/2.png'>"
            + "<img src=\"https://a.example/1.png\">";
        var page = SafeHtml.Of(Mail);
        Assert.Equal(["https://a.example/1.png", "http://a.example/2.png"], page.RemoteImages);
        Assert.Equal("<img alt=\"one\"><img><img>", page.Html);
        Assert.Contains("<img src=\"https://a.example/1.png\" alt=\"one\">",
            SafeHtml.Of(Mail, new PageOptions { HasRemoteImages = true }).Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_the_same_mail_are_put_in_and_nothing_else_is()
    {
        const string Mail = "<img src=\"cid:a&amp;b\"><img src=\"cid:unknown\"><p>&lt;img src=\"cid:a&amp;b\"&gt;</p>";
        var page = SafeHtml.Of(Mail,
            new PageOptions { ImageOf = id => id == "a&b" ? "data:image/png;base64,AAAA" : null });
        Assert.Equal("<img src=\"data:image/png;base64,AAAA\"><img>"
            + "<p>&lt;img src=&quot;cid:a&amp;b&quot;&gt;</p>", page.Html);
    }

    [Theory]
    [InlineData("<b a{0}>", "<p></p>x")]   // each of them would be opened again in each paragraph
    [InlineData("<div>", "")]
    [InlineData("<table><tr><td>", "")]
    [InlineData("<a href=x>", "<i>")]
    public void A_bomb_ends_in_an_answer_that_says_so(string one, string two)
    {
        const int Many = 30_000;
        var html = string.Concat(Enumerable.Range(0, Many).Select(n => one.Replace("{0}", $"{n}",
            StringComparison.Ordinal))) + string.Concat(Enumerable.Repeat(two, Many)) + "words";
        var page = SafeHtml.Of(html);
        Assert.Contains("words", page.Html, StringComparison.Ordinal);
        Assert.NotEmpty(page.Cuts);
        Check(page.Html, hasImages: false);
        Assert.Contains("words", PlainText.Of(html), StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_within_the_bound_is_shown()
    {
        var html = string.Concat(Enumerable.Repeat("<div>", 150)) + "deep";
        Assert.Equal((true, 0), (SafeHtml.Of(html).Html.Contains("deep", StringComparison.Ordinal),
            SafeHtml.Of(html).Cuts.Count));
    }

    [Theory]
    [InlineData("color:red", "color: red")]
    [InlineData("COLOR : red ; background:url(x)", "color: red")]
    [InlineData("background:#fff url(x)", "")]
    [InlineData("background:rgb(1,2,3)", "background: rgb(1,2,3)")]
    [InlineData("width:expression(1)", "")]
    [InlineData("color:r\\65 d", "")]
    [InlineData("color:red/**/", "")]
    [InlineData("position:fixed", "")]
    [InlineData("display:flex", "")]
    [InlineData("display:none !important", "display: none !important")]
    [InlineData("font-family:\"A", "")]
    [InlineData("font-family:\"A', B", "")]
    [InlineData("width:calc(1px + 2px)", "")]
    [InlineData("color:rgb(1", "")]
    public void The_second_fence_knows_styles_by_itself(string style, string safe) =>
        Assert.Equal(safe, SafeStyle.Of(style));

    [Theory]
    [InlineData("<p>Hello <b>Bob</b>,</p><p>read&nbsp;this:<br>now</p>", "Hello Bob,\n\nread this:\nnow")]
    [InlineData("<ul><li>a<li>b</ul>", "- a\n- b")]
    [InlineData("<a href='https://x.example/a'>here</a>", "here <https://x.example/a>")]
    [InlineData("<a href='https://x.example/a'>https://x.example/a</a>", "https://x.example/a")]
    [InlineData("<style>p{}</style><script>x</script>text", "text")]
    [InlineData("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc")]
    [InlineData("<pre>a\n  b</pre>", "a\n  b")]
    public void Text_is_what_a_reader_sees(string html, string text) => Assert.Equal(text, PlainText.Of(html));

    // Read anew by a parser that knows nothing of ours.
    private static void Check(string html, bool hasImages)
    {
        using var page = new HtmlParser(new HtmlParserOptions { IsScripting = true })
            .ParseDocument("<!doctype html><html><body>" + html);
        Assert.Empty(page.Head!.Children);
        Assert.Empty(page.Body!.Attributes);
        foreach (var element in page.Body.QuerySelectorAll("*"))
        {
            Assert.Contains(element.LocalName, SafeList.Elements);
            Assert.Equal(NamespaceNames.HtmlUri, element.NamespaceUri);
            foreach (var attribute in element.Attributes)
                CheckAttribute(element.LocalName, attribute, hasImages);
        }

        Assert.All(page.Body.Descendants(), node => Assert.True(node is IElement or IText, node.NodeName));
    }

    private static void CheckAttribute(string element, IAttr attribute, bool hasImages)
    {
        if (element == "a" && attribute.Name is "rel" or "target")
            return;
        Assert.Contains(attribute.Name, SafeList.Attributes);
        var value = attribute.Value;
        if (attribute.Name == "href")
            Assert.True(Uri.TryCreate(value, UriKind.Absolute, out var url)
                && SafeList.LinkSchemes.Contains(url.Scheme) && element == "a", value);
        else if (attribute.Name == "src")
            Assert.True(element == "img" && (value.StartsWith("cid:", StringComparison.Ordinal) || (hasImages
                && value.StartsWith("http", StringComparison.Ordinal))), value);
        else if (attribute.Name == "style")
            Assert.All(Fetching, word => Assert.DoesNotContain(word, value, StringComparison.OrdinalIgnoreCase));
    }
}
