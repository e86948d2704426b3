using Microsoft.Extensions.Logging;
using Postroom.Configuration;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Telemetry.Otlp;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>Sends to the collector that the configuration names, and to none if it names none.</summary>
internal sealed class Reporting(SecretVault vault, RelayMeters meters, ILogger log) : IDisposable
{
    private readonly Lock _gate = new();
    private OtlpSender? _sender;
    private TelemetrySettings _settings = new();
    private RelayConfiguration? _all;

    /// <summary>Goes on by this configuration.</summary>
    public void Use(RelayConfiguration all)
    {
        lock (_gate)
        {
            _all = all;
            if (!IsSame(all.Telemetry, _settings))
                Start(all);
        }
    }

    /// <summary>A secret was set or deleted.</summary>
    public void SecretChanged(string name)
    {
        lock (_gate)
            if (_settings.Headers == name && _all is { } all)
                Start(all);
    }

    public void Dispose()
    {
        lock (_gate)
            _sender?.Dispose();
    }

    private void Start(RelayConfiguration all)
    {
        _sender?.Dispose();
        _settings = all.Telemetry;
        _sender = null;
        try
        {
            var headers = _settings is { Endpoint: not null, Headers: { } name } ? vault.Open(name).Reveal() : null;
            _sender = OtlpSender.Start(_settings, new OtlpIdentity(House.Version, all.HostName), headers, meters, log);
        }
        catch (VaultException e)
        {
            HostLog.NothingReported(log, e.Message);
        }
    }

    private static bool IsSame(TelemetrySettings a, TelemetrySettings b) =>
        a with { Resource = b.Resource } == b && a.Resource.SequenceEqual(b.Resource);
}
