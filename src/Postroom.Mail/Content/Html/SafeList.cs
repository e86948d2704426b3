namespace Postroom.Mail.Content.Html;

/// <summary>What may stand in a page that is made of a mail's HTML. Whatever is not here does not.</summary>
public static class SafeList
{
    /// <summary>Elements. None of them runs, fetches, sends or holds text that is read as anything but text.</summary>
    public static IReadOnlySet<string> Elements { get; } = Set("""
        a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del
        dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol
        p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul
        var wbr
        """);

    /// <summary>Elements whose content is no text of the mail: with them goes what is in them.</summary>
    public static IReadOnlySet<string> Opaque { get; } = Set("""
        applet audio base canvas embed frame frameset head iframe link listing math meta noembed noframes noscript
        object param plaintext portal script select datalist source style svg template textarea title track video xmp
        """);

    /// <summary>Attributes; <c>href</c> is one of <c>a</c> alone and <c>src</c> of <c>img</c>.</summary>
    public static IReadOnlySet<string> Attributes { get; } = Set("""
        align alt bgcolor border cellpadding cellspacing color colspan dir face height href hspace lang nowrap rowspan
        scope size src start style title valign value vspace width
        """);

    /// <summary>Properties of <c>style</c>. None fetches, none lays an element over what is not the mail's.</summary>
    public static IReadOnlySet<string> Properties { get; } = Set("""
        background background-color border border-bottom border-bottom-color border-bottom-left-radius
        border-bottom-right-radius border-bottom-style border-bottom-width border-collapse border-color border-left
        border-left-color border-left-style border-left-width border-radius border-right border-right-color
        border-right-style border-right-width border-spacing border-style border-top border-top-color
        border-top-left-radius border-top-right-radius border-top-style border-top-width border-width box-sizing
        caption-side clear color direction display empty-cells float font font-family font-size font-stretch font-style
        font-variant font-weight height letter-spacing line-height list-style-position list-style-type margin
        margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width opacity overflow
        overflow-wrap overflow-x overflow-y padding padding-bottom padding-left padding-right padding-top table-layout
        text-align text-decoration text-decoration-color text-decoration-line text-decoration-style text-indent
        text-overflow text-transform vertical-align visibility white-space width word-break word-spacing word-wrap
        """);

    /// <summary>Where a link may lead.</summary>
    public static IReadOnlySet<string> LinkSchemes { get; } = Set("http https mailto tel");

    /// <summary>Attributes whose value is a number, a length, a colour or a word.</summary>
    internal static IReadOnlySet<string> Plain { get; } = Set("""
        align bgcolor border cellpadding cellspacing color colspan dir height hspace lang nowrap rowspan scope size
        start valign value vspace width
        """);

    private static HashSet<string> Set(string names) =>
        new(names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
}
