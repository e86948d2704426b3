using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Sasl;
using Postroom.Mail.Senders;
using Postroom.Mail.Smtp;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Submission;

/// <summary>What all listeners share.</summary>
internal sealed record SubmissionParts(
    string HostName, ISpool Spool, TimeProvider Clock, ILoggerFactory Loggers, Users Users)
{
    private volatile Recogniser _recogniser = Recogniser.BuiltIn;

    public LoginGate Gate { get; } = new(Clock);

    /// <summary>Says whose mail it is; a new one holds for the next mail of every connection.</summary>
    public Recogniser Recogniser { get => _recogniser; set => _recogniser = value; }

    public ILogger Log { get; } = Loggers.CreateLogger("Postroom.Submission");

    /// <summary>Counts what comes in.</summary>
    public RelayMeters Watch { get; init; } = RelayMeters.Unwatched;

    public SubmissionMeters Meters => Watch.Submission;

    public Onlooker Onlooker { get; init; } = new();

    /// <summary>Where connections come from.</summary>
    public required IConnectionListenerFactory Transport { get; init; }

    /// <summary>See <see cref="ConnectionCount.Share"/>.</summary>
    public required int MostConnections { get; init; }

    /// <summary>Where a self-made certificate is kept.</summary>
    public required string DataFolder { get; init; }

    public ServerMechanism? Mechanism(string name) =>
        ServerMechanism.Create(name, Users.Find, RandomNumberGenerator.GetBytes(18), Users.Pepper);
}

/// <summary>What the connections of one listener share.</summary>
internal sealed record ListenerParts(
    ListenerSettings Settings, SubmissionParts All, SslServerAuthenticationOptions? Tls)
{
    /// <summary>Looks whether a listener may start, and reads its certificate, as it is now.</summary>
    /// <exception cref="ListenerRefusedException">It may not, or the certificate cannot be read; says why.</exception>
    public static ListenerParts Of(ListenerSettings settings, SubmissionParts all)
    {
        if (SubmissionRules.Check(settings) is { } why)
            throw new ListenerRefusedException(settings.Name, why);
        try
        {
            return new ListenerParts(settings, all, settings.Tls == ListenerTls.Off ? null : TlsFor(settings, all));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ListenerRefusedException(settings.Name, $"its certificate cannot be used: {e.Message}", e);
        }
    }

    private readonly ServerProfile _withoutLogin = new(All.HostName)
    {
        OffersTls = Settings.Tls is ListenerTls.Offered or ListenerTls.Required,
        RequiresTls = Settings.Tls == ListenerTls.Required,
        RequiresAuth = Settings.RequireAuth,
        Lenient = Settings.Strictness == Strictness.Lenient,
        MessageSize = Settings.Limits.MessageSize,
        Recipients = Settings.Limits.Recipients,
        CommandLine = Settings.Limits.CommandLine,
        Errors = Settings.Limits.Errors,
    };

    private ServerProfile? _withLogin;

    /// <summary>AUTH is offered where somebody could log in, or nobody may send without.</summary>
    public ServerProfile Profile => Settings.RequireAuth || All.Users.Any
        ? _withLogin ??= _withoutLogin with { Mechanisms = ServerMechanism.Names }
        : _withoutLogin;

    private static SslServerAuthenticationOptions TlsFor(ListenerSettings settings, SubmissionParts all)
    {
        var (certificate, chain) = settings.CertificateFile is { } file
            ? ServerCertificate.Read(file, settings.KeyFile)
            : (ServerCertificate.OwnIn(all.DataFolder, all.HostName, all.Clock.GetUtcNow()), null);
        return new SslServerAuthenticationOptions
        {
            // Offline: what is missing in the file is not fetched from anywhere.
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, // RFC 8996: nothing older
        };
    }
}
