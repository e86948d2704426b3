using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Postroom.Tests.Program.Api;

/// <summary>What stands above types and properties in the source, as sentences.</summary>
internal sealed partial class XmlWords
{
    private readonly Dictionary<string, XElement> _members;

    public XmlWords(Assembly assembly) => _members = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))
        .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    /// <summary>What a type is; null where nothing is said.</summary>
    public string? Of(Type type) => Text(_members.GetValueOrDefault($"T:{type.FullName}")?.Element("summary"));

    /// <summary>What a property is, said above it or as a parameter of its record; null where nothing is
    /// said.</summary>
    public string? Of(Type type, string jsonName)
    {
        var name = char.ToUpperInvariant(jsonName[0]) + jsonName[1..];
        var parameter = _members.GetValueOrDefault($"T:{type.FullName}")?.Elements("param")
            .FirstOrDefault(param => param.Attribute("name")?.Value == name);
        return Text(parameter) ?? Text(_members.GetValueOrDefault($"P:{type.FullName}.{name}")?.Element("summary"));
    }

    private static string? Text(XElement? element)
    {
        if (element is null)
            return null;
        var words = string.Concat(element.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "see" } see => JsonName(see.Attribute("cref")!.Value.Split('.')[^1]),
            XElement { Name.LocalName: "paramref" } see => JsonName(see.Attribute("name")!.Value),
            XElement other => other.Value,
            _ => node.ToString(),
        }));
        return Blanks().Replace(System.Net.WebUtility.HtmlDecode(words), " ").Trim();
    }

    private static string JsonName(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
