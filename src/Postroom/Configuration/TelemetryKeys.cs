using Postroom.Relay.Telemetry;

namespace Postroom.Configuration;

internal static class TelemetryKeys
{
    private const string T = "telemetry";
    private static readonly TelemetrySettings Plain = new();

    public static readonly Setting<string?> Endpoint = new(T, "endpoint", SettingTypes.Text, null,
        "Where the collector listens: `http://127.0.0.1:4318`. Without it nothing is sent. `/v1/metrics` and "
            + "`/v1/traces` are added by `http_protobuf`.");
    public static readonly Setting<OtlpProtocol> Protocol =
        new(T, "protocol", SettingTypes.Choice<OtlpProtocol>(), Plain.Protocol,
        "`http_protobuf`, as a rule at port 4318, or `grpc`, at 4317.");
    public static readonly Setting<string?> Headers = new(T, "headers", SettingTypes.SecretName, null,
        "What the collector wants to see, by its name in the vault, after `postroom secret set NAME`. The secret is "
            + "`name=value`, or several with commas between: `authorization=Bearer …`.");
    public static readonly Setting<TimeSpan> Interval =
        new(T, "interval", SettingTypes.Duration, Plain.Interval, "How often metrics are sent, 1 s to 1 h.");
    public static readonly Setting<IReadOnlyList<string>> Resource = new(T, "resource", SettingTypes.List, [],
        "What else is said of this relay: `[\"deployment.environment.name=production\"]`. `service.name`, "
            + "`service.version` and `service.instance.id` (the host name) are said anyway, and may be changed here.");
    public static readonly Setting<bool> Metrics = new(T, "metrics", SettingTypes.Switch, Plain.Metrics,
        "Sends what `/metrics` shows.");
    public static readonly Setting<bool> Traces = new(T, "traces", SettingTypes.Switch, Plain.Traces,
        "Sends a trace of each mail's acceptance and of each try.");
    public static readonly Setting<bool> Addresses = new(T, "addresses", SettingTypes.Switch, Plain.Addresses,
        "Puts senders, recipients and the next hop's own words into traces. Who reads them then reads who writes to "
            + "whom.");

    public static Setting[] All =>
        [Endpoint, Protocol, Headers, Interval, Resource, Metrics, Traces, Addresses];

    public static TelemetrySettings Of(TableValues? t) => t is null ? Plain : new TelemetrySettings
    {
        Endpoint = UriOf(t.Get(Endpoint)),
        Protocol = t.Get(Protocol),
        Headers = t.Get(Headers),
        Interval = t.Get(Interval),
        Resource = t.Get(Resource),
        Metrics = t.Get(Metrics),
        Traces = t.Get(Traces),
        Addresses = t.Get(Addresses),
    };

    public static IEnumerable<Mistake> Check(TableValues t)
    {
        var written = t.Get(Endpoint);
        var endpoint = UriOf(written);
        if (written is not null && endpoint is null)
            yield return new Mistake(t.PlaceOf(Endpoint), "endpoint: it is no http or https address",
                "write it like endpoint = \"http://127.0.0.1:4318\"; a password goes into headers");
        if (written is null && (t.Get(Headers) is not null || t.Get(Resource).Count > 0))
            yield return new Mistake(t.Place, "[telemetry] without an endpoint: nothing is sent",
                "add endpoint, or leave the table out", IsWarning: true);
        if (t.Get(Headers) is not null && endpoint is { Scheme: "http" } && !LoopRules.IsLoopback(endpoint.Host))
            yield return new Mistake(t.PlaceOf(Headers),
                $"headers: they would go to {endpoint.Host} in the clear", "use https, or a collector on this machine");
        if (t.Get(Interval) < TimeSpan.FromSeconds(1) || t.Get(Interval) > TimeSpan.FromHours(1))
            yield return new Mistake(t.PlaceOf(Interval), "interval: it must be from 1 s to 1 h");
        foreach (var pair in t.Get(Resource).Where(pair => pair.IndexOf('=', StringComparison.Ordinal) < 1))
            yield return new Mistake(t.PlaceOf(Resource), $"resource: {pair} is no key=value",
                "write it like \"deployment.environment.name=production\"");
        if (endpoint is not null && !t.Get(Metrics) && !t.Get(Traces))
            yield return new Mistake(t.PlaceOf(Endpoint), "metrics and traces are both false: nothing is sent",
                "leave the table out", IsWarning: true);
    }

    private static Uri? UriOf(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri is { UserInfo: "", Query: "", Fragment: "" } ? uri : null;
}
