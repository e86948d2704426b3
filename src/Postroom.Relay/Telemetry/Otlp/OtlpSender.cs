using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Postroom.Relay.Telemetry.Otlp;

/// <summary>Who sends, as a collector gets to know him.</summary>
public sealed record OtlpIdentity(string Version, string HostName);

/// <summary>Sends metrics and traces to a collector, for as long as it lives.</summary>
/// <remarks>
/// On threads of OpenTelemetry's own, which are there only where somebody asked for it. A collector that is away costs
/// a line in the log and what could not be sent: mail waits for none of it.
/// </remarks>
public sealed class OtlpSender : IDisposable
{
    private const int StopWithin = 2_000; // milliseconds for the last batch; a stop waits no longer for a collector

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;
    private readonly RelayMeters _meters;

    private OtlpSender(RelayMeters meters, MeterProvider? metrics, TracerProvider? traces) =>
        (_meters, _metrics, _traces) = (meters, metrics, traces);

    /// <param name="headers">As <c>name=value,name=value</c>; null for none.</param>
    /// <returns>Null where nothing is to be sent.</returns>
    public static OtlpSender? Start(
        TelemetrySettings settings, OtlpIdentity who, string? headers, RelayMeters meters, ILogger log)
    {
        if (settings.Endpoint is not { } endpoint || !(settings.Metrics || settings.Traces))
            return null;
        meters.Traces.NamesPeople = settings.Addresses;
        var resource = ResourceOf(settings, who);
        MeterProvider? metrics = null;
        if (settings.Metrics)
        {
            var options = Options(settings, headers, new Watch("metrics", endpoint, meters, log).Begin());
            var every = (int)Math.Clamp(settings.Interval.TotalMilliseconds, 1_000, int.MaxValue);
            metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
                .AddMeter(Instruments.MeterName).AddMeter(RelayInstruments.RuntimeMeter)
                .AddReader(new PeriodicExportingMetricReader(new OtlpMetricExporter(options), every))
                .Build();
        }

        TracerProvider? traces = null;
        if (settings.Traces)
        {
            var options = Options(settings, headers, new Watch("traces", endpoint, meters, log).Begin());
            traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
                .AddSource(Instruments.MeterName)
                .AddProcessor(new BatchActivityExportProcessor(new OtlpTraceExporter(options)))
                .Build();
        }

        OtlpLog.Sending(log, endpoint);
        return new OtlpSender(meters, metrics, traces);
    }

    /// <summary>Sends what there is, and ends. Waits for a collector that is away no longer than it must.</summary>
    public void Dispose()
    {
        _metrics?.Shutdown(StopWithin);
        _traces?.Shutdown(StopWithin);
        _metrics?.Dispose();
        _traces?.Dispose();
        _meters.Traces.NamesPeople = false;
    }

    private static ResourceBuilder ResourceOf(TelemetrySettings settings, OtlpIdentity who) =>
        ResourceBuilder.CreateEmpty()
            .AddService("postroom", serviceVersion: who.Version, serviceInstanceId: who.HostName,
                autoGenerateServiceInstanceId: false)
            .AddAttributes(settings.Resource.Select(pair => pair.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .Select(pair => new KeyValuePair<string, object>(pair[0].Trim(), pair[1].Trim())));

    private static OtlpExporterOptions Options(TelemetrySettings settings, string? headers, Watch watch)
    {
        var isHttp = settings.Protocol == OtlpProtocol.HttpProtobuf;
        return new OtlpExporterOptions
        {
            Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc,
            Endpoint = isHttp ? Under(settings.Endpoint!, "v1/" + watch.Signal) : settings.Endpoint!,
            Headers = headers,
            HttpClientFactory = () => new HttpClient(new WatchedSending(watch)) { Timeout = TimeSpan.FromSeconds(10) },
        };
    }

    private static Uri Under(Uri endpoint, string path) =>
        new(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);
}
