using Postroom.Mail.Privacy;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Storms;
using Postroom.Mail.Trouble;
using Postroom.Relay.Dns;
using Postroom.Relay.Duplicates;
using Postroom.Relay.OAuth;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Submission;
using Postroom.Relay.Maildirs;
using Postroom.Relay.Suppression;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;

namespace Postroom.Configuration;

/// <summary>A whole configuration that was found right: each room's own settings record.</summary>
/// <param name="Mode">What becomes of mail.</param>
/// <param name="HostName">The relay's name.</param>
/// <param name="DataFolder">Absolute.</param>
public sealed record RelayConfiguration(Mode Mode, string HostName, string DataFolder)
{
    /// <summary>The file it was read from; null for built-in defaults and environment alone.</summary>
    public string? File { get; init; }

    /// <summary>Which machine this is, where a person says it.</summary>
    public string? Identity { get; init; }

    /// <summary>The machine that the configuration is live on; null where it does not say.</summary>
    public string? LiveOn { get; init; }

    /// <summary>From where sources are known to come.</summary>
    public IReadOnlyList<SourceRule> Sources { get; init; } = [];

    public required SubmissionSettings Submission { get; init; }

    public required IReadOnlyList<Route> Routes { get; init; }

    /// <summary>What routes log in with instead of passwords.</summary>
    public IReadOnlyList<OAuthAccount> Accounts { get; init; } = [];

    public required QueueSettings Queue { get; init; }

    public required SpoolSettings Spool { get; init; }

    public required VaultSettings Vault { get; init; }

    /// <summary>Without any, the API is on its UNIX socket alone.</summary>
    public ApiSettings Api { get; init; } = new((System.Net.IPEndPoint?)null);

    /// <summary>How addresses stand in the log.</summary>
    public AddressForm LogAddresses { get; init; }

    /// <summary>Where metrics and traces are sent to, if anywhere.</summary>
    public TelemetrySettings Telemetry { get; init; } = new();

    /// <summary>Whom DNS is asked of.</summary>
    public DnsSettings Dns { get; init; } = DnsSettings.System;

    /// <summary>What becomes of mail, as the configuration has it.</summary>
    public SandboxSettings Sandbox { get; init; } = new(Mode);

    /// <summary>What is made to go wrong, on purpose.</summary>
    public IReadOnlyList<TroubleRule> Trouble { get; init; } = [];

    /// <summary>Addresses may ask for trouble by themselves.</summary>
    public bool TroubleAddresses { get; init; } = true;

    /// <summary>Where captured mail is written for readers of mail.</summary>
    public IReadOnlyList<MaildirSettings> Maildirs { get; init; } = [];

    /// <summary>How long what is kept of which mail.</summary>
    public IReadOnlyList<RetentionRule> Retention { get; init; } = [];

    /// <summary>When addresses that keep failing are given up.</summary>
    public DuplicateSettings Duplicates { get; init; } = DuplicateSettings.Plain;

    /// <summary>When mail that is alike is held.</summary>
    public StormSettings Storms { get; init; } = StormSettings.Plain;

    public SuppressionSettings Suppression { get; init; } = SuppressionSettings.Plain;

    /// <summary>What people are told of, and who is told.</summary>
    public PostmasterSettings Postmaster { get; init; } = PostmasterSettings.Plain;

    /// <summary>The routes, and which mail of our own takes which, whatever routes fit.</summary>
    public RouteTable Table() => new(Routes, 
    [
        .. Postmaster.Receivers.Where(one => one.Route is not null)
            .SelectMany(one => one.To.Select(to => new Pin(one.From, to, one.Route!))),
        .. Postmaster.Canaries.Where(one => one.Route is not null)
            .Select(one => new Pin(one.From, one.To, one.Route!)),
    ]);

    /// <summary>From whom a route may send: the user of its account where that is an address, else our
    /// postmaster.</summary>
    public string SenderOf(Route? route)
    {
        string?[] users =
            [route?.Account?.User, Accounts.FirstOrDefault(account => account.Name == route?.Account?.OAuth)?.User];
        return Array.Find(users, user => user?.Contains('@', StringComparison.Ordinal) == true)
            ?? $"postmaster@{HostName}";
    }
}

/// <summary>What reading a configuration gave.</summary>
/// <param name="Configuration">Null if there is any mistake that is not a warning.</param>
/// <param name="Mistakes">All of them, in the order of the file; warnings too.</param>
/// <param name="Tables">Every table with its values, for <c>config print</c>.</param>
public sealed record Reading(
    RelayConfiguration? Configuration, IReadOnlyList<Mistake> Mistakes, IReadOnlyList<TableValues> Tables);

/// <summary>What there is to read.</summary>
/// <param name="Text">The TOML text; null if there is no file.</param>
/// <param name="Name">The file as it is named in messages.</param>
/// <param name="Environment">All environment variables; those of Postroom begin with <c>POSTROOM__</c>.</param>
/// <param name="MachineName">The host name where the configuration gives none.</param>
/// <param name="DataFolder">The data folder where the configuration gives none.</param>
public sealed record ConfigurationSource(
    string? Text, string Name, IReadOnlyDictionary<string, string> Environment, string MachineName, string DataFolder)
{
    /// <summary>Of the command line: wins over the file and the environment.</summary>
    public string? DataOption { get; init; }
}
