using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Postroom.Configuration;
using Postroom.Relay.Submission;
using Postroom.Relay.Wire;

namespace Postroom.Api.Access;

/// <summary>TLS at the API's end of a connection.</summary>
/// <remarks>Kestrel's own needs a web host and its services; a relay has neither.</remarks>
internal sealed class TlsEnd(ApiSettings settings, string dataFolder, string hostName, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private volatile SslServerAuthenticationOptions _options = Read(settings, dataFolder, hostName, time);

    /// <summary>The certificate is read again, for connections from now on.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It cannot be used; nothing has
    /// changed.</exception>
    public void Renew() => _options = Read(settings, dataFolder, hostName, time);

    /// <summary>Puts TLS between a connection and who answers on it.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        var clear = connection.Transport;
        await using var tls = new SslStream(new ServerStream(clear));
        if (!await ShakeHandsAsync(tls, connection))
            return;
        var secured = new Pipes(PipeReader.Create(tls), PipeWriter.Create(tls));
        connection.Transport = secured;
        connection.Features.Set<ITlsConnectionFeature>(new NoClientCertificate());
        try
        {
            await next(connection);
            await secured.Output.CompleteAsync();
        }
        finally
        {
            connection.Transport = clear;
        }
    };

    private async Task<bool> ShakeHandsAsync(SslStream tls, ConnectionContext connection)
    {
        using var wait = new CancellationTokenSource(Patience, time);
        try
        {
            await tls.AuthenticateAsServerAsync(_options, wait.Token);
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            ApiLog.TlsFailed(log, connection.RemoteEndPoint?.ToString() ?? "unknown", e.Message);
            return false;
        }
    }

    private static SslServerAuthenticationOptions Read(
        ApiSettings settings, string dataFolder, string hostName, TimeProvider time)
    {
        var (own, chain) = settings.CertificateFile is { } file
            ? ServerCertificate.Read(file, settings.KeyFile)
            : (ServerCertificate.OwnIn(dataFolder, hostName, time.GetUtcNow()), null);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(own, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, // RFC 8996: nothing older
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    // That it is there makes the scheme of a request https.
    private sealed class NoClientCertificate : ITlsConnectionFeature
    {
        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);
    }
}
