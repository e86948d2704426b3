namespace Postroom.Relay.Telemetry;

/// <summary>How a collector is spoken to.</summary>
public enum OtlpProtocol
{
    /// <summary>OTLP/HTTP with protobuf, as a rule at port 4318.</summary>
    HttpProtobuf,

    /// <summary>OTLP/gRPC, as a rule at port 4317.</summary>
    Grpc,
}

/// <summary>What is sent to a collector of OpenTelemetry, and where to. Without an endpoint: nothing.</summary>
public sealed record TelemetrySettings
{
    public Uri? Endpoint { get; init; }

    public OtlpProtocol Protocol { get; init; }

    /// <summary>The name of the secret that holds the headers, as <c>name=value,name=value</c>.</summary>
    public string? Headers { get; init; }

    /// <summary>How often metrics are sent.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What else is said of this relay: <c>key=value</c>.</summary>
    public IReadOnlyList<string> Resource { get; init; } = [];

    public bool Metrics { get; init; } = true;

    public bool Traces { get; init; } = true;

    /// <summary>Addresses and the words of other machines go into traces.</summary>
    public bool Addresses { get; init; }
}
