using System.Text;
using Postroom.Mail.Content;
using Postroom.Mail.Content.Html;

namespace Postroom.Fuzz.Targets;

/// <summary>What a mail shows, and its HTML made safe.</summary>
internal static class ContentTargets
{
    private static readonly ContentLimits Tight = new()
    {
        Parts = 20, Fields = 50, Depth = 4, TextOctets = 2_000, Elements = 200, ElementDepth = 20,
    };

    public static readonly FuzzTarget Shown = new("content", Read,
        "Content-Type: ", "multipart/mixed", "; boundary=b", "\r\n--b\r\n", "\r\n--b--\r\n", "message/rfc822", "\r\n",
        "\r\n\r\n", "text/plain", "text/html", "; charset=", "utf-7", "utf-16", "koi8-r", "Content-Transfer-Encoding: ",
        "base64", "quoted-printable", "uuencode", "=C3=BC", "begin 644 x\n", "Content-Disposition: attachment",
        "; filename*=UTF-8''..%2F", "; filename*0*=a''%", "; filename*1=", "; name=\"", "=?utf-8?q?=2E=2F?=",
            "Subject: ",
        "application/ms-tnef", "eJ8+IgEAAQ", "Content-ID: <a>", "\u00c3\u00bc", "\0", "\x1b[", "<p>", "<!--",
        "https://a.example/", "code 123456") { Cost = 30 };

    public static readonly FuzzTarget Page = new("page", Make,
        "<", ">", "/", "\"", "'", "`", "=", " ", "&", "#", "<p>", "</p>", "<b>", "<a href=", "javascript:",
            "http://a.example/",
        "<img src=", "cid:x", " onerror=x", " style=", "color:red", "url(", "\\75", "/*", "<table>", "<tr>", "<td>",
            "<svg>",
        "<math>", "<mtext>", "<mglyph>", "<style>", "</style>", "<!--", "-->", "<![CDATA[", "]]>", "<noscript>",
        "<template>", "<select>", "<textarea>", "<title>", "<script>", "</script>", "<form>", "<pre>\n", "<li>", "<h1>",
        "<plaintext>", "&lt;", "&#x3c;", "&colon;", "\0", "\u00ff") { Cost = 200 };

    private static void Read(byte[] input)
    {
        using var octets = new MemoryStream(input);
        var mail = ContentReader.Read(octets, Tight);
        Must.Hold(mail.Parts.Count <= Tight.Parts + 1 && mail.Fields.Count <= Tight.Fields, "a mail is bounded");
        Must.Hold((mail.Text?.Length ?? 0) <= Tight.TextOctets && (mail.Html?.Length ?? 0) <= Tight.TextOctets,
            "a text is bounded");
        foreach (var part in mail.Parts)
        {
            Must.Hold(part.Name.Length is > 0 and <= 121 && !part.Name.Any(c => char.IsControl(c) || c is '/' or '\\')
                && part.Name is not ("." or ".."), "a name is safe for a file");
            Must.Hold(part.Octets(100, out _).Length == Math.Min(part.Size, 100), "a part has the octets it says");
        }

        Must.Hold(Links.Of(mail, Tight).Count <= 500, "links are bounded");
        foreach (var code in Codes.Of(mail.Field("Subject"), mail.Text ?? ""))
            Must.Hold(code.Code.Length is >= 4 and <= 9 && code.Around.Length <= 1_200, "a code is short");
    }

    private static void Make(byte[] input)
    {
        var html = Choices.TextOf(input);
        var page = SafeHtml.Of(html, limits: Tight);
        Must.Equal(page.Html, SafeHtml.Of(page.Html, limits: Tight).Html, "what is safe stays as it is");
        foreach (var bad in (string[])["<script", "<svg", "<math", "<style", "<iframe", "<!--", "url(", "&#x3c;"])
            Must.Hold(!page.Html.Contains(bad, StringComparison.OrdinalIgnoreCase)
                || SafeText(page.Html).Contains(bad, StringComparison.OrdinalIgnoreCase), "nothing else is written");
        _ = PlainText.Of(html, Tight);
    }

    // What stands between tags, where url( is a word like any other.
    private static string SafeText(string html)
    {
        var text = new StringBuilder();
        var isInside = false;
        foreach (var c in html)
        {
            isInside = c == '<' || (isInside && c != '>');
            if (!isInside)
                text.Append(c);
        }

        return text.ToString();
    }
}
