using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Postroom.Api;
using Postroom.Api.Access;

namespace Postroom.Tests.Program.Api;

/// <summary>Writes the document of the API (OpenAPI 3.1) from its operations, the types of their bodies, and what
/// stands above those types in the source.</summary>
internal sealed class OpenApiDocument
{
    private readonly SortedDictionary<string, JsonNode> _schemas = new(StringComparer.Ordinal);
    private readonly XmlWords _words = new(typeof(ApiJson).Assembly);

    public static string Write() => new OpenApiDocument().Make().ToJsonString(new JsonSerializerOptions
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    }) + "\n";

    private JsonObject Make()
    {
        var paths = new JsonObject();
        foreach (var path in Operations.All.GroupBy(operation => operation.Path))
            paths[path.Key] = new JsonObject(path.Select(operation =>
                KeyValuePair.Create(operation.Method.ToLowerInvariant(), (JsonNode?)Of(operation))));
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Postroom",
                ["version"] = "v1",
                ["description"] = "The relay beside an application server: who got a mail, when, with which reply, and "
                    + "if not, why. Fields may be added; none changes its name or meaning.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://127.0.0.1:8025" }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(_schemas.Select(one =>
                    KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
                ["responses"] = new JsonObject
                {
                    ["problem"] = new JsonObject
                    {
                        ["description"] = "What is wrong, and what to do (RFC 9457).",
                        ["content"] = new JsonObject
                        {
                            ["application/problem+json"] = new JsonObject
                            {
                                ["schema"] = SchemaOf(typeof(ProblemAnswer)),
                            },
                        },
                    },
                },
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] = "A token of `postroom token create NAME --scope SCOPE`.",
                    },
                },
            },
        };
    }

    private JsonObject Of(Operation operation)
    {
        var made = new JsonObject { ["operationId"] = operation.Name, ["summary"] = operation.Summary };
        if (operation.Needs == Scopes.None)
            made["security"] = new JsonArray();
        else
        {
            var scope = ScopeNames.Of(operation.Needs)[0];
            made["description"] = $"Needs a token with the scope {scope}.";
            made["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray(scope) });
        }

        JsonNode[] parameters = [.. InPath(operation), .. operation.Query.Select(query => Of(query, "query")),
            .. operation.Header is { } header ? [Of(header, "header")] : Array.Empty<JsonNode>()];
        if (parameters.Length > 0)
            made["parameters"] = new JsonArray(parameters);
        if (operation.Takes.Count > 0)
            made["requestBody"] = new JsonObject { ["content"] = Bodies(operation.Takes) };
        made["responses"] = new JsonObject
        {
            [$"{operation.Status}"] = new JsonObject
            {
                ["description"] = "Done.",
                ["content"] = Bodies([operation.Gives]),
            },
            ["default"] = new JsonObject { ["$ref"] = "#/components/responses/problem" },
        };
        return made;
    }

    private static IEnumerable<JsonNode> InPath(Operation operation) => operation.Path.Split('/')
        .Where(segment => segment.StartsWith('{')).Select(segment => new JsonObject
        {
            ["name"] = segment[1..^1],
            ["in"] = "path",
            ["required"] = true,
            ["schema"] = new JsonObject { ["type"] = "string" },
        });

    private static JsonObject Of(Parameter parameter, string where)
    {
        var made = new JsonObject { ["name"] = parameter.Name, ["in"] = where, ["description"] = parameter.What };
        if (parameter.IsRequired)
            made["required"] = true;
        made["schema"] = parameter.IsList
            ? new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = parameter.Type } }
            : new JsonObject { ["type"] = parameter.Type };
        return made;
    }

    private JsonObject Bodies(IEnumerable<Content> bodies) => new(bodies.Select(body =>
        KeyValuePair.Create(body.MediaType, (JsonNode?)new JsonObject
        {
            ["schema"] = body.Type is { } type ? SchemaOf(type.Type)
                : new JsonObject { ["type"] = body.MediaType == "application/json" ? "object" : "string" },
        })));

    private JsonObject SchemaOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return new JsonObject { ["type"] = "string" };
        if (type == typeof(byte[]))
            return new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" };
        if (type == typeof(bool))
            return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(int) || type == typeof(long))
            return new JsonObject { ["type"] = "integer", ["format"] = type == typeof(int) ? "int32" : "int64" };
        if (type == typeof(double))
            return new JsonObject { ["type"] = "number", ["format"] = "double" };
        if (type == typeof(DateTimeOffset))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(DateOnly))
            return new JsonObject { ["type"] = "string", ["format"] = "date" };
        var info = ApiJson.Default.GetTypeInfo(type)
            ?? throw new InvalidOperationException($"{type} is not in ApiJson");
        if (info.Kind == JsonTypeInfoKind.Enumerable)
            return new JsonObject { ["type"] = "array", ["items"] = SchemaOf(info.ElementType!) };
        if (info.Kind == JsonTypeInfoKind.Dictionary)
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = SchemaOf(info.ElementType!) };
        var name = type.Name.EndsWith("Answer", StringComparison.Ordinal) ? type.Name[..^6] : type.Name;
        if (_schemas.TryAdd(name, new JsonObject()))
            _schemas[name] = ObjectOf(info);
        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    private JsonObject ObjectOf(JsonTypeInfo info)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var property in info.Properties)
        {
            var schema = SchemaOf(property.PropertyType);
            if (_words.Of(info.Type, property.Name) is { } words)
                schema["description"] = words;
            properties[property.Name] = schema;
            // What is null is left out: so whatever cannot be null is always there.
            if (!property.IsGetNullable && Nullable.GetUnderlyingType(property.PropertyType) is null)
                required.Add(property.Name);
        }

        var made = new JsonObject { ["type"] = "object" };
        if (_words.Of(info.Type) is { } what)
            made["description"] = what;
        made["properties"] = properties;
        if (required.Count > 0)
            made["required"] = required;
        return made;
    }
}
