using Microsoft.Extensions.Logging;

namespace Postroom.Relay.Telemetry.Otlp;

/// <summary>Whether a collector takes what is sent: told when that changes, not each time.</summary>
internal sealed class Watch(string signal, Uri endpoint, RelayMeters meters, ILogger log)
{
    private bool _isAway;

    /// <summary>It is to be sent from now on.</summary>
    public Watch Begin()
    {
        meters.ExportBegins(signal);
        return this;
    }

    public string Signal => signal;

    /// <param name="trouble">Null if it was taken.</param>
    public void Sent(string? trouble)
    {
        meters.Exported(signal, isTaken: trouble is null);
        if (trouble is not null && !_isAway)
            OtlpLog.Away(log, signal, endpoint, trouble);
        else if (trouble is null && _isAway)
            OtlpLog.Back(log, signal, endpoint);
        _isAway = trouble is not null;
    }
}

/// <summary>Sends, and looks at what came of it: the exporter itself keeps that to itself.</summary>
internal sealed class WatchedSending(Watch watch) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = base.Send(request, cancellationToken);
            watch.Sent(TroubleIn(response));
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            watch.Sent(e.Message);
            throw;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            watch.Sent(TroubleIn(response));
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            watch.Sent(e.Message);
            throw;
        }
    }

    private static string? TroubleIn(HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
            return $"it answered {(int)response.StatusCode} {response.ReasonPhrase}";
        // gRPC refuses with 200, and says so in a header.
        return response.Headers.TryGetValues("grpc-status", out var status)
            && string.Concat(status) is not "0" and var no
            ? $"it answered gRPC status {no}"
            : null;
    }
}
